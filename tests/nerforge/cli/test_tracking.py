"""The commands and a run's tracker: what is sent where, and that it changes neither result nor exit code."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main
from nerforge.evaluation.engines import ModelSpec, Prediction, Request, engine_spec
from nerforge.evaluation.engines.engine_spec import EngineSpec
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from tests.slot_sets import place_slots

WEIGHTS = "adapter_model.safetensors"
SENDER = """
import json, os
def send(target, report):
    from nerforge.evaluation.tracking.records import Receipt
    import msgspec
    with open(os.environ["SENT"], "ab") as file:
        file.write(msgspec.json.encode([target, report]) + b"\\n")
    if "fail" in os.environ.get("STAND_IN", ""):
        raise ConnectionError("unreachable")
    return Receipt("there")
"""


class EmptyEngine:
    """Says nothing."""

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec

    def use_adapter(self, adapter: str | None) -> None:
        pass

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[Prediction]]:
        yield [Prediction(request.id, "无", "stop") for request in requests]


def invoke(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("power") / "data"
    place_slots(
        SlotOptions(60, only={"city": ("枣庄",)}), DatasetOptions(folder, dev=0.2, test=0.2, prompt="short")
    )
    return folder


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of two checkpoints that reports to TensorBoard, whose sender is a stand-in in the child."""
    monkeypatch.setitem(engine_spec.SHIPPED, "hf", EngineSpec("hf", EmptyEngine, "a stand-in"))
    for folder in (tmp_path / "run", *(tmp_path / "run" / f"checkpoint-{step}" for step in (9, 10))):
        folder.mkdir(parents=True)
        (folder / "adapter_config.json").write_text("{}")
        # The final weights are those of the last checkpoint.
        (folder / WEIGHTS).write_text(folder.name.replace("run", "checkpoint-10"))
    (tmp_path / "run" / "train.yaml").write_text(
        "model_name_or_path: some/model\ntemplate: qwen\nreport_to: tensorboard\nrun_name: first\n"
    )
    (tmp_path / "run" / "trainer_state.json").write_text('{"global_step": 10, "epoch": 1.0}')
    site = tmp_path / "site"
    site.mkdir()
    (site / "stand_in_sender.py").write_text(SENDER)
    (site / "sitecustomize.py").write_text(
        "import sys, importlib.util\n"
        "name = 'nerforge.evaluation.tracking.to_tensorboard'\n"
        f"spec = importlib.util.spec_from_file_location(name, {str(site)!r}"
        " + '/stand_in_sender.py')\n"
        "module = importlib.util.module_from_spec(spec)\nspec.loader.exec_module(module)\n"
        "sys.modules['nerforge.evaluation.tracking.to_tensorboard'] = module\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("SENT", str(tmp_path / "sent"))
    monkeypatch.setattr("nerforge.evaluation.tracking.targets.missing_package", lambda settings: None)
    return tmp_path / "run"


def reports(run: Path) -> list[list[Any]]:
    return [json.loads(line) for line in (run.parent / "sent").read_text(encoding="utf-8").splitlines()]


def predict_and_score(run: Path, data: Path, *args: object) -> tuple[Result, Result]:
    predicted = invoke("predict", "--run", run, "--data", data, *args)
    predictions = run / "predictions" / "final" / "test.jsonl"
    return predicted, invoke("score", "--gold", data / "gold/test.jsonl", "--pred", predictions, *args)


def test_predict_and_score_send_samples_and_f1_at_the_last_step(run: Path, data: Path) -> None:
    for done in predict_and_score(run, data):
        assert done.exit_code == 0, done.output
        told = [line for line in done.stderr.splitlines() if not line.startswith("next: ")]
        assert told[-2:] == ["tensorboard: sending samples and figures", "tensorboard: sent to there"]
        assert "tensorboard" not in done.stdout
    (target, predicted), (_, scored) = reports(run)
    assert target["settings"]["folder"] == str(run / "tensorboard")
    assert predicted["points"] == [{"step": 10, "metrics": {"test/answers": 12.0, "test/failed": 0.0}}]
    (point,) = scored["points"]
    assert point["step"] == 10
    figures = ("strict_f1", "strict_f1_low", "strict_f1_high", "outcomes/empty", "exact_match")
    assert {f"test/{name}" for name in figures} <= set(point["metrics"])
    for report in (predicted, scored):
        (samples,) = report["samples"]
        assert (samples["key"], samples["step"], len(samples["samples"])) == ("test/samples", 10, 12)
        assert {x["answer"] for x in samples["samples"]} == {"无"}


@pytest.mark.whole
def test_sweep_sends_a_curve_the_choice_and_samples_of_both_splits(run: Path, data: Path) -> None:
    done = invoke("sweep", run, "--data", data, "--track-samples", 3, "--json")
    assert done.exit_code == 0, done.output
    json.loads(done.stdout)
    ((_, report),) = reports(run)
    curve = [
        (p["step"], p["metrics"]["dev/strict_f1"])
        for p in report["points"]
        if "dev/strict_f1" in p["metrics"]
    ]
    assert [step for step, _ in curve] == [9, 10]
    assert report["facts"]["chosen_checkpoint"] == "checkpoint-9"
    assert "checkpoint-10 0.0000 (0.0000 to 0.0000)" in report["facts"]["checkpoints"]
    assert [(x["key"], x["checkpoint"], len(x["samples"])) for x in report["samples"]] == [
        ("dev/samples", "checkpoint-9", 3),
        ("test/samples", "checkpoint-9", 3),
    ]
    assert any("test/strict_f1" in point["metrics"] for point in report["points"])


@pytest.mark.whole
def test_a_curve_has_one_value_at_a_step_and_the_table_all(run: Path, data: Path) -> None:
    (run / WEIGHTS).write_text("others than those of checkpoint-10")
    assert invoke("sweep", run, "--data", data, "--track-samples", 0).exit_code == 0
    ((_, report),) = reports(run)
    assert [p["step"] for p in report["points"] if "dev/strict_f1" in p["metrics"]] == [9, 10]
    assert "; checkpoint-10 " in report["facts"]["checkpoints"]
    assert "; final " in report["facts"]["checkpoints"]
    assert report["samples"] == []


@pytest.mark.whole
def test_a_tracker_that_cannot_be_reached_changes_no_exit_code(
    run: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN", "fail")
    warning = (
        "warning: tensorboard: nothing was sent: ConnectionError: unreachable; what was asked for is on disk"
    )
    predicted, scored = predict_and_score(run, data)
    assert (predicted.exit_code, scored.exit_code) == (0, 0)
    # The last line is the next step.
    assert predicted.stderr.splitlines()[-2] == scored.stderr.splitlines()[-2] == warning
    assert len((run / "predictions/final/test.jsonl").read_text().splitlines()) == 12
    failing = invoke(
        "score", "--gold", data / "gold/test.jsonl", "--pred", run / "predictions/final/test.jsonl",
        "--fail-under", 0.9,
    )  # fmt: skip
    assert failing.exit_code == 3


def test_none_sends_nothing(run: Path, data: Path) -> None:
    for done in predict_and_score(run, data, "--track", "none"):
        assert done.exit_code == 0
        assert "tensorboard" not in done.stderr
    assert not (run.parent / "sent").exists()


def test_a_pipe_is_not_read_twice(
    run: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    invoke("predict", "--run", run, "--data", data, "--track", "none")
    text = (run / "predictions/final/test.jsonl").read_text()
    args = ["score", "--gold", str(data / "gold/test.jsonl"), "--pred", "-", "--track", "tensorboard"]
    done = CliRunner().invoke(main, args, input=text)
    assert done.exit_code == 0, done.output
    ((target, report),) = reports(run)
    assert target["settings"]["folder"] == str(tmp_path / "tensorboard")
    assert report["samples"] == []
    assert "test/strict_f1" in report["points"][0]["metrics"]


def test_names_without_a_tracker_are_refused_before_anything_is_loaded(run: Path, data: Path) -> None:
    (run / "train.yaml").write_text("model_name_or_path: some/model\ntemplate: qwen\n")
    done = invoke("predict", "--run", run, "--data", data, "--track-name", "x")
    assert done.exit_code == 1
    assert "there is none; give --track" in done.stderr
    assert not (run / "predictions").exists()
