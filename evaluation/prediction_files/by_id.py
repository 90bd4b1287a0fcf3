"""Match rows to gold by the ids that they carry."""

from collections.abc import Set

from evaluation.prediction_files import chat_log
from evaluation.prediction_files.matched import Answered, Matched
from evaluation.prediction_files.row_file import RowFile
from templates.errors import UserError


def match_by_id(file: RowFile, gold_ids: Set[str]) -> Matched:
    """Read every row's answer under its id; a request that failed and was sent again counts once.

    Raises:
        UserError: an id is not in gold, or has two answers.
    """
    matched = Matched({})
    strangers: list[tuple[int, str]] = []
    n_earlier = 0
    for line, row in file:
        if row.id is None and file.layout.name == chat_log.LAYOUT.name:
            n_earlier += 1
            continue
        if row.id is None:
            raise UserError(f"{file.at(line)}: has no id, the rows above it have; give each its gold id")
        if row.id not in gold_ids:
            strangers.append((line, row.id))
        else:
            _add(file, matched, row.id, Answered(line, row.output, row.is_cut))
    if strangers:
        line, example = strangers[0]
        raise UserError(
            f"{file.at(line)}: {len(strangers)} ids are not in gold, for example {example!r}; "
            f"{_advice(file, matched)}"
        )
    if n_earlier:
        matched.notes.append(f"{n_earlier} exchanges before the last ones of rows with ids are not scored")
    return matched


def _advice(file: RowFile, matched: Matched) -> str:
    """Say what may be done where ids are not of gold; where none is, they may count the rows of gold."""
    same_split = "gold and predictions must be of the same split"
    if matched.answers:
        return same_split
    requests = ", or give --requests FILE, the batch's requests" if file.layout.has_gold_ids else ""
    return (
        f"{same_split}; the id of a row must be the gold id. If rows are numbered or stand in the order of "
        f"gold, pass --by-position{requests}"
    )


def _add(file: RowFile, matched: Matched, row_id: str, answered: Answered) -> None:
    before = matched.answers.get(row_id)
    if before is None or before.output is None:
        matched.answers[row_id] = answered
    elif answered.output is not None:
        raise UserError(
            f"{file.at(answered.line)}: id {row_id!r} is predicted twice: {file.unit} {before.line} holds "
            f"{answered.likeness(before)}; remove one of the two {file.unit}s"
        )
