"""Files that can be read only once, such as pipes, are copied to the disk, so that every pass sees them."""

import errno
import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

from nerforge.foundation.errors import UserError

STDIN = "-"
MAX_BYTES = 1 << 34
"""Bytes of a pipe that are taken at most."""
_BLOCK = 1 << 20
_DESCRIPTOR = re.compile(r"/dev/(stdin|fd/\d+)|/proc/[^/]+/fd/\d+")


class Spool:
    """Takes paths and gives those that may be read again and again; messages name what the user gave."""

    def __init__(self, folder: ExitStack) -> None:
        """Begin with nothing spooled; see ``spooling``."""
        self._stack = folder
        self._names: dict[str, str] = {}
        self._taken: dict[str, Path] = {}

    def take(self, path: Path, max_bytes: int = MAX_BYTES) -> Path:
        """Give a path to read as often as needed: the same, or that of a copy if it can be read only once.

        Raises:
            UserError: it is a terminal or a device without an end, or holds more than ``max_bytes``.
        """
        if str(path) in self._taken:
            return self._taken[str(path)]
        if not _is_read_once(path):
            return path
        # Two passes over a pipe would read nothing the second time: `zcat gold.gz | nerforge score --gold -
        # ...`.
        copy = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="nerforge-"))) / _stem(path)
        with _open(path) as source, copy.open("wb") as target:
            _copy(path, source, target, max_bytes)
        self._taken[str(path)] = copy
        self._names[str(copy)] = "stdin" if str(path) == STDIN else str(path)
        return copy

    def take_optional(self, path: Path | None) -> Path | None:
        """Take a path if there is one."""
        return None if path is None else self.take(path)

    def restore(self, message: str) -> str:
        """Name in a message what the user gave in place of its copy."""
        for copy, given in self._names.items():
            message = message.replace(copy, given)
        return message


@contextmanager
def spooling() -> Iterator[Spool]:
    """Give a spool whose copies are removed at the end; errors name the paths as they were given."""
    with ExitStack() as stack:
        spool = Spool(stack)
        try:
            yield spool
        except UserError as err:
            message = spool.restore(str(err))
            if message == str(err):
                raise
            raise type(err)(message) from err


def refuse_read_once(path: Path, what: str) -> None:
    """Refuse a path that gives its content only once, where it is read again.

    Raises:
        UserError: it is a pipe or a device.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        kind = "a pipe" if path.is_fifo() else "a device"
        raise UserError(f"{path}: is {kind}, and {what} is read several times; save it to a file first")


def _is_read_once(path: Path) -> bool:
    if str(path) == STDIN and not path.exists():
        return True
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    if stat.S_ISREG(mode):
        # An open file under /dev/fd shares its place with us on some systems.
        return _DESCRIPTOR.fullmatch(str(path)) is not None
    return not stat.S_ISDIR(mode)


def _open(path: Path) -> AbstractContextManager[BinaryIO]:
    if str(path) == STDIN:
        if sys.stdin is None or sys.stdin.isatty():
            raise UserError(f"{path}: stdin is a terminal or closed; give a file or a pipe")
        return nullcontext(sys.stdin.buffer)
    try:
        file = path.open("rb")
    except OSError as err:
        raise UserError(f"{path}: cannot be read: {err.strerror}") from err
    if fault := device_fault(file):
        file.close()
        raise UserError(f"{path}: {fault}; give a file or a pipe")
    return file


def device_fault(file: BinaryIO) -> str | None:
    """Say why an open file may never end, or is none; None where it may be read."""
    mode = os.fstat(file.fileno()).st_mode
    if file.isatty():
        return "is a terminal"
    if stat.S_ISCHR(mode) and os.fstat(file.fileno()).st_rdev != os.stat(os.devnull).st_rdev:
        return "is a device that may never end"
    if not (stat.S_ISCHR(mode) or stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)):
        return "is no file"
    return None


def _copy(path: Path, source: BinaryIO, target: BinaryIO, max_bytes: int) -> None:
    n_bytes = 0
    try:
        while block := source.read(_BLOCK):
            n_bytes += len(block)
            if n_bytes > max_bytes:
                raise UserError(f"{path}: gives more than {max_bytes:,} bytes; save it to a file first")
            target.write(block)
    except OSError as err:
        if err.errno == errno.ENOSPC:
            folder = tempfile.gettempdir()
            raise UserError(f"{path}: no space left in {folder} to keep it; set TMPDIR") from err
        raise UserError(f"{path}: cannot be read: {err.strerror}") from err


def _stem(path: Path) -> str:
    """Name a copy, so that scores do not hold the number of a pipe."""
    if str(path) == STDIN or path in (Path("/dev/stdin"), Path("/dev/fd/0"), Path("/proc/self/fd/0")):
        return "stdin"
    return "pipe" if _DESCRIPTOR.fullmatch(str(path)) else path.name
