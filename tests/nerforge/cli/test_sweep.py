"""``nerforge sweep`` from the command line, with a stub engine and once for real."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main
from nerforge.evaluation.engines import Devices, ModelSpec, Prediction, Request, engine_spec
from nerforge.evaluation.engines.engine_spec import EngineSpec
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from tests.forked import run_nerforge
from tests.slot_sets import place_slots

WEIGHTS = "adapter_model.safetensors"


class EmptyEngine:
    """Says nothing."""

    specs: ClassVar[list[ModelSpec]] = []

    def __init__(self, spec: ModelSpec) -> None:
        self.specs.append(spec)

    def use_adapter(self, adapter: str | None) -> None:
        pass

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[Prediction]]:
        yield [Prediction(request.id, "无", "length") for request in requests]


def invoke(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.fixture
def swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The command's arguments for a run of two checkpoints."""
    monkeypatch.setitem(engine_spec.SHIPPED, "hf", EngineSpec("hf", EmptyEngine, "a stand-in"))
    slots = SlotOptions(60, only={"city": ("枣庄",)})
    place_slots(slots, DatasetOptions(tmp_path / "data", dev=0.2, test=0.2, prompt="short"))
    for step in (9, 10):
        folder = tmp_path / "run" / f"checkpoint-{step}"
        folder.mkdir(parents=True)
        (folder / "adapter_config.json").write_text("{}")
        (folder / WEIGHTS).write_text(str(step))
    (tmp_path / "run" / "train.yaml").write_text("model_name_or_path: some/model\ntemplate: qwen\n")
    return ["sweep", tmp_path / "run", "--data", tmp_path / "data"]


@pytest.mark.whole
def test_an_engine_of_several_gpus_gets_its_options(
    swept: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    vllm = replace(engine_spec.SHIPPED["vllm"], factory=EmptyEngine, packages=())
    monkeypatch.setitem(engine_spec.SHIPPED, "vllm", vllm)
    monkeypatch.setattr(EmptyEngine, "specs", [])
    assert invoke(*swept, "--engine", "vllm", "--tensor-parallel", 2, "--gpu-memory", 0.5).exit_code == 0
    assert [spec.devices for spec in EmptyEngine.specs] == [Devices(tensor_parallel=2, memory=0.5)]
    refused = invoke(*swept, "--tensor-parallel", 2)
    assert refused.exit_code == 2
    assert "--tensor-parallel goes with --engine ray or ray-vllm or vllm" in refused.stderr


@pytest.mark.whole
def test_the_table_rule_and_test_are_printed(swept: list[object]) -> None:
    done = invoke(*swept)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["checkpoint", "checkpoint-9", "checkpoint-10"]
    assert lines[1].rstrip().endswith("best")
    assert "24 answers were truncated at --max-new-tokens 512; raise it" in done.stdout
    assert "best: checkpoint-9, the highest strict F1 on dev; of equal ones the earliest" in done.stdout
    assert "test  strict F1 0.00 (0.00 to 0.00), 12 rows" in done.stdout
    assert "sweeping: 24/24  checkpoint-10\n" in done.stderr


@pytest.mark.whole
def test_json_is_what_the_file_holds(swept: list[object], tmp_path: Path) -> None:
    done = invoke(*swept, "--json", "--one-standard-error", "--limit", 8)
    printed = json.loads(done.stdout)
    assert printed == json.loads((tmp_path / "run" / "sweep.json").read_text())
    assert (printed["best"], printed["settings"]["n_dev_rows"]) == ("checkpoint-9", 8)
    assert "Breiman et al. 1984" in printed["settings"]["rule"]
    assert str(tmp_path) not in done.stdout


@pytest.mark.whole
def test_answers_of_other_settings_end_it_before_anything_is_done(swept: list[object]) -> None:
    assert invoke(*swept).exit_code == 0
    done = invoke(*swept, "--max-new-tokens", 9)
    assert done.exit_code == 1
    assert "checkpoint-9/dev.jsonl: holds answers made with other settings (max_new_tokens)" in done.stderr
    assert invoke(*swept, "--max-new-tokens", 9, "--overwrite").exit_code == 0


@pytest.mark.whole
def test_a_checkpoint_that_cannot_be_loaded_is_an_error_after_the_others(
    swept: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    from nerforge.foundation.errors import UserError

    def load(name: str, spec: ModelSpec) -> EmptyEngine:
        if spec.adapter and spec.adapter.endswith("checkpoint-9"):
            raise UserError("adapter checkpoint-9: cannot be loaded")
        return EmptyEngine(spec)

    monkeypatch.setattr("nerforge.evaluation.sweeps.engine.load_engine", load)
    done = invoke(*swept)
    assert done.exit_code == 1
    assert "not judged" in done.stdout
    assert "checkpoint-9: adapter checkpoint-9: cannot be loaded" in done.stderr
    assert "1 of 2 checkpoints could not be judged, so none was chosen" in done.stderr


@pytest.mark.whole
def test_options_that_contradict_each_other_are_a_usage_error(swept: list[object]) -> None:
    done = invoke(*swept, "--stop-early", "--one-standard-error")
    assert (done.exit_code, "give one of them" in done.stderr) == (2, True)


@pytest.mark.train
@pytest.mark.slow
@pytest.mark.usefixtures("forked_llamafactory")
def test_a_real_run_is_swept_as_fresh_processes_would_predict_it(tmp_path: Path) -> None:
    data, run, yaml = tmp_path / "data", tmp_path / "run", tmp_path / "train.yaml"

    def call(*args: object) -> subprocess.CompletedProcess[str]:
        done = run_nerforge(tmp_path, *args)
        assert done.returncode == 0, done.stderr
        return done

    settings = ("max_steps=10", "save_strategy=steps", "save_steps=2", "logging_steps=1", "warmup_steps=2")
    chosen = ("--city", "枣庄", "--noise", "none", "--negatives", 0, "--prompt", "short")
    call("generate", "power", "--rows", 400, *chosen, "--dev", 0.08, "--test", 0.08, "--out", data)
    sets = [part for setting in settings for part in ("--set", setting)]
    call("config", "tiny_cpu", "--data", data, "--run", run, *sets, "-o", yaml)
    assert invoke("train", yaml).exit_code == 0
    limit = ("--max-new-tokens", 32)
    swept = call("sweep", run, "--data", data, *limit)
    names = [f"checkpoint-{step}" for step in (2, 4, 6, 8, 10)]
    assert [line.split()[0] for line in swept.stdout.splitlines()[1:6]] == names
    assert "the final weights are those of checkpoint-10" in swept.stdout
    assert (run / "best_checkpoint").read_text().strip() in names
    assert all((run / name).stat().st_size > 1_000 for name in ("sweep.png", "sweep.svg"))
    again = call("sweep", run, "--data", data, *limit)
    assert again.stdout == swept.stdout
    assert "sweeping" not in again.stderr
    for name in (names[1], names[4]):
        out = tmp_path / f"{name}.jsonl"
        of_run = ("--run", run, "--checkpoint", name, "--data", data, "--split", "dev")
        call("predict", *of_run, *limit, "--out", out)
        ours = (run / "predictions" / name / "dev.jsonl").read_text().splitlines()
        assert sorted(out.read_text().splitlines()) == sorted(ours)
    answers = [sorted((run / "predictions" / name / "dev.jsonl").read_text().splitlines()) for name in names]
    assert answers[0] != answers[4]
