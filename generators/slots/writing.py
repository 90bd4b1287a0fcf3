"""Write the files of a data set batch by batch, in one process or in several, with the same bytes.

Each worker makes a batch, learns where in the files it begins as soon as the one before is made, and writes
it there; nothing but counts goes from process to process, and no more is held than a batch for each.
"""

import ctypes
import gc
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from generators.collector import collector_off
from generators.slots.domain import Domain
from generators.slots.leaks import LeakCheck
from generators.slots.noise import Noise
from generators.slots.plan import Plan
from generators.slots.randomness import Flags, Integers
from generators.slots.rendering import Writer
from generators.slots.tally import Tally, count_rows
from templates.answers import is_lossless
from templates.domain import Sample
from templates.errors import UserError

BATCH = 6_144
ALL_READ_BACK = 50_000
"""Rows up to which every answer is read back."""
_N_READ_BACK = 2_000
"""Of a larger data set, about as many, evenly spaced."""
_UNKNOWN = -1
_SYNC_EVERY = 0.1
"""Seconds."""
_PR_SET_PDEATHSIG = 1
_PATIENCE = 1.0
"""Seconds after which a waiting worker looks whether another one failed."""

OnProgress = Callable[[int, int], None]
"""Called with rows done and rows in all."""


class Batch(NamedTuple):
    """Consecutive rows of a split."""

    number: int
    split: str
    start: int
    stop: int
    is_first: bool
    is_last: bool


class Files(NamedTuple):
    """Where a split is written."""

    alpaca: Path
    gold: Path


class Made(NamedTuple):
    """A batch as fragments."""

    alpaca: Integers
    gold: Integers


class Done(NamedTuple):
    """What came of a batch."""

    split: str
    tally: Tally
    hits: tuple[Flags, Flags] | None


class Outcome(NamedTuple):
    """What came of all batches."""

    tallies: dict[str, Tally]
    leaks: dict[str, Any] | None
    """None without a test split."""


@dataclass
class Job:
    """All that a worker needs."""

    domain: Domain
    plan: Plan
    writer: Writer
    files: dict[str, Files]

    def __post_init__(self) -> None:
        """Prepare what all batches share."""
        grammar = self.plan.grammar
        self.noise = {name: Noise(self.domain, grammar, split) for name, split in self.plan.splits.items()}
        self.writer.keep()
        self.leaks = (
            LeakCheck(self.plan, grammar, self.noise["test"], self.writer) if self._has_test else None
        )
        self.writer.forget()
        n_rows = sum(split.n_rows for split in self.plan.splits.values())
        self.step = 1 if n_rows <= ALL_READ_BACK else n_rows // _N_READ_BACK

    @property
    def _has_test(self) -> bool:
        return "test" in self.plan.splits

    def batches(self) -> list[Batch]:
        """Divide all splits."""
        batches: list[Batch] = []
        for name, split in self.plan.splits.items():
            for start in range(0, split.n_rows, BATCH):
                stop = min(start + BATCH, split.n_rows)
                batches.append(Batch(len(batches), name, start, stop, start == 0, stop == split.n_rows))
        return batches

    def make(self, batch: Batch) -> tuple[Made, Done]:
        """Make a batch for the split's two files, and count what is in it."""
        split = self.plan.splits[batch.split]
        positions = np.arange(batch.start, batch.stop)
        rows = split.rows(positions)
        noisy = self.noise[batch.split].add(rows, positions)
        written = self.writer.write(split, noisy, positions, is_first=batch.is_first, is_last=batch.is_last)
        tally = count_rows(noisy, written.sentences)
        chosen = np.flatnonzero((split.first + positions) % self.step == 0)
        picked = noisy._replace(
            stratum=noisy.stratum[chosen], pieces=noisy.pieces[chosen], channels=noisy.channels[chosen]
        )
        for sample in self.writer.samples(split, picked, positions[chosen]):
            tally.read_back += 1
            tally.not_recoverable += not self._is_recoverable(sample)
        hits = None
        if self.leaks and batch.split == "train":
            hits = self.leaks.new_hits()
            self.leaks.compare(rows, written.sentences.digests, hits)
        return Made(written.alpaca, written.gold), Done(batch.split, tally, hits)

    def n_bytes(self, made: Made) -> list[int]:
        """Count the bytes for each file."""
        return [self.writer.fragments.n_bytes(numbers) for numbers in made]

    def save(self, made: Made, files: Files, starts: Sequence[int]) -> None:
        """Write a batch to where it begins in each file, and forget it."""
        for numbers, path, start in zip(made, files, starts, strict=True):
            with path.open("r+b", buffering=0) as file:
                file.seek(start)
                for view in self.writer.fragments.join(numbers):
                    while view:
                        view = view[file.write(view) :]
        self.writer.forget()

    def _is_recoverable(self, sample: Sample) -> bool:
        answer = self.writer.format.encode(sample, self.writer.schema)
        return is_lossless(self.writer.format, sample, answer, self.writer.schema)


