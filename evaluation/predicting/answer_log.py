"""A file of answers that survives a kill: appended in small groups, each synced; one writer at a time."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from nerforge.evaluation.engines import Failure, Prediction, Result
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_json, read_jsonl
from nerforge.foundation.files.writing import to_json, write_whole
from nerforge.foundation.locks import acquire

GROUP_ROWS = 64
"""Answers that a kill can lose, at most."""
_GROUP_SECONDS = 2.0


class _PredictionRow(msgspec.Struct):
    id: str
    output: str
    logprobs: msgspec.Raw = msgspec.Raw()


def read_predictions(path: Path) -> dict[str, str]:
    """Read a file of predictions: answers by id.

    Raises:
        UserError: a line is malformed, or an id occurs twice.
    """
    return {row.id: row.output for row in _rows(path)}


def _rows(path: Path) -> Iterator[_PredictionRow]:
    lines: dict[str, int] = {}
    for number, row in read_jsonl(path, _PredictionRow):
        if row.id in lines:
            raise UserError(
                f"{path}:{number}: id {row.id!r} is predicted twice, first in line {lines[row.id]}; "
                "remove one of the two lines"
            )
        lines[row.id] = number
        yield row


def settings_path(out: Path) -> Path:
    """Name the file that says what shaped the answers."""
    return out.with_name(f"{out.name}.settings.json")


def failures_path(out: Path) -> Path:
    """Name the file of rows that could not be answered; it is there only if there are any."""
    return out.with_name(f"{out.name}.failures.jsonl")


class AnswerLog:
    """The open file. Answers wait until a group is full, or has waited for two seconds."""

    def __init__(self, file: BinaryIO, out: Path) -> None:
        """Take a locked file; see ``open_log``."""
        self._file = file
        self._out = out
        self._waiting: list[Prediction] = []
        self._failures: list[Failure] = []
        self._synced = time.monotonic()

    def resume(self, settings: dict[str, Any], *, with_logprobs: bool = False) -> set[str]:
        """Tell which rows are answered already; what a kill left behind the last whole line is cut off.

        Args:
            settings: What shapes the answers.
            with_logprobs: Whether they are to have the log-probabilities of their tokens.

        Raises:
            UserError: the file was made with other settings, or has rows without what is asked for.
        """
        # Asked of the open file: by its name it could be another one that took its place meanwhile.
        if not os.fstat(self._file.fileno()).st_size:
            return set()
        path = settings_path(self._out)
        before = read_json(path, dict[str, Any]) if path.exists() else {}
        if before != settings:
            # A dict in place of a set keeps the order of the settings in the message.
            changed = [key for key in {**settings, **before} if before.get(key) != settings.get(key)]
            raise UserError(
                f"{self._out}: holds answers made with other settings ({', '.join(changed)}); "
                "pass --overwrite, or another --out"
            )
        self._cut_after_last_line()
        rows = {row.id: bytes(row.logprobs) not in (b"", b"null") for row in _rows(self._out)}
        if with_logprobs and (n_bare := sum(not has for has in rows.values())):
            raise UserError(
                f"{self._out}: {n_bare:,} of its {len(rows):,} answers were made without --confidence; pass "
                "--overwrite, or another --out"
            )
        return set(rows)

    def begin(self, settings: dict[str, Any], *, overwrite: bool) -> None:
        """Write down what shapes the answers; with ``overwrite``, start over.

        Raises:
            UserError: what would be overwritten is no file of predictions.
        """
        if overwrite:
            # --out may name any file by mistake; only one with settings beside it is ours to truncate.
            if os.fstat(self._file.fileno()).st_size and not settings_path(self._out).exists():
                raise UserError(f"{self._out}: is not a file of `nerforge predict`; choose another --out")
            self._file.truncate(0)
        failures_path(self._out).unlink(missing_ok=True)
        write_whole(settings_path(self._out), to_json(settings))

    def add(self, results: Sequence[Result]) -> None:
        """Take results; they are on the disk when their group is full, or at ``flush``."""
        for result in results:
            if isinstance(result, Failure):
                self._failures.append(result)
            else:
                self._waiting.append(result)
        if len(self._waiting) >= GROUP_ROWS or time.monotonic() - self._synced > _GROUP_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Put everything on the disk."""
        if self._waiting:
            self._file.write(b"".join(map(prediction_line, self._waiting)))
            self._file.flush()
            os.fsync(self._file.fileno())
            self._waiting.clear()
        self._synced = time.monotonic()

    def write_failures(self) -> None:
        """Write the rows that could not be answered beside the file."""
        if self._failures:
            lines = (msgspec.json.encode(row._asdict()) + b"\n" for row in self._failures)
            write_whole(failures_path(self._out), b"".join(lines))

    def _cut_after_last_line(self) -> None:
        """Cut off a line that was not finished, reading from the end."""
        # Of {"id": "a", ...}, a line end and {"id": "b", "out the first line is kept; b is asked again.
        size = end = os.fstat(self._file.fileno()).st_size
        block = 1 << 16
        while end:
            start = max(0, end - block)
            self._file.seek(start)
            found = self._file.read(end - start).rfind(b"\n")
            if found >= 0:
                end = start + found + 1
                break
            end = start
        if end < size:
            self._file.truncate(end)


def prediction_line(row: Prediction) -> bytes:
    """Write a row of a file of predictions."""
    fields = row._asdict()
    if row.logprobs is None:
        # A row stays as it always was where they were not asked for.
        del fields["logprobs"]
    return msgspec.json.encode(fields) + b"\n"


@contextmanager
def _naming(out: Path) -> Iterator[None]:
    """Name the file in errors of its device, which do not, and say what is there of it."""
    try:
        yield
    except OSError as err:
        if err.filename is not None:
            raise
        kept = "answers that were written before are kept, and the same command asks for the others"
        raise OSError(err.errno, f"{err.strerror}; {kept}", str(out)) from err


@contextmanager
def open_log(out: Path) -> Iterator[AnswerLog]:
    """Open a file to append to that no other run writes to; one that stays empty is removed.

    What was taken is on the disk when this ends, also by an error or Ctrl-C.

    Raises:
        UserError: it cannot be written, or another run writes to it.
    """
    if out.is_dir():
        raise UserError(f"{out}: is a folder; name a file as --out")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # Appending: what another process wrote is never overwritten, nor truncated before the lock is held.
        file = out.open("a+b")
    except OSError as err:
        raise UserError(f"{out}: cannot be written: {err.strerror}; choose another --out") from err
    with _naming(out), file:
        acquire(file.fileno(), f"{out}: another run is writing to it; wait for it, or choose another --out")
        log = AnswerLog(file, out)
        try:
            yield log
        finally:
            try:
                # Failures are written even where the last answers cannot be.
                log.flush()
                log.write_failures()
            finally:
                if not os.fstat(file.fileno()).st_size:
                    out.unlink()
