"""Locks between processes: on a file that is written, a run's folder, a directory's entries.

They are advisory (``flock``), hold until their file descriptor is closed, and end with the process.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nerforge.foundation.errors import UserError

_RUN_LOCK = ".train.lock"
_RUN_PATIENCE = 15.0
"""Seconds that a training that was just killed may take to end everything that it started."""
_POLL_SECONDS = 0.1


def acquire(descriptor: int, refusal: str, *, patience: float = 0.0) -> None:
    """Lock an open file for this process alone.

    Args:
        descriptor: The file's descriptor; closing it ends the lock, unless a child inherited it.
        refusal: The message where another process holds the lock.
        patience: Seconds to wait for it.

    Raises:
        UserError: another process still holds it.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            # flock itself cannot wait for a time.
            if time.monotonic() >= deadline:
                raise UserError(refusal) from err
            time.sleep(_POLL_SECONDS)
        else:
            return


@contextmanager
def run_lock(run: Path, *, patience: float = _RUN_PATIENCE) -> Iterator[int]:
    """Hold a run's folder, and give the lock's file descriptor, which a child may inherit and hold too.

    Raises:
        UserError: another training holds it, or the folder cannot be written.
    """
    try:
        run.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(run / _RUN_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as err:
        raise UserError(f"{run}: cannot be written: {err.strerror}; choose another output_dir") from err
    taken = f"{run}: another training is running in this folder; wait for it, or choose another output_dir"
    try:
        acquire(descriptor, taken, patience=patience)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def directory_lock(directory: Path) -> Iterator[None]:
    """Let one process at a time change a directory's entries; the others wait without a limit."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
