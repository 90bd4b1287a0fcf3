"""Score what a board keeps anew, with the gold of a split: it must give the figures that it states."""

from collections import Counter
from collections.abc import Iterator, Mapping
from math import isclose
from pathlib import Path

import msgspec

from nerforge.evaluation.board.board_gold import read_board_gold
from nerforge.evaluation.board.part_scores import GoldPart, PartScores, score_part
from nerforge.evaluation.board.span_storing import restore
from nerforge.evaluation.board.stored_rows import BoardRow, PartFigures, read_answers_of, read_rows
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.hashing import file_sha256

_NEAR = 1e-9
"""Figures are equal but for the order of additions."""


def check_rows(board: Path, split: Path) -> Iterator[str]:
    """Score every row of a board whose gold a split has, and say so, a line a row.

    Raises:
        UserError: a row's spans give other figures than it states, no row is of this gold, or a file cannot
            be read.
    """
    gold = {file_sha256(path): path for path in sorted((split / "gold").glob("*.jsonl"))}
    n_checked = n_others = 0
    for path, row in read_rows(board):
        largest = list(row.parts.values())[-1]
        if largest.gold_sha256 not in gold:
            n_others += 1
            continue
        scored = rescore(path, row, gold[largest.gold_sha256])
        _require_equal(path, row, scored)
        n_checked += 1
        yield f"{row.board}/{row.name}: {largest.n_samples:,} sentences, the same figures"
    if not n_checked:
        raise UserError(f"{split}: is the gold of none of the {n_others} rows of {board}")
    if n_others:
        yield f"{n_others} rows are of other gold, and were not checked"


def rescore(path: Path, row: BoardRow, gold: Path) -> Mapping[str, PartScores]:
    """Score the spans of a row on each of its parts.

    Raises:
        UserError: a span is not within its sentence, or is of a sentence that gold does not have.
    """
    read = read_board_gold(gold)
    answers = read_answers_of(path)
    if strangers := answers.keys() - {sample.id for sample in read.samples}:
        raise UserError(f"{path}: answers {sorted(strangers)[0]}, which {gold} does not have")
    try:
        rows = [restore(sample, answers.get(sample.id)) for sample in read.samples]
    except ValueError as err:
        raise UserError(f"{path}: {err}") from err
    parts = (GoldPart(name, part.n_samples, part.gold_sha256) for name, part in row.parts.items())
    return {part.name: score_part(part, rows[: part.n_rows], read, Counter(), Counter()) for part in parts}


def _require_equal(path: Path, row: BoardRow, scored: Mapping[str, PartScores]) -> None:
    for name, found in scored.items():
        stated = row.parts[name]
        for figure, value in _flat(found.figures).items():
            if not isclose(value, _flat(stated)[figure], abs_tol=_NEAR):
                raise UserError(
                    f"{path}: {name}: {figure} is {_flat(stated)[figure]}, its spans give {value}; add the "
                    "predictions again"
                )
    largest = list(scored.values())[-1]
    if largest.sentences != row.sentences:
        raise UserError(f"{path}: the counts of its sentences are not those of its spans; add it again")


def _flat(figures: PartFigures) -> dict[str, float]:
    """Name every number of a part that follows from spans and gold."""
    flat = {"n_samples": float(figures.n_samples), "exact_match": figures.exact_match}
    for criterion, micro in figures.criteria.items():
        values = msgspec.structs.asdict(micro)
        flat |= {f"{criterion} {name}": float(value) for name, value in values.items() if value is not None}
    return flat
