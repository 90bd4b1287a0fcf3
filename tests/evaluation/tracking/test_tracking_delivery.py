"""Nothing that a library does reaches the command: the libraries here are stand-ins of a few lines."""

import json
import os
import time
from pathlib import Path

import pytest

from nerforge.evaluation.tracking.delivery import deliver, send
from nerforge.evaluation.tracking.records import Point, Report, Target
from nerforge.evaluation.tracking.targets import TrackOptions
from nerforge.foundation.trackers.settings import TrackerSettings, read_tracking

REPORT = Report("score", [Point(3, {"test/strict_f1": 0.5})], [], {"checkpoint": "final"})
RUN_CLASS = """
class Run:
    url, summary, rows = None, {}, []
    def __init__(self, **given): self.id = given.get("id") or "made"
    def define_metric(self, *args, **given): pass
    def log(self, row): self.rows.append(row)
    def finish(self): json.dump([self.rows, self.summary], open(os.environ["STAND_IN_OUT"], "w"))
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run that reports to W&B, whose library a test writes with ``library``."""
    (tmp_path / "train.yaml").write_text("report_to: wandb\nrun_name: first\nmodel_name_or_path: m\n")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("STAND_IN_OUT", str(tmp_path / "out.json"))
    monkeypatch.setattr("nerforge.evaluation.tracking.targets.missing_package", lambda settings: None)
    return tmp_path


def library(run: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    folder = run / "library"
    folder.mkdir()
    head = "import json, os, subprocess, sys, time\nclass Settings:\n    def __init__(self, **given): pass\n"
    (folder / "wandb.py").write_text(f"{head}{RUN_CLASS}{body}\n")
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
    )


def lines(run: Path) -> list[str]:
    return list(deliver(run, run, TrackOptions(), lambda: REPORT))


def test_a_report_arrives_and_the_run_made_for_it_is_remembered(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library(run, monkeypatch, "def init(**given):\n    print('noise')\n    return Run(**given)")
    said = lines(run)
    assert said[0] == "wandb: sending samples and figures"
    assert said[1] == f"wandb: sent to {run / 'wandb'} (wandb sync sends it)"
    rows, summary = json.loads((run / "out.json").read_text())
    assert rows == [{"test/strict_f1": 0.5, "train/global_step": 3}]
    assert summary == {"nerforge/checkpoint": "final"}
    assert read_tracking(run).evaluations == {"wandb": "made"}


@pytest.mark.whole
@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("def init(**given): raise ConnectionError('server\\n is down')", "ConnectionError: server"),
        ("def init(**given): sys.exit(3)", "exit code 3"),
        ("def init(**given): print('asked too often', file=sys.stderr); os._exit(1)", "asked too often"),
        ("raise ImportError('libz is missing')", "ImportError: libz is missing"),
        ("def init(**given): open('/dev/tty').read()", "OSError: "),
        ("def init(**given): return input('key? ')", "EOFError"),
        ("def init(**given): raise ValueError('bad key abcdef0123')", "ValueError: bad key ***"),
    ],
    ids=["raises", "exits", "dies", "import", "asks-terminal", "asks-stdin", "tells-key"],
)
def test_a_tracker_that_fails_is_one_warning(
    body: str, fault: str, run: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "abcdef0123")
    library(run, monkeypatch, body)
    (_, warning) = lines(run)
    assert warning.startswith("warning: wandb: nothing was sent: ")
    assert fault in warning
    assert warning.endswith("; what was asked for is on disk")
    assert "\n" not in warning
    assert capfd.readouterr() == ("", "")
    assert read_tracking(run).evaluations == {}


def test_a_tracker_that_hangs_is_killed_with_its_children(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library(
        run, monkeypatch,
        "def init(**given):\n    subprocess.Popen(['sleep', '60'])\n    time.sleep(60)",
    )  # fmt: skip
    start = time.monotonic()
    reply = send(Target(TrackerSettings(tracker="wandb", folder=str(run))), REPORT, seconds=3)
    assert reply.fault == "no answer within 3 s"
    assert time.monotonic() - start < 30


def test_files_of_the_run_that_cannot_be_read_are_a_warning(run: Path) -> None:
    (run / "tracking.json").write_text("[]")
    (warning,) = lines(run)
    assert warning.startswith("warning: tracker: nothing was sent: ")
    assert "tracking.json" in warning


def test_a_report_is_not_made_where_nothing_can_be_sent(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nerforge.evaluation.tracking.targets.missing_package", lambda settings: "wandb")

    def fail() -> Report:
        raise AssertionError

    assert list(deliver(run, run, TrackOptions(), fail)) == [
        "warning: wandb: nothing was sent: wandb is not installed here; run: pip install 'nerforge[wandb]'; "
        "what was asked for is on disk"
    ]
    assert list(deliver(None, run, TrackOptions(), fail)) == []
