"""One training in a run's folder at a time, and who of several machines keeps its books."""

import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from nerforge.foundation.errors import UserError

_LOCK = ".train.lock"
_PATIENCE_SECONDS = 15
"""What a training that was just killed may take to end everything that it started."""


def is_leader(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether this machine keeps log and manifest: the first one, where there are several."""
    return environment.get("NODE_RANK", "0").strip() in ("", "0")


@contextmanager
def run_lock(run: Path, *, patience: float = _PATIENCE_SECONDS) -> Iterator[int]:
    """Hold a run's folder, and give the lock's file descriptor, which a child may inherit and hold too.

    Raises:
        UserError: another training holds it.
    """
    try:
        run.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(run / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as err:
        raise UserError(f"{run}: cannot be written: {err.strerror}; choose another output_dir") from err
    try:
        _acquire(descriptor, run, time.monotonic() + patience)
        yield descriptor
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, run: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            if time.monotonic() > deadline:
                raise UserError(
                    f"{run}: another training is running in this folder; wait for it, or choose another "
                    "output_dir"
                ) from err
            time.sleep(0.1)
        else:
            return
