"""Compare the models of a board with the baselines that learned from as many rows."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nerforge.evaluation.board.row_kinds import BASELINES
from nerforge.evaluation.board.stored_rows import BoardRow
from nerforge.evaluation.scores.significance import Difference, Floats, compare_pair, f1_columns, holm

RESAMPLES = 10_000
SEED = 0
LEARNING = ("dictionary", "crf")
"""The baselines that models are compared with."""


class PairedRows(NamedTuple):
    """A model's row against a baseline's, in strict micro F1."""

    baseline: BoardRow
    row: BoardRow
    result: Difference
    p_holm: float
    """Adjusted for all pairs of the part."""


def compare_rows(rows: Sequence[BoardRow], part: str) -> list[PairedRows]:
    """Compare each model's row of a part with the dictionary and the CRF of as many training rows.

    Where there is none of as many rows, the baseline of the next larger number is taken, or else the largest:
    a model without training is compared with the smallest.
    """
    n = {row.parts[part].n_samples for row in rows}.pop()
    pairs = list(_pairs(rows))
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
