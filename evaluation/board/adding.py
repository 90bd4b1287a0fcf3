"""Put predictions on a board: score them on every part that they answer, and keep them as spans."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nerforge.evaluation.board.board_gold import BoardGold, read_board_answers, read_board_gold
from nerforge.evaluation.board.part_scores import GoldPart, find_parts, score_part, whole_part
from nerforge.evaluation.board.span_storing import judged, store_answers
from nerforge.evaluation.board.splits.known_splits import known_splits
from nerforge.evaluation.board.stored_rows import BoardRow, RunFacts, row_path, write_row
from nerforge.evaluation.prediction_files import PredictionOptions
from nerforge.evaluation.reading.scored_samples import MISSING, ScoredSample
from nerforge.foundation.errors import UsageError, UserError, unknown_name

_NAME = re.compile(r"\w[\w.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """What is to be added."""

    board: Path
    predictions: Path
    gold: Path
    """The gold that was answered; its place tells task and answer format."""
    name: str
    facts: RunFacts
    board_name: str | None = None
    """What the set is called; None for a known split."""
    part: str | None = None
    """The largest part that counts; None for the smallest that holds all answers."""
    answer_format: str | None = None
    reading: PredictionOptions = field(default_factory=PredictionOptions)
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class KeptRow:
    """Where a row is kept, and what it says besides figures.

    Raises:
        UsageError: row or set cannot be called so, as files and links are named by both.
    """

    board: Path
    board_name: str
    name: str
    facts: RunFacts
    overwrite: bool = False

    def __post_init__(self) -> None:
        """Refuse names that are no plain words."""
        for option, name in (("--name", self.name), ("--set", self.board_name)):
            if not _NAME.fullmatch(name):
                raise UsageError(f"{option} {name!r}: expected letters, digits, '.', '_' and '-'")


@dataclass(frozen=True, slots=True)
class AddedRow:
    """What was added, and where."""

    path: Path
    row: BoardRow
    notes: list[str]
    """How the predictions were read."""


def add_row(addition: Addition) -> AddedRow:
    """Score predictions, and write them into a board.

    Raises:
        UsageError: the set has no name, or one that is another set's.
        UserError: predictions or gold cannot be read, nothing is answered, or the row is there already.
    """
    board_name, parts = find_set(addition.gold, addition.board_name)
    gold = read_board_gold(addition.gold)
    rows, notes = read_board_answers(gold, addition.predictions, addition.reading, addition.answer_format)
    answered = _answered_parts(parts, rows, addition)
    kept = KeptRow(addition.board, board_name, addition.name, addition.facts, addition.overwrite)
    return replace(keep_row(kept, answered, rows, gold), notes=notes)


def find_set(gold: Path, set_name: str | None) -> tuple[str, list[GoldPart]]:
    """Find what a gold file is test of: a known split with its parts, or a set that the user names.

    Raises:
        UsageError: the set has no name, or one that is another set's.
    """
    known = find_parts(gold)
    if known is not None:
        if set_name not in (None, known[0]):
            raise UsageError(f"--set {set_name}: {gold} is test of {known[0]}; omit --set")
        return known
    if set_name is None:
        raise UsageError(
            f"{gold}: is test of no known split; give the set a name: --set NAME "
            "(or make a known split: nerforge board split)"
        )
    if set_name in known_splits():
        raise UsageError(
            f"--set {set_name}: {gold} is not test of the known split of this name (SHA-256 "
            f"{whole_part(gold, set_name).sha256[:12]}); choose another name, or make that split: "
            f"nerforge board split {set_name}"
        )
    return set_name, [whole_part(gold, "test")]


def _answered_parts(
    parts: Sequence[GoldPart], rows: Sequence[ScoredSample], addition: Addition
) -> list[GoldPart]:
    """Give the parts up to the first that holds all answers; what lies behind the last was not asked."""
    last = max((place for place, row in enumerate(rows) if row.outcome != MISSING), default=-1)
    if last < 0:
        raise UserError(f"{addition.predictions}: answers no sentence of {addition.gold}")
    if addition.part is not None:
        names = [part.name for part in parts]
        if addition.part not in names:
            raise unknown_name("part", addition.part, names)
        return list(parts[: names.index(addition.part) + 1])
    n_parts = next(n for n, part in enumerate(parts, start=1) if last < part.n_rows)
    return list(parts[:n_parts])


def keep_row(
    kept: KeptRow, parts: Sequence[GoldPart], rows: Sequence[ScoredSample], gold: BoardGold
) -> AddedRow:
    """Score answers on the parts that they answer, smallest first, and write them into a board.

    Raises:
        UserError: the row is there already.
    """
    scored = {}
    for part in parts:
        held = rows[: part.n_rows]
        problems = Counter(
            problem.kind.value for row in held if row.answer for problem in row.answer.problems
        )
        outcomes = Counter(row.outcome for row in held)
        scored[part.name] = score_part(part, list(map(judged, held)), gold, outcomes, problems)
    row = BoardRow(
        board=kept.board_name,
        name=kept.name,
        run=kept.facts,
        parts={name: scores.figures for name, scores in scored.items()},
        sentences=scored[parts[-1].name].sentences,
    )
    path = row_path(kept.board, row)
    if path.exists() and not kept.overwrite:
        raise UserError(f"{path}: is on the board already; pass --overwrite, or another --name")
    write_row(kept.board, row, store_answers(rows[: parts[-1].n_rows]))
    return AddedRow(path, row, [])
