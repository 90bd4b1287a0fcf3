import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nerforge.evaluation.confidence.token_logprobs import TokenLogprobs
from nerforge.evaluation.engines import Failure, Prediction
from nerforge.evaluation.predicting import answer_log
from nerforge.evaluation.predicting.answer_log import (
    GROUP_ROWS,
    failures_path,
    open_log,
    prediction_line,
    read_predictions,
    settings_path,
)
from nerforge.foundation.errors import UserError

SETTINGS = {"model": "a", "rows": 3}


def answers(n: int, start: int = 0) -> list[Prediction]:
    return [Prediction(f"r{i}", f"输出 {i}\n\u2028", "stop") for i in range(start, start + n)]


def write(out: Path, n: int) -> None:
    with open_log(out) as log:
        log.begin(SETTINGS, overwrite=False)
        log.add(answers(n))


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the file at each sync."""
    sizes: list[int] = []
    monkeypatch.setattr(answer_log.os, "fsync", lambda number: sizes.append(os.fstat(number).st_size))
    return sizes


def test_answers_come_back_as_they_were(tmp_path: Path) -> None:
    write(tmp_path / "p.jsonl", 3)
    assert read_predictions(tmp_path / "p.jsonl") == {row.id: row.output for row in answers(3)}
    lines = (tmp_path / "p.jsonl").read_text(encoding="utf-8").split("\n")
    assert [json.loads(line)["finish"] for line in lines[:-1]] == ["stop"] * 3


def test_answers_are_synced_in_groups(tmp_path: Path, synced: list[int]) -> None:
    with open_log(tmp_path / "p.jsonl") as log:
        log.begin(SETTINGS, overwrite=False)
        synced.clear()
        for answer in answers(GROUP_ROWS * 2 + 1):
            log.add([answer])
        assert len(synced) == 2
    assert len(synced) == 3
    assert len(read_predictions(tmp_path / "p.jsonl")) == GROUP_ROWS * 2 + 1


def test_a_group_does_not_wait_long_to_be_full(
    tmp_path: Path, synced: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_log(tmp_path / "p.jsonl") as log:
        log.begin(SETTINGS, overwrite=False)
        synced.clear()
        log.add(answers(1))
        assert synced == []
        now = answer_log.time.monotonic()
        monkeypatch.setattr(answer_log.time, "monotonic", lambda: now + 3)
        log.add(answers(1, 1))
        assert len(synced) == 1
        assert len(read_predictions(tmp_path / "p.jsonl")) == 2


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_was_taken_is_kept_whatever_ends_the_run(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), open_log(tmp_path / "p.jsonl") as log:
        log.begin(SETTINGS, overwrite=False)
        log.add([*answers(2), Failure("r2", "HTTP 400", 1)])
        raise error
    assert set(read_predictions(tmp_path / "p.jsonl")) == {"r0", "r1"}
    assert json.loads(failures_path(tmp_path / "p.jsonl").read_text()) == {
        "id": "r2",
        "error": "HTTP 400",
        "n_attempts": 1,
    }


def test_failures_are_gone_when_the_next_run_has_none(tmp_path: Path) -> None:
    out = tmp_path / "p.jsonl"
    with open_log(out) as log:
        log.begin(SETTINGS, overwrite=False)
        log.add([Failure("r0", "no answer", 6), *answers(1, 1)])
    assert failures_path(out).exists()
    with open_log(out) as log:
        assert log.resume(SETTINGS) == {"r1"}
        log.begin(SETTINGS, overwrite=False)
        log.add(answers(1))
    assert not failures_path(out).exists()
    assert set(read_predictions(out)) == {"r0", "r1"}


@pytest.mark.parametrize("n_bytes", range(1, 34, 8))
def test_a_line_that_was_not_finished_is_cut_off(tmp_path: Path, n_bytes: int) -> None:
    out = tmp_path / "p.jsonl"
    write(out, 3)
    whole = out.read_bytes()
    out.write_bytes(whole[:-n_bytes])
    with open_log(out) as log:
        assert log.resume(SETTINGS) == {"r0", "r1"}
        log.begin(SETTINGS, overwrite=False)
        log.add(answers(1, 2))
    assert out.read_bytes() == whole


@pytest.mark.parametrize("size", [1, 1 << 16, (1 << 17) + 5], ids=["short", "a block", "blocks"])
def test_a_long_rest_without_a_line_is_cut_off(tmp_path: Path, size: int) -> None:
    out = tmp_path / "p.jsonl"
    write(out, 2)
    whole = out.read_bytes()
    out.write_bytes(whole + b"x" * size)
    with open_log(out) as log:
        assert log.resume(SETTINGS) == {"r0", "r1"}
    assert out.read_bytes() == whole


def test_a_first_line_that_was_not_finished_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "p.jsonl"
    write(out, 1)
    out.write_bytes(out.read_bytes()[:-1])
    with open_log(out) as log:
        assert log.resume(SETTINGS) == set()
    assert not out.exists()


def test_a_broken_line_in_the_middle_is_reported_not_skipped(tmp_path: Path) -> None:
    out = tmp_path / "p.jsonl"
    write(out, 3)
    lines = out.read_bytes().splitlines(keepends=True)
    out.write_bytes(lines[0] + b'{"id": "r1"\n' + lines[2])
    with pytest.raises(UserError, match=r"p\.jsonl:2"), open_log(out) as log:
        log.resume(SETTINGS)


def test_an_id_twice_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "p.jsonl"
    write(out, 2)
    out.write_bytes(out.read_bytes() * 2)
    with pytest.raises(UserError, match=r"p\.jsonl:3: id 'r0' is predicted twice, first in line 1"):
        read_predictions(out)


def test_other_settings_are_refused_and_named(tmp_path: Path) -> None:
    out = tmp_path / "p.jsonl"
    write(out, 2)
    with (
        pytest.raises(UserError, match=r"other settings \(model, seed\); pass --overwrite"),
        open_log(out) as log,
    ):
        log.resume({**SETTINGS, "model": "b", "seed": 1})
    assert len(read_predictions(out)) == 2


def test_overwriting_begins_anew(tmp_path: Path) -> None:
    out = tmp_path / "p.jsonl"
    write(out, 5)
    with open_log(out) as log:
        log.begin({"model": "b"}, overwrite=True)
        log.add(answers(1))
    assert set(read_predictions(out)) == {"r0"}
    assert json.loads(settings_path(out).read_text()) == {"model": "b"}


def test_a_file_of_something_else_is_not_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "letter.txt"
    out.write_text("dear")
    with pytest.raises(UserError, match="is not a file of `nerforge predict`"), open_log(out) as log:
        log.begin(SETTINGS, overwrite=True)
    assert out.read_text() == "dear"


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    out = tmp_path / "p.jsonl"
    with (
        open_log(out) as log,
        pytest.raises(UserError, match="another run is writing to it"),
        open_log(out),
    ):
        pytest.fail("two writers")
    with open_log(out) as log:
        log.begin(SETTINGS, overwrite=False)
        log.add(answers(1))
    assert len(read_predictions(out)) == 1


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder; name a file as --out"), open_log(tmp_path):
        pytest.fail("opened a folder")


WRITER = """
import resource, sys
from pathlib import Path
from nerforge.evaluation.predicting.answer_log import open_log
from nerforge.evaluation.engines import Prediction

