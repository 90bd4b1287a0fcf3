"""Read files of predictions, whoever wrote them, and match their rows to gold."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.prediction_files.by_id import match_by_id
from evaluation.prediction_files.by_position import match_by_position, match_unchecked
from evaluation.prediction_files.matched import Answered, Matched
from evaluation.prediction_files.row_file import LAYOUTS, RowFile


@dataclass(frozen=True, slots=True)
class Outputs:
    """The answers of a file, matched to gold."""

    outputs: dict[str, str]
    """Answers by gold id; samples without one are missing."""
    cut: frozenset[str]
    """Gold ids of the answers that the engine cut at its limit of new tokens."""
    layout: str
    notes: list[str]
    """What the user should know of how the file was read, a sentence each."""
    counts: dict[str, int]
    """``answers``, ``missing``, ``failed`` requests, ``cut_answers``, ``cut_prompts``, ``moved`` rows."""


def read_outputs(path: Path, gold: Sequence[tuple[str, str]], layout: str | None = None) -> Outputs:
    """Read predictions and match them to ``gold``, the ids and texts of its samples in order.

    Rows are matched by id where they carry gold ids, else by position, each prompt checked to hold its gold
    sentence; where that fails but every prompt tells its sentence, by the sentence, and a note says so.

    Raises:
        UsageError: there is no such layout.
        UserError: the file is malformed, of no known layout, or its rows cannot be matched to gold.
    """
    file = RowFile(path, layout)
    matched = _match(file, gold)
    outputs = {row_id: row.output for row_id, row in matched.answers.items() if row.output is not None}
    cut = frozenset(row_id for row_id, row in matched.answers.items() if row.is_cut)
    counts = {
        "answers": len(outputs),
        "missing": len(gold) - len(outputs),
        "failed": len(matched.answers) - len(outputs),
        "cut_answers": len(cut),
        "cut_prompts": len(matched.cut_prompts),
        "moved": matched.n_moved,
    }
    notes = [*matched.notes, *_remarks(file, gold, matched, counts)]
    return Outputs(outputs, cut, file.layout.name, notes, counts)


def _match(file: RowFile, gold: Sequence[tuple[str, str]]) -> Matched:
    ids = {row_id for row_id, _ in gold}
    first = file.first()
    if file.layout.has_gold_ids or first.id in ids:
        return match_by_id(file, ids)
    return match_unchecked(file, gold) if first.prompt is None else match_by_position(file, gold)


def _remarks(
    file: RowFile, gold: Sequence[tuple[str, str]], matched: Matched, counts: dict[str, int]
) -> list[str]:
    """Say what is missing, failed or cut, with the first row or id of each."""
    rows: list[Answered] = list(matched.answers.values())
    remarks = []
    if n := counts["failed"]:
        line = next(row.line for row in rows if row.output is None)
        remarks.append(f"{_number(n, 'request')} without an answer, the first in {file.unit} {line}: missing")
    if n := counts["missing"]:
        answered = {row_id for row_id, row in matched.answers.items() if row.output is not None}
        first = next(row_id for row_id, _ in gold if row_id not in answered)
        remarks.append(
            f"{n} of {len(gold)} samples have no prediction in {file.path}, the first is {first!r}"
        )
    if n := counts["cut_answers"]:
        line = next(row.line for row in rows if row.is_cut)
        said = f"{_number(n, 'answer')} cut at the limit of new tokens"
        remarks.append(f"{said}, the first in {file.unit} {line}; raise it")
    if n := counts["cut_prompts"]:
        line = matched.cut_prompts[0]
        said = f"{_number(n, 'prompt')} with only a part of the sentence, the first in {file.unit} {line}"
        remarks.append(f"{said}; raise cutoff_len")
    return remarks


def _number(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


__all__ = ["LAYOUTS", "Outputs", "read_outputs"]
