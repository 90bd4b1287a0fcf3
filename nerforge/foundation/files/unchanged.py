"""Find out that a file changes while it is read several times: each pass would see something else."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

from nerforge.foundation.errors import UserError

T = TypeVar("T")


class _FileStamp(NamedTuple):
    device: int
    inode: int
    n_bytes: int
    modified_ns: int


class ReadFile:
    """A file or folder as it was when its reading began."""

    def __init__(self, path: Path) -> None:
        """Look at it; one that is not there is left to its reader to report."""
        self._path = path
        self._stamps = list(_stamps(path))

    def check(self) -> None:
        """Refuse a file that is no longer what it was.

        Raises:
            UserError: it has grown, shrunk or been written anew, or files of the folder came or went.
        """
        if list(_stamps(self._path)) != self._stamps:
            raise changed(self._path)

    def watch(self, rows: Iterable[T]) -> Iterator[T]:
        """Pass on what is read of it, and check it behind the last row, or where a row cannot be read.

        Raises:
            UserError: as ``check``, or as the reader.
        """
        try:
            yield from rows
        except UserError:
            # Half a line is no fault of a file that is still being written.
            self.check()
            raise
        self.check()


def changed(path: Path) -> UserError:
    """Give the error of a file that has changed, as where its rows are more or fewer than before."""
    remedy = "wait until it is written whole, or give a copy of it"
    return UserError(f"{path}: changed while it was read; {remedy}")


def _stamps(path: Path) -> Iterator[_FileStamp | None]:
    try:
        files = sorted(_seen_files(path)) if path.is_dir() else [path]
    except OSError:
        files = [path]
    for file in files:
        try:
            found = os.stat(file)
        except OSError:
            yield None
        else:
            yield _FileStamp(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _seen_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder but for hidden ones: an output may grow in a hidden folder beside them."""
    for file in folder.rglob("*"):
        is_hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        if not is_hidden and file.is_file():
            yield file