def write_rows(job: Job, n_workers: int, on_progress: OnProgress | None = None) -> Outcome:
    """Write all batches, and sync the files.

    Args:
        job: What to write, and where; the files are made anew.
        n_workers: Processes; the bytes are the same with any number.
        on_progress: Told how far it is.
    """
    paths = [path for files in job.files.values() for path in files]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    batches = job.batches()
    n_rows = sum(split.n_rows for split in job.plan.splits.values())
    tallies = {name: Tally() for name in job.plan.splits}
    hits = job.leaks.new_hits() if job.leaks else None
    n_done = 0
    with collector_off(), _pieces_apart(), _Syncing(paths) as syncing:
        run = (
            _in_turn(job, batches)
            if min(n_workers, len(batches)) < 2
            else _side_by_side(job, batches, n_workers)
        )
        for done in run:
            syncing.begin()
            tallies[done.split] += done.tally
            if hits and done.hits:
                for mine, new in zip(hits, done.hits, strict=True):
                    mine |= new
            n_done += done.tally.rows
            if on_progress:
                on_progress(n_done, n_rows)
    return Outcome(tallies, job.leaks.report(hits) if job.leaks and hits else None)


class _Syncing:
    """Brings files to the disk while they are written, so that little is left to wait for at the end."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._stack = ExitStack()
        self._files = [self._stack.enter_context(path.open("r+b")) for path in paths]
        self._is_over = threading.Event()
        self._run: Future[None] | None = None

    def __enter__(self) -> "_Syncing":
        return self

    def begin(self) -> None:
        """Begin, unless it has begun; not before workers are there, since a fork takes no thread along."""
        if self._run is None:
            pool = self._stack.enter_context(ThreadPoolExecutor(1))
            self._run = pool.submit(self._sync_on)

    def _sync_on(self) -> None:
        while not self._is_over.wait(_SYNC_EVERY):
            self._sync()

    def _sync(self) -> None:
        for file in self._files:
            os.fsync(file.fileno())

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Sync what is left, unless writing failed."""
        with self._stack:
            self._is_over.set()
            if self._run and kind is None:
                self._run.result()
            if kind is None:
                self._sync()


@contextmanager
def _pieces_apart() -> Iterator[None]:
    """Leave the pieces out of what a process looks through, so that workers share their memory."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _in_turn(job: Job, batches: list[Batch]) -> Iterator[Done]:
    ends = [0, 0]
    for batch in batches:
        made, done = job.make(batch)
        starts = [0, 0] if batch.is_first else ends
        ends = [start + n for start, n in zip(starts, job.n_bytes(made), strict=True)]
        job.save(made, job.files[batch.split], starts)
        yield done


class _AnotherFailedError(Exception):
    """A batch was given up because an earlier one failed."""


class _Turns:
    """Tells every worker where its batch begins."""

    def __init__(self, n_batches: int) -> None:
        context = get_context()
        self.ends = context.RawArray("q", [_UNKNOWN] * (2 * n_batches))
        self.failed = context.RawValue("b", 0)
        self.changed = context.Condition()

    def take(self, batch: Batch, lengths: list[int]) -> list[int]:
        """Wait for the batch before, and give where this one begins in each file."""
        at = 2 * batch.number
        with self.changed:
            while not batch.is_first and self.ends[at - 1] == _UNKNOWN:
                self.changed.wait(_PATIENCE)
                if self.failed.value:
                    raise _AnotherFailedError
            starts = [0, 0] if batch.is_first else [int(end) for end in self.ends[at - 2 : at]]
            self.ends[at : at + 2] = [start + n for start, n in zip(starts, lengths, strict=True)]
            self.changed.notify_all()
        return starts

    def fail(self) -> None:
        """Let no worker wait any longer."""
        self.failed.value = 1


class _Worker(NamedTuple):
    job: Job
    turns: _Turns


_worker: list[_Worker] = []
"""What this process works on; set once when it starts."""


def _start(job: Job, turns: _Turns) -> None:
    # Ctrl-C reaches all processes; this one ends when the first one ends its pool.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()
    gc.disable()
    _worker[:] = [_Worker(job, turns)]


def _end_with_parent() -> None:
    """Let the kernel end this process when the one that started it is killed, where it can."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _work(batch: Batch) -> Done:
    job, turns = _worker[0]
    try:
        made, done = job.make(batch)
        starts = turns.take(batch, job.n_bytes(made))
        job.save(made, job.files[batch.split], starts)
    except BaseException:
        turns.fail()
        raise
    return done


def _side_by_side(job: Job, batches: list[Batch], n_workers: int) -> Iterator[Done]:
    turns = _Turns(len(batches))
    with ProcessPoolExecutor(n_workers, initializer=_start, initargs=(job, turns)) as pool:
        waiting: deque[Future[Done]] = deque()
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
                "a worker process ended before its time, perhaps for want of memory; nothing was written; "
                "try again with --workers 1"
            ) from err
        except _AnotherFailedError:
            for future in waiting:
                future.result()
            raise
        except BaseException:
            turns.fail()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
