"""Match rows to gold by the ids that they carry."""

import re
from collections.abc import Mapping

from nerforge.evaluation.prediction_files.layouts import anthropic_batch, chat_log, openai_batch
from nerforge.evaluation.prediction_files.pairing.paired_answers import PairedAnswer, PairedAnswers
from nerforge.evaluation.prediction_files.row_file import RowFile
from nerforge.foundation.errors import UserError

_EXCERPT = 40
_NUMBERED = re.compile(r"[^\d]*\d{1,9}")


def match_by_id(file: RowFile, gold: Mapping[str, str]) -> PairedAnswers:
    """Read every row's answer under its id; a request that failed and was sent again counts once.

    Raises:
        UserError: an id is not in gold, has two answers, or is of another text than the row asks about.
    """
    matched = PairedAnswers({})
    texts = set(gold.values())
    strangers: list[tuple[int, str]] = []
    n_earlier = 0
    for line, row in file:
        if row.id is None and (row.is_earlier or file.layout.name == chat_log.LAYOUT.name):
            n_earlier += 1
            continue
        if row.id is None:
            raise UserError(f"{file.at(line)}: has no id, the rows above it have; give each its gold id")
        if row.id not in gold:
            strangers.append((line, row.id))
        # Only a prompt that is another gold sentence contradicts the id; an instruction around it does not.
        elif row.prompt is not None and row.prompt != gold[row.id] and row.prompt in texts:
            raise UserError(
                f"{file.at(line)}: id {row.id!r} is of {gold[row.id][:_EXCERPT]!r} in gold, and the row asks "
                f"about {row.prompt[:_EXCERPT]!r}; without ids, rows are matched by text"
            )
        else:
            _add(file, matched, row.id, PairedAnswer(line, row.output, row.is_cut, row.logprobs))
    if strangers:
        line, example = strangers[0]
        raise UserError(
            f"{file.at(line)}: {len(strangers)} ids are not in gold, for example {example!r}; "
            f"{_advice(file, matched, example)}"
        )
    if n_earlier:
        matched.notes.append(f"{n_earlier} exchanges before the last ones of rows with ids are not scored")
    return matched


def _advice(file: RowFile, matched: PairedAnswers, example: str) -> str:
    """Say what may be done where ids are not of gold; where none is, they may number the rows of gold."""
    same_split = "gold and predictions must be of the same split"
    if matched.answers or not _NUMBERED.fullmatch(example):
        return same_split
    is_batch = file.layout in (openai_batch.LAYOUT, anthropic_batch.LAYOUT)
    requests = ", or give --requests FILE, the batch's requests" if is_batch else ""
    return (
        f"{same_split}, and the id of a row must be the gold id. If rows are numbered in the order of gold, "
        f"pass --by-position{requests}"
    )


def _add(file: RowFile, matched: PairedAnswers, row_id: str, answered: PairedAnswer) -> None:
    before = matched.answers.get(row_id)
    # A request that failed and was sent again has two rows; the one with an answer counts.
    if before is None or before.output is None:
        matched.answers[row_id] = answered
    elif answered.output is not None:
        raise UserError(
            f"{file.at(answered.line)}: id {row_id!r} is predicted twice: {file.unit} {before.line} holds "
            f"{answered.likeness(before)}; remove one of the two {file.unit}s"
        )
