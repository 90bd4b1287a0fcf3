import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from nerforge.cli import main
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from nerforge.llamafactory_configs.checking import arguments
from nerforge.llamafactory_configs.checking.arguments import Lookup
from tests.slot_sets import place_slots


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("config") / "data"
    place_slots(SlotOptions(60), DatasetOptions(out))
    return out


@pytest.mark.whole
def test_layers_are_chosen_on_the_command_line(data: Path) -> None:
    layers = ("--model", "qwen3-8b", "--method", "qlora", "--hardware", "gpu_16gb", "--track", "tensorboard")
    config = yaml.safe_load(run("config", "power_qwen3_4b", "--data", data, *layers).stdout)
    keys = ("model_name_or_path", "quantization_bit", "per_device_train_batch_size", "report_to")
    assert [config[key] for key in keys] == ["Qwen/Qwen3-8B", 4, 2, "tensorboard"]


@pytest.mark.parametrize(("name", "run_name"), [("power_qwen1.5_4b", "power_qwen1.5_4b"), (None, "own.v2")])
def test_the_run_is_called_like_the_recipe(
    name: str | None, run_name: str, data: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own.v2.yaml"
    own.write_text("train: {model_name_or_path: m, template: qwen, stage: sft, do_train: true}\n")
    config = yaml.safe_load(run("config", name or own, "--data", data).stdout)
    assert Path(config["output_dir"]).parts[-2:] == ("runs", run_name)


def test_a_file_of_ones_own_is_not_written_over_unless_asked(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "train.yaml"
    out.write_text("my: work\n")
    args = ("config", "tiny_cpu", "--data", data, "-o", out)
    done = run(*args)
    assert (done.exit_code, out.read_text()) == (1, "my: work\n")
    assert "train.yaml: exists and was not written by nerforge config" in done.stderr
    assert run(*args, "--overwrite").exit_code == 0
    # What is ours may be rendered again.
    assert run(*args, "--set", "seed=7").exit_code == 0
    assert yaml.safe_load(out.read_text())["seed"] == 7


def test_errors_are_told_all_at_once_and_nothing_is_written(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "train.yaml"
    wrong = ("--set", "fp16=true", "--set", "template=", "--set", "dataset=nre")
    done = run("config", "tiny_cpu", "--data", data, *wrong, "-o", out)
    assert (done.exit_code, out.exists()) == (1, False)
    assert all(f"error: {key}:" in done.stderr for key in ("fp16", "template", "dataset"))
    assert "nothing was written (--force writes it all the same)" in done.stderr
    assert run("config", "tiny_cpu", "--data", data, *wrong, "-o", out, "--force").exit_code == 0
    assert out.exists()


def test_without_llamafactory_the_file_is_written_and_the_lack_is_said(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookup = Lookup(None, "LLaMA-Factory is not installed")
    monkeypatch.setattr("nerforge.llamafactory_configs.checking.config_check.known_arguments", lambda: lookup)
    done = run("config", "tiny_cpu", "--data", data)
    assert (done.exit_code, "bf16: false" in done.stdout) == (0, True)
    assert "note: keys and types were not checked: LLaMA-Factory is not installed" in done.stderr


@pytest.mark.parametrize(
    ("args", "message", "code"),
    [
        (["tiny_cpu", "--hardware", "gpu"], "unknown hardware 'gpu'; known: FILE.yaml, cpu", 2),
        (["tiny_cpu", "--gpus", "2"], "--gpus and --nodes need a --hardware with GPUs", 2),
        (["cmeee_phi4"], "recipe cmeee_phi4 is for task cmeee", 1),
    ],
)
def test_a_wrong_call_says_what_is_wrong(args: list[str], message: str, code: int, data: Path) -> None:
    done = run("config", *args, "--data", data)
    assert (done.exit_code, message in done.stderr) == (code, True)


@pytest.mark.train
def test_a_checked_config_does_not_import_llamafactory_once_its_arguments_are_cached(data: Path) -> None:
    pytest.importorskip("llamafactory", reason="needs the train extra")
    arguments.known_arguments()
    script = (
        "import sys; from nerforge.cli import main\n"
        f"sys.argv = ['nerforge', 'config', 'tiny_cpu', '--data', {str(data)!r}, '--set', 'lora_rnak=3']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    code = end.code\n"
        "print(code, {'llamafactory', 'torch', 'transformers', 'numpy', 'pandas'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "1 set()\n"
    assert "error: lora_rnak: LLaMA-Factory knows no such key; did you mean lora_rank?" in done.stderr
