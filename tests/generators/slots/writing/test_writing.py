"""The same bytes whoever writes them; and nothing at all where somebody fails."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nerforge.foundation.errors import UserError
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions, generate_slots
from nerforge.generators.slots.writing import job as jobs

pytestmark = pytest.mark.whole

N_ROWS = 2_000
CITIES = {"city": ["菏泽"]}
UNDATED = Path(__file__).parent / "undated_templates.txt"
"""Without the forty thousand dates a data set is made in a fraction of the time."""
FAILING = """
import os, signal, sys
from pathlib import Path
from nerforge.generators.slots.writing import job as jobs
parent = os.getpid()
make = jobs.Job.make
jobs.BATCH = 300

def failing(job, batch):
    if batch.number == 3:
        {fails}
    return make(job, batch)

jobs.Job.make = failing
from nerforge.cli import main
main(["generate", "power", "--rows", "2000", "--workers", "{workers}", "--out", sys.argv[1]])
"""
FAILURES = {
    "killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "raises": "raise ValueError('no such luck')",
    "disk full": "raise OSError(28, 'No space left on device', str(job.files['train'].alpaca))",
    "exits": "os._exit(3)",
}


def digests(folder):
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def generate(out, n_workers=1, seed=42, *, is_jsonl=False, **changes):
    options = {"only": CITIES, "templates": UNDATED} | changes
    dataset = DatasetOptions(out, seed=seed, is_jsonl=is_jsonl)
    generate_slots(SlotOptions(N_ROWS, n_workers=n_workers, **options), dataset)
    return digests(out)


@pytest.fixture
def small_batches(monkeypatch):
    """As many batches as a large data set has."""
    monkeypatch.setattr(jobs, "BATCH", 300)


@pytest.mark.parametrize("options", [{"templates": None}, {"is_jsonl": True}], ids=["json", "jsonl"])
def test_any_number_of_workers_writes_the_same_bytes(tmp_path, small_batches, options):
    written = [generate(tmp_path / str(n), n, **options) for n in (1, 2, 3)]
    assert len(written[0]) == 10
    assert written[0] == written[1] == written[2]


def test_batches_of_any_size_give_the_same_bytes(tmp_path, monkeypatch):
    whole = generate(tmp_path / "whole")
    monkeypatch.setattr(jobs, "BATCH", 7)
    assert generate(tmp_path / "parts") == whole


def test_another_seed_gives_other_rows_in_every_file(tmp_path):
    one, other = generate(tmp_path / "one", seed=1), generate(tmp_path / "other", seed=2)
    same = {name for name in one if one[name] == other[name]}
    assert same == {"dataset_info.json", "surfaces.csv", "task.yaml"}


def test_lines_and_array_hold_the_same_rows(tmp_path):
    generate(tmp_path / "array")
    generate(tmp_path / "lines", is_jsonl=True)
    for name in ("ner", "ner_dev", "ner_test"):
        array = (tmp_path / "array" / f"{name}.json").read_text(encoding="utf-8").splitlines()
        lines = (tmp_path / "lines" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        assert [line.removesuffix(",") for line in array[1:-1]] == lines
        assert (array[0], array[-1]) == ("[", "]")


def test_more_workers_than_batches_do_no_harm(tmp_path):
    assert generate(tmp_path / "a", 8) == generate(tmp_path / "b", 1)


def test_progress_ends_with_all_rows(tmp_path, small_batches):
    seen = []
    slots = SlotOptions(N_ROWS, only=CITIES, n_workers=2, templates=UNDATED)
    generate_slots(slots, DatasetOptions(tmp_path / "d"), lambda *done: seen.append(done))
    assert seen == sorted(seen)
    assert seen[-1] == (N_ROWS, N_ROWS)


def run_failing(tmp_path, workers, failure):
    code = FAILING.format(workers=workers, fails=FAILURES[failure])
    return subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "out")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        pytest.param("killed", "Error: ", id="killed"),
        pytest.param("exits", "Error: ", id="exits"),
        pytest.param("disk full", "No space left on device", id="disk full"),
        pytest.param("raises", "ValueError: no such luck", id="raises"),
    ],
)
def test_a_worker_that_fails_leaves_nothing_behind(tmp_path, failure, message):
    done = run_failing(tmp_path, 2, failure)
    assert (done.returncode, done.stdout) == (1, "")
    assert message in done.stderr
    # Only a fault of ours may end in a traceback.
    assert ("Traceback" in done.stderr) == (failure == "raises"), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_one_process_that_fails_leaves_nothing_behind(tmp_path):
    done = run_failing(tmp_path, 1, "disk full")
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_data_set_survives_a_failed_attempt_to_replace_it(tmp_path, monkeypatch):
    before = generate(tmp_path / "out")
    monkeypatch.setattr(jobs.Job, "make", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        generate_slots(
            SlotOptions(N_ROWS, only=CITIES, n_workers=1, templates=UNDATED),
            DatasetOptions(tmp_path / "out", overwrite=True),
        )
    assert digests(tmp_path / "out") == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_data_set_is_replaced_only_when_told_and_then_wholly(tmp_path):
    generate(tmp_path / "out", is_jsonl=True)
    with pytest.raises(UserError, match="already holds a data set"):
        generate(tmp_path / "out")
    slots = SlotOptions(N_ROWS, only=CITIES, templates=UNDATED, n_workers=1)
    generate_slots(slots, DatasetOptions(tmp_path / "out", overwrite=True))
    assert digests(tmp_path / "out") == generate(tmp_path / "fresh")


def processes_of(group):
    """Processes of a process group that still run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_ends_all_processes_and_leaves_nothing_behind(tmp_path, workers):
    args = [
        "generate",
        "power",
        "--rows",
        "400000",
        "--workers",
        str(workers),
        "--out",
        str(tmp_path / "out"),
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "nerforge", *args],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # The tests may themselves run where Ctrl-C is ignored, which a child inherits.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        assert process.stderr
        # Phases stand before the first rows.
        assert any(line.startswith("rows: ") for line in process.stderr)
        # As a terminal does: to the whole group.
        os.killpg(process.pid, signal.SIGINT)
        _, messages = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "interrupted" in messages
        assert "Traceback" not in messages, messages
        deadline = time.monotonic() + 10
        while processes_of(process.pid) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert processes_of(process.pid) == []
        assert list(tmp_path.iterdir()) == []
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
