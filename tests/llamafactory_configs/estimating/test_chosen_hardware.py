"""Estimates name the hardware that was chosen, wherever they are printed."""

from pathlib import Path

import pytest

from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from nerforge.llamafactory_configs.doctor.lengths.training_estimate import estimate
from nerforge.llamafactory_configs.estimating import chosen_hardware, processor_speed
from nerforge.llamafactory_configs.estimating.chosen_hardware import by_keys, measured, read_hardware
from nerforge.llamafactory_configs.layering.layer_files import layer_names, load_layer
from nerforge.llamafactory_configs.layering.recipe_files import Choices
from nerforge.llamafactory_configs.rendering.heads import MARKER
from nerforge.llamafactory_configs.rendering.training_yaml import RenderedConfig, render
from tests.slot_sets import place_slots


@pytest.fixture(autouse=True)
def one_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every machine be as fast."""
    monkeypatch.setattr(chosen_hardware, "core_tflops", lambda: 0.1)
    monkeypatch.setattr(chosen_hardware, "n_cores", lambda: 2)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Place a data set of 60 rows."""
    place_slots(SlotOptions(60), DatasetOptions(tmp_path / "data"))
    return tmp_path / "data"


def rendered(data: Path, tmp_path: Path, recipe: str = "ner_qwen3_4b", **layers: str) -> RenderedConfig:
    found = render(recipe, data, tmp_path / "run", {}, Choices(layers))
    (tmp_path / "train.yaml").write_text(found.text, encoding="utf-8")
    return found


@pytest.mark.parametrize("hardware", layer_names("hardware"))
def test_head_and_doctor_name_the_hardware_that_was_chosen(hardware: str, data: Path, tmp_path: Path) -> None:
    found = rendered(data, tmp_path, hardware=hardware)
    head = " ".join(line.removeprefix("# ") for line in found.text.splitlines() if line.startswith("#"))
    devices = "" if found.machine.processes == 1 else f", {found.machine.processes} devices"
    assert f"Time on {hardware}{devices}, estimated: " in head
    assert " 0 minutes" not in head
    read = read_hardware(tmp_path / "train.yaml", MARKER, found.config, has_gpu=False)
    machine = load_layer("hardware", hardware).machine
    assert machine is not None
    assert (read.name, read.machine.processes, read.is_assumed) == (hardware, machine.processes, False)
    said = estimate(found.config, tmp_path / "train.yaml", [])
    assert said is not None and said.device == f"{hardware}{devices}"
    assert ("CUDA" in said.memory) == (hardware != "cpu")


def test_devices_that_were_asked_for_are_read_back(data: Path, tmp_path: Path) -> None:
    choices = Choices({"hardware": "multi_node"}, gpus=4, nodes=3)
    text = render("ner_qwen3_4b", data, tmp_path / "run", {}, choices).text
    (tmp_path / "train.yaml").write_text(text, encoding="utf-8")
    read = read_hardware(tmp_path / "train.yaml", MARKER, {}, has_gpu=True)
    assert (read.machine.nodes, read.machine.gpus) == (3, 4)


def test_a_cpu_recipe_speaks_of_this_machine(data: Path, tmp_path: Path) -> None:
    text = rendered(data, tmp_path, "tiny_cpu").text
    assert "gpu" not in text.split("use_cpu")[0]
    assert "Time on cpu, estimated: less than a minute" in text
    assert "of 0.2 TFLOP/s, the speed of its matrix" in text.replace("\n# ", " ")


@pytest.mark.parametrize(
    ("keys", "has_gpu", "expected"),
    [
        ({"use_cpu": True}, True, ("cpu", False)),
        ({}, False, ("cpu", False)),
        ({"bf16": True}, False, ("gpu_24gb", True)),
        ({"quantization_bit": 4}, False, ("gpu_24gb", True)),
        ({}, True, ("gpu_24gb", True)),
    ],
)
def test_keys_tell_a_cpu_from_a_gpu(
    keys: dict[str, object], has_gpu: bool, expected: tuple[str, bool]
) -> None:
    found = by_keys(keys, has_gpu)
    assert (found.name, found.is_assumed) == expected
    assert ("assumed" in str(found)) == expected[1]


def test_a_yaml_of_another_hand_is_told_by_its_keys(tmp_path: Path) -> None:
    path = tmp_path / "train.yaml"
    path.write_text("# hardware cpu\nbf16: true\n")
    assert read_hardware(path, MARKER, {"bf16": True}, has_gpu=True).is_assumed
    path.write_text(f"{MARKER} from mine with hardware gone.yaml.\n")
    assert read_hardware(path, MARKER, {"use_cpu": True}, has_gpu=True).name == "cpu"


def test_a_speed_is_kept_and_a_gpu_has_none_to_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu, gpu = (load_layer("hardware", name).machine for name in ("cpu", "gpu_8gb"))
    assert cpu is not None and gpu is not None
    assert measured(cpu).tflops == pytest.approx(0.2)
    assert measured(gpu) is gpu
    monkeypatch.setattr(chosen_hardware, "core_tflops", lambda: None)
    assert measured(cpu) is cpu


def test_a_core_is_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def measure() -> str:
        calls.append(1)
        return "9e10"

    monkeypatch.setenv("NERFORGE_CACHE", str(tmp_path))
    monkeypatch.setattr(processor_speed, "_measure", measure)
    assert [processor_speed.core_tflops() for _ in range(2)] == [0.09, 0.09]
    assert len(calls) == 1


@pytest.mark.parametrize("said", ["", "nan", "fast", "3", "1e99"])
def test_a_measurement_that_is_none_is_not_kept(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NERFORGE_CACHE", str(tmp_path))
    monkeypatch.setattr(processor_speed, "_measure", lambda: said)
    assert processor_speed.core_tflops() is None
    assert list(tmp_path.rglob("*")) == [] or not any(path.is_file() for path in tmp_path.rglob("*"))


@pytest.mark.whole
def test_products_of_matrices_are_timed_in_another_process() -> None:
    low, high = processor_speed.PLAUSIBLE
    assert low < float(processor_speed._measure()) < high
