"""A training of ten steps for real, with SwanLab, MLflow and TensorBoard on this machine."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main
from nerforge.foundation.trackers.mlflow_store import open_store
from nerforge.foundation.trackers.settings import read_tracking
from tests import forked

pytestmark = [pytest.mark.train, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


KEY = "a-key-that-no-file-may-hold"


def call(*args: object) -> Result:
    done = CliRunner().invoke(main, [str(arg) for arg in args])
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that reports to three trackers at once, predicted and scored."""
    for package, extra in (("swanboard", "swanlab"), ("mlflow", "mlflow"), ("tensorboard", "tensorboard")):
        pytest.importorskip(package, reason=f"needs the {extra} extra")
    home = tmp_path_factory.mktemp("tracked")
    data, run, yaml = home / "data", home / "run", home / "train.yaml"
    place = ("--city", "枣庄", "--noise", "none", "--prompt", "short")
    call("generate", "power", "--rows", 60, *place, "--dev", 0, "--test", 0.1, "--out", data)
    names = (
        "--track",
        "swanlab",
        "--track-project",
        "ner-x",
        "--track-name",
        "first",
        "--track-description",
        "试",
    )
    keys = ("max_steps=10", "logging_steps=5", "warmup_steps=2", "plot_loss=false", "cutoff_len=256")
    both = ("swanlab_mode=local", "report_to=[mlflow, tensorboard]", "run_name=first")
    sets = [part for pair in (*keys, *both) for part in ("--set", pair)]
    call("config", "tiny_cpu", "--data", data, "--run", run, *names, *sets, "-o", yaml)
    with pytest.MonkeyPatch.context() as patch, forked.llamafactory():
        patch.setenv("SWANLAB_API_KEY", KEY)
        call("train", yaml, "per_device_train_batch_size=4")
        call("predict", "--run", run, "--data", data, "--max-new-tokens", 16)
        answers = ("--pred", run / "predictions/final/test.jsonl")
        scored = call("score", "--gold", data / "gold/test.jsonl", *answers, "--json")
    (home / "scores.json").write_text(scored.stdout)
    return run


def strict_f1(run: Path) -> float:
    scores = json.loads((run.parent / "scores.json").read_text())
    return float(scores["criteria"]["strict"]["micro"]["f1"])


def test_swanlabs_local_store_holds_loss_samples_and_f1(run: Path) -> None:
    store = sqlite3.connect(run / "swanlog" / "runs.swanlab")
    assert store.execute("select name from project").fetchall() == [("ner-x",)]
    rows = store.execute("select id, name, description, run_id from experiment").fetchall()
    experiments = {name: (number, description, folder) for number, name, description, folder in rows}
    tags = store.execute("select experiment_id, name, folder from tag").fetchall()
    store.close()
    assert set(experiments) == {"first", "first-predict", "first-score"}
    assert experiments["first"][1] == "试"

    def logged(name: str, key: str) -> list[dict[str, Any]]:
        number, _, folder = experiments[name]
        (place,) = [folder for of, tag, folder in tags if (of, tag) == (number, key)]
        log = run / "swanlog" / folder / "logs" / place / "1000.log"
        return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]

    assert [row["index"] for row in logged("first", "train/loss")] == [5, 10]
    ((step, f1),) = [(row["index"], row["data"]) for row in logged("first-score", "test/strict_f1")]
    assert (step, f1) == (10, pytest.approx(strict_f1(run)))
    for name in ("first-predict", "first-score"):
        (texts,) = logged(name, "test/samples")
        assert (texts["index"], len(texts["data"])) == (10, 6)
        assert all(text.startswith("query:  ") and "\ngold:   " in text for text in texts["data"])
        assert all(more["caption"].split()[0] in ("right", "wrong") for more in texts["more"])


def test_mlflows_one_run_holds_loss_samples_and_f1(run: Path) -> None:
    with open_store((run / "mlruns").as_uri()) as client:
        experiment = client.get_experiment_by_name("ner-x")
        (found,) = client.search_runs([experiment.experiment_id])
        run_id, tags = found.info.run_id, found.data.tags
        assert found.info.run_name == "first"
        losses = [(x.step, x.value) for x in client.get_metric_history(run_id, "loss")]
        f1 = [(x.step, x.value) for x in client.get_metric_history(run_id, "test/strict_f1")]
        artifacts = {item.path for item in client.list_artifacts(run_id, "test")}
    known = read_tracking(run).find("mlflow")
    assert known is not None
    assert tags["nerforge.run_id"] == known.run_id
    assert tags["mlflow.note.content"] == "试"
    assert [step for step, _ in losses] == [5, 10]
    assert f1 == [(10, pytest.approx(strict_f1(run)))]
    assert {"test/samples-step-10.txt", "test/samples-step-10.json"} <= artifacts
    (text, *_) = (run / "mlruns").rglob("samples-step-10.txt")
    assert text.read_text(encoding="utf-8").count("\nquery:  ") == 6


def test_tensorboards_folder_holds_loss_samples_and_f1(run: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run / "tensorboard"))
    events.Reload()
    assert [x.step for x in events.Scalars("train/loss")] == [5, 10]
    assert [(x.step, x.value) for x in events.Scalars("test/strict_f1")] == [
        (10, pytest.approx(strict_f1(run)))
    ]
    text = events.Tensors("test/samples/text_summary")[-1].tensor_proto.string_val[0].decode()
    assert text.count("\n    query:  ") == 6


def test_nothing_of_it_lies_outside_the_run_and_no_file_holds_the_key(run: Path) -> None:
    files = [path for path in run.rglob("*") if path.is_file()]
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
    assert {path.name for path in run.parent.iterdir()} == {"data", "run", "train.yaml", "scores.json"}
    assert not list(Path.cwd().glob("swanlog*"))
