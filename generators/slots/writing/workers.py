"""Several processes at one job, each at a batch of its own."""

import ctypes
import gc
import signal
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np

from nerforge.foundation.errors import UserError
from nerforge.generators.slots.randomness import Flags, Integers
from nerforge.generators.slots.writing.job import Batch, Counts, Job, save
from nerforge.generators.slots.writing.tally import Tally

_UNKNOWN = -1
_PR_SET_PDEATHSIG = 1
_PATIENCE = 1.0
"""Seconds after which a waiting worker looks whether another one failed."""


class AnotherFailedError(Exception):
    """A batch was given up because an earlier one failed."""


class BatchReport(NamedTuple):
    """What a worker tells of a batch."""

    split: str
    tally: Tally


class Totals:
    """What the batches' counts add up to, in memory that processes share."""

    def __init__(self, job: Job) -> None:
        """Begin with nothing."""
        context = get_context()
        self._lock = context.Lock()
        self._pieces = {name: context.RawArray("q", job.n_pieces) for name in job.plan.splits}
        self._hits = [
            context.RawArray("b", len(flags)) for flags in (job.leaks.new_hits() if job.leaks else ())
        ]

    def add(self, split: str, counts: Counts) -> None:
        """Add what was counted in a batch."""
        with self._lock:
            pieces = self.pieces(split)
            pieces += counts.pieces
            for mine, new in zip(self.hits(), counts.hits or (), strict=False):
                mine |= new

    def pieces(self, split: str) -> Integers:
        """Give the occurrences of each piece in a split, shape (pieces,)."""
        return np.frombuffer(self._pieces[split], np.int64)

    def hits(self) -> list[Flags]:
        """Give which test rows training repeats, and nearly repeats; nothing without a test split."""
        return [np.frombuffer(flags, np.bool_) for flags in self._hits]


class _Turns:
    """Tells every worker where its batch begins."""

    def __init__(self, n_batches: int) -> None:
        context = get_context()
        self.ends = context.RawArray("q", [_UNKNOWN] * (2 * n_batches))
        self.failed = context.RawValue("b", 0)
        self.changed = context.Condition()

    def take(self, batch: Batch, lengths: Sequence[int]) -> list[int]:
        """Wait for the batch before, and give where this one begins in each file."""
        at = 2 * batch.number
        with self.changed:
            while not batch.is_first and self.ends[at - 1] == _UNKNOWN:
                self.changed.wait(_PATIENCE)
                if self.failed.value:
                    raise AnotherFailedError
            starts = [0, 0] if batch.is_first else [int(end) for end in self.ends[at - 2 : at]]
            self.ends[at : at + 2] = [start + n for start, n in zip(starts, lengths, strict=True)]
            self.changed.notify_all()
        return starts

    def fail(self) -> None:
        """Let no worker wait any longer."""
        self.failed.value = 1


class _Worker(NamedTuple):
    job: Job
    totals: Totals
    turns: _Turns


_worker: list[_Worker] = []
"""What this process works on; set once when it starts."""


def in_turn(job: Job, totals: Totals, batches: Sequence[Batch]) -> Iterator[BatchReport]:
    """Write all batches in this process."""
    ends = [0, 0]
    for batch in batches:
        made, tally, counts = job.make(batch)
        totals.add(batch.split, counts)
        starts = [0, 0] if batch.is_first else ends
        ends = [start + n for start, n in zip(starts, made.lengths, strict=True)]
        save(made, job.files[batch.split], starts)
        yield BatchReport(batch.split, tally)


def side_by_side(job: Job, totals: Totals, batches: Sequence[Batch], n_workers: int) -> Iterator[BatchReport]:
    """Write all batches in several processes; the files are the same.

    Raises:
        UserError: a worker was killed.
    """
    turns = _Turns(len(batches))
    with ProcessPoolExecutor(n_workers, initializer=_start, initargs=(job, totals, turns)) as pool:
        waiting: deque[Future[BatchReport]] = deque()
        try:
            for batch in batches:
                waiting.append(pool.submit(_work, batch))
                # One batch more than there are workers keeps all busy, and what is done is soon forgotten.
                if len(waiting) > n_workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as err:
            turns.fail()
            raise UserError(
                "a worker process was killed; the machine may be out of memory; nothing was written; "
                "try again with --workers 1"
            ) from err
        except AnotherFailedError:
            for future in waiting:
                future.result()
            raise
        except BaseException:
            turns.fail()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _start(job: Job, totals: Totals, turns: _Turns) -> None:
    # Ctrl-C reaches all processes; this one ends when the first one ends its pool.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()
    gc.disable()
    _worker[:] = [_Worker(job, totals, turns)]


def _end_with_parent() -> None:
    """Let the kernel end this process when the one that started it is killed, where it can."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _work(batch: Batch) -> BatchReport:
    job, totals, turns = _worker[0]
    try:
        made, tally, counts = job.make(batch)
        totals.add(batch.split, counts)
        starts = turns.take(batch, made.lengths)
        save(made, job.files[batch.split], starts)
    except BaseException:
        turns.fail()
        raise
    return BatchReport(batch.split, tally)
