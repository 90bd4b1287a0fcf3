import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nerforge.foundation.errors import UserError
from nerforge.foundation.locks import acquire, directory_lock, run_lock


def test_a_file_is_locked_for_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    with path.open("a+b") as first, path.open("a+b") as second:
        acquire(first.fileno(), "taken")
        with pytest.raises(UserError, match=r"^taken$"):
            acquire(second.fileno(), "taken")
        first.close()
        acquire(second.fileno(), "taken")


def test_a_lock_is_waited_for_as_long_as_was_asked(tmp_path: Path) -> None:
    start = time.monotonic()
    with (
        run_lock(tmp_path / "run"),
        pytest.raises(UserError, match="another training is running in this folder"),
        run_lock(tmp_path / "run", patience=0.2),
    ):
        raise AssertionError("the lock was given twice")
    assert time.monotonic() - start >= 0.2
    with run_lock(tmp_path / "run", patience=0):
        pass


def test_a_run_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"cannot be written: .*; choose another output_dir"):
        with run_lock(tmp_path / "file" / "run"):
            pass


def _append(directory: Path) -> None:
    with directory_lock(directory):
        path = directory / "count"
        n = int(path.read_text())
        time.sleep(0.01)
        path.write_text(str(n + 1))


def test_a_directory_is_changed_by_one_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "count").write_text("0")
    # Locks belong to open files, so that threads exclude each other as processes do.
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(_append, [tmp_path] * 4))
    assert (tmp_path / "count").read_text() == "4"