with open_log(Path(sys.argv[1])) as log:
    log.begin({}, overwrite=False)
    for i in range(int(sys.argv[2])):
        log.add([Prediction(f"power-test-{i:08}", f"<City>菏泽{i}</City>" * 20, "stop")])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.whole
def test_memory_does_not_grow_with_the_answers(tmp_path: Path) -> None:
    def kilobytes(n: int) -> int:
        command = [sys.executable, "-c", WRITER, str(tmp_path / f"{n}.jsonl"), str(n)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return int(done.stdout)

    # 90,000 ids alone would be 6 MB.
    assert kilobytes(100_000) - kilobytes(10_000) < 2_000
    assert (tmp_path / "100000.jsonl").read_bytes().count(b"\n") == 100_000


def test_a_full_disk_is_told_with_the_file_and_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(number: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    out = tmp_path / "p.jsonl"
    with (
        pytest.raises(OSError, match=r"No space left.*written before are kept.*p\.jsonl"),
        open_log(out) as log,
    ):
        log.begin(SETTINGS, overwrite=False)
        log.add(answers(3))
        log.flush()
        monkeypatch.setattr(answer_log.os, "fsync", fail)
        log.add(answers(2, 3))
    assert len(read_predictions(out)) >= 3


def test_a_row_without_log_probabilities_is_as_it_always_was() -> None:
    assert prediction_line(Prediction("a", "x", "stop")) == b'{"id":"a","output":"x","finish":"stop"}\n'
    kept = TokenLogprobs([1], [-0.5], -0.25)
    assert prediction_line(Prediction("a", "x", "stop", kept)) == (
        b'{"id":"a","output":"x","finish":"stop","logprobs":{"bytes":[1],"logprobs":[-0.5],"stop":-0.25}}\n'
    )


def test_answers_without_log_probabilities_are_not_resumed_with_them(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with open_log(out) as log:
        log.begin({}, overwrite=False)
        log.add([Prediction("a", "x", "stop"), Prediction("b", "y", "stop", TokenLogprobs([1], [-0.5]))])
    with open_log(out) as log:
        assert log.resume({}) == {"a", "b"}
        with pytest.raises(UserError, match=r"1 of its 2 answers were made without --confidence"):
            log.resume({}, with_logprobs=True)
