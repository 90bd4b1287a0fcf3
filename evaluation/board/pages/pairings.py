"""Compare the models of a board with the baselines that learned from as many rows."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from nerforge.evaluation.board.row_kinds import BASELINES
from nerforge.evaluation.board.stored_rows import BoardRow, read_rows
from nerforge.evaluation.scores.significance import Difference, Floats, compare_pair, f1_columns, holm
from nerforge.foundation.errors import UsageError, unknown_name

RESAMPLES = 10_000
SEED = 0
LEARNING = ("dictionary", "crf", "majority")
"""The baselines that models are compared with."""


class PairedRows(NamedTuple):
    """A model's row against a baseline's, in strict micro F1."""

    baseline: BoardRow
    row: BoardRow
    result: Difference
    p_holm: float
    """Adjusted for all pairs of the part."""


def compare_rows(rows: Sequence[BoardRow], part: str) -> list[PairedRows]:
    """Compare each model's row of a part with the baselines that learned from as many training rows.

    Where there is none of as many rows, the baseline of the next larger number is taken, or else the largest:
    a model without training is compared with the smallest.
    """
    return _compare(list(_pairs(rows)), part)


def compare_named(board: Path, set_name: str, names: Sequence[str]) -> tuple[str, list[PairedRows]]:
    """Compare rows of a set with the first one, on the largest part that all of them answer.

    Raises:
        UsageError: there is no such row, or fewer than two are named.
    """
    found = {row.name: row for _, row in read_rows(board) if row.board == set_name}
    if not found:
        raise UsageError(f"{board}: holds no rows of {set_name!r}; give the folder of a board with --board")
    for name in names:
        if name not in found:
            raise unknown_name(f"row of {set_name}", name, found)
    if len(set(names)) < 2:
        raise UsageError("name two rows or more; each is compared with the first")
    first, *others = (found[name] for name in dict.fromkeys(names))
    # The parts of a row are nested, so that all rows answer the smallest.
    shared = [part for part in first.parts if all(part in row.parts for row in others)]
    return shared[-1], _compare([(first, row) for row in others], shared[-1])


def _compare(pairs: Sequence[tuple[BoardRow, BoardRow]], part: str) -> list[PairedRows]:
    if not pairs:
        return []
    n = pairs[0][0].parts[part].n_samples
    results = [
        compare_pair(_columns(baseline, n), _columns(row, n), resamples=RESAMPLES, seed=SEED)
        for baseline, row in pairs
    ]
    adjusted = holm([result.p for result in results])
    return [PairedRows(*pair, result, p) for pair, result, p in zip(pairs, results, adjusted, strict=True)]


def _pairs(rows: Sequence[BoardRow]) -> Iterator[tuple[BoardRow, BoardRow]]:
    for row in rows:
        if row.run.kind in BASELINES:
            continue
        for kind in LEARNING:
            by_size = sorted((x for x in rows if x.run.kind == kind), key=lambda x: x.n_training)
            if by_size:
                larger = (x for x in by_size if x.n_training >= row.n_training)
                yield next(larger, by_size[-1]), row


def _columns(row: BoardRow, n: int) -> Floats:
    return f1_columns(*row.sentences.first(n))
