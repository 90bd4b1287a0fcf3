"""Bring files to the disk while they are written, so that little is left to wait for at the end."""

import os
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

_EVERY = 0.1
"""Seconds."""


class Syncing:
    """Syncs files again and again until the block ends, and then a last time, unless it failed."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Open the files."""
        self._stack = ExitStack()
        self._files = [self._stack.enter_context(path.open("r+b")) for path in paths]
        self._is_over = threading.Event()
        self._run: Future[None] | None = None

    def begin(self) -> None:
        """Begin, unless it has begun; not before all processes are there, as a fork takes no thread along."""
        if self._run is None:
            pool = self._stack.enter_context(ThreadPoolExecutor(1))
            self._run = pool.submit(self._sync_on)

    def __enter__(self) -> "Syncing":
        """Wait for ``begin``."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Sync what is left.

        Raises:
            OSError: the disk did not take it, now or before.
        """
        with self._stack:
            self._is_over.set()
            if kind is None:
                if self._run:
                    self._run.result()
                self._sync()

    def _sync_on(self) -> None:
        while not self._is_over.wait(_EVERY):
            self._sync()

    def _sync(self) -> None:
        for file in self._files:
            os.fsync(file.fileno())
