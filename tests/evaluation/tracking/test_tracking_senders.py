"""Each tracker for real, in its local mode, read back by its own library or from its documented files."""

import json
import sqlite3
from pathlib import Path

import pytest

from nerforge.evaluation.tracking.delivery import send
from nerforge.evaluation.tracking.records import Point, Report, Target, TrackedSample, TrackedSamples
from nerforge.foundation.trackers.mlflow_store import open_store
from nerforge.foundation.trackers.settings import TrackerName, TrackerSettings

SAMPLES = [
    TrackedSample("a", "菏泽投诉", "<City>菏泽</City>投诉", "City 菏泽", True, "clean"),
    TrackedSample("b", "今天", None, "Date 今天", False, "missing"),
]
REPORT = Report(
    "sweep",
    [Point(5, {"dev/strict_f1": 0.25}), Point(10, {"dev/strict_f1": 0.5, "dev/strict_f1_low": 0.125})],
    [TrackedSamples("dev/samples", 10, "checkpoint-10", "2 of 9 samples", SAMPLES)],
    {"chosen_checkpoint": "checkpoint-10"},
)


def sent(tracker: TrackerName, folder: Path, *, mode: str | None = None, run_id: str | None = None) -> str:
    settings = TrackerSettings(
        tracker=tracker, project="ner", name="first", mode=mode, folder=str(folder), run_id=run_id
    )
    reply = send(Target(settings, output_dir=str(folder.parent)), REPORT)
    assert reply.fault == ""
    assert reply.receipt is not None
    return reply.receipt.evaluation_id or ""


@pytest.mark.whole
def test_swanlab_keeps_a_curve_and_a_text_for_each_sample(tmp_path: Path) -> None:
    pytest.importorskip("swanboard", reason="needs the swanlab extra")
    sent("swanlab", tmp_path / "swanlog", mode="local", run_id="of-the-training")
    with sqlite3.connect(tmp_path / "swanlog" / "runs.swanlab") as store:
        assert store.execute("select name from project").fetchall() == [("ner",)]
        ((name, run_folder),) = store.execute("select name, run_id from experiment").fetchall()
        tags = dict(store.execute("select name, folder from tag").fetchall())
    store.close()
    assert name == "first-sweep"

    def rows(key: str) -> list[dict[str, object]]:
        log = tmp_path / "swanlog" / run_folder / "logs" / tags[key] / "1000.log"
        return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]

    assert [(row["index"], row["data"]) for row in rows("dev/strict_f1")] == [(5, 0.25), (10, 0.5)]
    (texts,) = rows("dev/samples")
    assert texts["data"] == [sample.as_text() for sample in SAMPLES]
    assert texts["more"] == [{"caption": "right a"}, {"caption": "wrong b"}]
    assert rows("nerforge/sweep")[0]["data"] == ["chosen_checkpoint: checkpoint-10"]


@pytest.mark.whole
def test_mlflow_goes_on_in_the_run_that_logged_the_folder(tmp_path: Path) -> None:
    pytest.importorskip("mlflow", reason="needs the mlflow extra")
    folder = tmp_path / "mlruns"
    with open_store(folder.as_uri()) as client:
        experiment = client.create_experiment("ner")
        trained = client.create_run(experiment, run_name="first").info.run_id
        client.log_param(trained, "output_dir", str(tmp_path))
    assert sent("mlflow", folder) == ""
    assert sent("mlflow", folder) == ""
    with open_store(folder.as_uri()) as client:
        history = client.get_metric_history(trained, "dev/strict_f1")
        assert {(x.step, x.value) for x in history} == {(5, 0.25), (10, 0.5)}
        tags = client.get_run(trained).data.tags
        assert tags["nerforge.chosen_checkpoint"] == "checkpoint-10"
        artifacts = [item.path for item in client.list_artifacts(trained, "dev")]
        assert "dev/samples-step-10.txt" in artifacts
        assert "dev/samples-step-10-2.txt" in artifacts
    text = next(folder.rglob("samples-step-10.txt")).read_text(encoding="utf-8")
    assert SAMPLES[0].as_text() in text
    table = json.loads(next(folder.rglob("samples-step-10.json")).read_text(encoding="utf-8"))
    assert table["columns"][:3] == ["id", "result", "query"]
    assert [row[1] for row in table["data"]] == ["right", "wrong"]


@pytest.mark.whole
def test_mlflow_makes_a_run_of_its_own_where_there_is_none(tmp_path: Path) -> None:
    pytest.importorskip("mlflow", reason="needs the mlflow extra")
    made = sent("mlflow", tmp_path / "mlruns", run_id="lost")
    with open_store((tmp_path / "mlruns").as_uri()) as client:
        assert client.get_run(made).info.run_name == "first-sweep"


@pytest.mark.whole
@pytest.mark.filterwarnings("ignore")
def test_tensorboard_reads_scalars_and_texts_back(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="needs the tensorboard extra")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    sent("tensorboard", tmp_path / "tensorboard")
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [(x.step, x.value) for x in events.Scalars("dev/strict_f1")] == [(5, 0.25), (10, 0.5)]
    (text,) = events.Tensors("dev/samples/text_summary")
    assert "    query:  菏泽投诉" in text.tensor_proto.string_val[0].decode()
    assert "nerforge/sweep/text_summary" in events.Tags()["tensors"]


@pytest.mark.whole
def test_wandb_offline_goes_on_under_the_trainings_id(tmp_path: Path) -> None:
    pytest.importorskip("wandb", reason="needs the wandb extra")
    assert sent("wandb", tmp_path / "wandb", mode="offline", run_id="abc123") == ""
    (run,) = (tmp_path / "wandb").glob("offline-run-*-abc123")
    assert (run / "run-abc123.wandb").stat().st_size > 0
    (table,) = run.rglob("*.table.json")
    kept = json.loads(table.read_text(encoding="utf-8"))
    assert kept["columns"][:3] == ["id", "result", "query"]
    assert [row[0] for row in kept["data"]] == ["a", "b"]
