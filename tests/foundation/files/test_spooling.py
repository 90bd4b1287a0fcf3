import os
import subprocess
import threading
from pathlib import Path

import pytest

from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.spooling import spooling


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "answers.jsonl"
    os.mkfifo(path)
    return path


def feed(path: Path, content: bytes) -> threading.Thread:
    thread = threading.Thread(target=path.write_bytes, args=(content,))
    thread.start()
    return thread


def test_a_pipe_can_be_read_again_and_its_copy_is_removed(fifo: Path) -> None:
    writer = feed(fifo, b"one\ntwo\n" * 100_000)
    with spooling() as spool:
        copy = spool.take(fifo)
        writer.join()
        assert copy.name == fifo.name
        assert copy.read_bytes() == copy.read_bytes() == b"one\ntwo\n" * 100_000
        assert spool.take(fifo) == copy
    assert not copy.parent.exists()


def test_a_file_or_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with spooling() as spool:
        for path in (tmp_path / "file", tmp_path, tmp_path / "missing"):
            assert spool.take(path) == path
        assert spool.take_optional(None) is None


def test_a_copy_is_removed_after_an_error_that_names_the_pipe(fifo: Path) -> None:
    feed(fifo, b"x")
    copies = []
    with pytest.raises(UsageError, match=rf"^{fifo}:3: is wrong$"), spooling() as spool:
        copies.append(spool.take(fifo))
        raise UsageError(f"{copies[0]}:3: is wrong")
    assert not copies[0].exists()


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom", "/dev/full"])
def test_a_device_without_an_end_is_refused(device: str) -> None:
    with pytest.raises(UserError, match=f"{device}: is a device that may never end"), spooling() as spool:
        spool.take(Path(device))


def test_the_empty_device_is_an_empty_file() -> None:
    with spooling() as spool:
        assert spool.take(Path(os.devnull)).read_bytes() == b""


def test_a_pipe_without_an_end_is_given_up(fifo: Path) -> None:
    source = subprocess.Popen(f"yes > {fifo}", shell=True, stderr=subprocess.DEVNULL)
    try:
        with pytest.raises(UserError, match="gives more than 3,000,000 bytes"), spooling() as spool:
            spool.take(fifo, max_bytes=3_000_000)
    finally:
        source.kill()
        source.wait()
