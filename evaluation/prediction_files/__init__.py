"""Read files of predictions, whoever wrote them, and match their rows to gold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nerforge.evaluation.confidence.token_logprobs import TokenLogprobs
from nerforge.evaluation.prediction_files.layout_registry import LAYOUTS
from nerforge.evaluation.prediction_files.layouts import own
from nerforge.evaluation.prediction_files.pairing.by_id import match_by_id
from nerforge.evaluation.prediction_files.pairing.by_number import match_in_order
from nerforge.evaluation.prediction_files.pairing.by_position import match_by_position, match_unchecked
from nerforge.evaluation.prediction_files.pairing.paired_answers import PairedAnswer, PairedAnswers
from nerforge.evaluation.prediction_files.pairing.request_file import read_prompts
from nerforge.evaluation.prediction_files.prediction_options import PredictionOptions
from nerforge.evaluation.prediction_files.row_file import RowFile
from nerforge.foundation.errors import UserError


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
    """``answers``, ``missing``, ``failed`` requests, ``cut_answers``, ``cut_prompts``, ``moved`` rows.

    Where people wrote the file, also queries ``not_in_gold`` and ``repeated`` ones.
    """
    logprobs: dict[str, TokenLogprobs] = field(default_factory=dict)
    """Of the tokens of answers, by gold id, where the layout carries them."""


def read_outputs(
    path: Path, gold: Sequence[tuple[str, str]], options: PredictionOptions | None = None
) -> Outputs:
    """Read predictions and match them to ``gold``, the ids and texts of its samples in order.

    Rows are matched by id where they carry gold ids, else by position, each prompt checked to hold its gold
    sentence; where that fails, by the sentence in the prompt, and a note says so.

    Raises:
        UsageError: there is no such layout.
        UserError: the file is malformed, of no known layout, its rows cannot be matched to gold, or no row
            has an answer.
    """
    options = options or PredictionOptions()
    file = RowFile(path, options)
    matched = _match(file, gold, options)
    _require_answers(file, matched)
    outputs = {row_id: row.output for row_id, row in matched.answers.items() if row.output is not None}
    cut = frozenset(row_id for row_id, row in matched.answers.items() if row.is_cut)
    counts = {
        "answers": len(outputs),
        # A failed request has a row but no answer, so it is among the missing ones too.
        "missing": len(gold) - len(outputs),
        "failed": len(matched.answers) - len(outputs),
        "cut_answers": len(cut),
        "cut_prompts": len(matched.cut_prompts),
        "moved": matched.n_moved,
        "not_in_gold": matched.n_strangers,
        "repeated": matched.n_repeated,
    }
    notes = [*_row_remarks(file), *matched.notes, *_remarks(file, gold, matched, counts)]
    logprobs = {row_id: row.logprobs for row_id, row in matched.answers.items() if row.logprobs is not None}
    return Outputs(outputs, cut, file.layout.name, notes, counts, logprobs)


def _match(file: RowFile, gold: Sequence[tuple[str, str]], options: PredictionOptions) -> PairedAnswers:
    # What the user says comes first, then ids, then prompts; a file with neither can only be counted.
    if options.requests is not None:
        file.prompts = read_prompts(options.requests)
        return match_by_position(file, gold)
    if options.by_position:
        return match_in_order(file, gold)
    texts = dict(gold)
    first = file.first()
    if file.layout.has_gold_ids or first.id in texts:
        return match_by_id(file, texts)
    if first.prompt is None:
        return match_unchecked(file, gold)
    return match_by_position(file, gold, options.repeats)


def _require_answers(file: RowFile, matched: PairedAnswers) -> None:
    """Refuse a file without any answer, whose score would be 0 and say nothing of the model.

    Raises:
        UserError: there is none.
    """
    answers = [row.output for row in matched.answers.values() if row.output is not None]
    # A model that answers with nothing is one that `predict` has asked, and no file read in the wrong way.
    if any(answer.strip() for answer in answers) or (answers and file.layout.name == own.LAYOUT.name):
        return
    raise UserError(
        f"{file.path}: none of the {len(matched.answers)} rows ends with an answer (layout "
        f"{file.layout.name}, {file.layout.shape}); expected answers, not the rows that a model is asked with"
    )


def _row_remarks(file: RowFile) -> Iterator[str]:
    for what, numbers in file.remarks.items():
        # Row 0 stands for the file as a whole, as of a workbook with several worksheets.
        if not numbers[0]:
            yield what
            continue
        where = f"in {file.unit} {numbers[0]}"
        yield f"{what} ({where})" if len(numbers) == 1 else f"{what} ({len(numbers)} rows, the first {where})"


def _remarks(
    file: RowFile, gold: Sequence[tuple[str, str]], matched: PairedAnswers, counts: dict[str, int]
) -> list[str]:
    """Say what is missing, failed or cut, with the first row or id of each."""
    rows: list[PairedAnswer] = list(matched.answers.values())
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


__all__ = ["LAYOUTS", "Outputs", "PredictionOptions", "read_outputs"]
