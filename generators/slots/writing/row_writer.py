"""Write the files of a data set batch by batch, in one process or in several, with the same bytes.

Each worker makes a batch, learns where in the files it begins as soon as the one before is made, and writes
it there; only counts leave a process, and no more is held than a batch for each.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from nerforge.foundation.collector import collector_off
from nerforge.generators.manifests.slot_counts import LeakCounts
from nerforge.generators.slots.writing.job import BATCH, Job
from nerforge.generators.slots.writing.syncing import Syncing
from nerforge.generators.slots.writing.tally import Tally
from nerforge.generators.slots.writing.workers import Totals, in_turn, side_by_side

OnProgress = Callable[[int, int], None]
"""Called with rows done and rows in all."""


class WriteResult(NamedTuple):
    """What came of all batches."""

    tallies: dict[str, Tally]
    leaks: LeakCounts | None
    """None without a test split."""


def write_rows(job: Job, n_workers: int, on_progress: OnProgress | None = None) -> WriteResult:
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
    # To start a process takes longer than to write less than a batch.
    n_workers = min(n_workers, n_rows // BATCH)
    tallies = {name: Tally() for name in job.plan.splits}
    totals = Totals(job)
    n_done = 0
    with collector_off(), _pieces_apart(), Syncing(paths) as syncing:
        run = in_turn(job, totals, batches)
        for done in run if n_workers < 2 else side_by_side(job, totals, batches, n_workers):
            syncing.begin()
            tallies[done.split] += done.tally
            n_done += done.tally.rows
            if on_progress:
                on_progress(n_done, n_rows)
    for name, tally in tallies.items():
        tally.pieces = totals.pieces(name)
    return WriteResult(tallies, job.leaks.report(*totals.hits()) if job.leaks else None)


@contextmanager
def _pieces_apart() -> Iterator[None]:
    """Leave the pieces out of what a process looks through, so that workers share their memory."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
