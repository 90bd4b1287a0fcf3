"""How rows without our manifest ask: what stands around their sentences, and how their answers are read."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from nerforge.evaluation.chatting.chat_requests import ChatRequests
from nerforge.evaluation.predicting.hand_written import AskedEntry, find_gold, read_asked_entry
from nerforge.evaluation.reading.inferred_task import infer_asking
from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.datasets.data_entries import DataEntry, find_entry
from nerforge.generators.task_folders import find_named_task
from nerforge.templates.frames import PromptFrame

_N_ROWS = 200
_ENDS_OF_FRAMES = ("\n", "：", ":")
"""What stands last before a sentence, where rows do not say where it begins."""


class AskingOptions(NamedTuple):
    """What the user says of rows that no manifest describes."""

    dataset: str | None = None
    """The entry whose rows are looked at; None for the training set."""
    task: str | None = None
    answer_format: str | None = None

    @property
    def is_given(self) -> bool:
        """Whether anything is."""
        return any(self)


def read_asking_of_rows(data: Path, asked: AskingOptions) -> ChatRequests:
    """Read from a data directory of LLaMA-Factory how its rows ask, and how they are answered.

    Args:
        data: The directory.
        asked: What is known; task and format are else inferred from the answers, and said.

    Raises:
        UsageError: it is not clear whose rows are meant.
        UserError: rows cannot be read, or do not tell what they ask about, their task or format.
    """
    entry = find_entry(data, asked.dataset) if asked.dataset else _find_any(data)
    rows = list(islice(read_asked_entry(entry, find_gold(data, entry)), _N_ROWS))
    if not rows:
        raise UserError(f"{entry.path}: holds no rows, so nothing says how to ask")
    frames = _frames(entry, rows)
    rows = [row._replace(sentence=row.sentence or _sentence(row, frames)) for row in rows]
    task = find_named_task(asked.task) if asked.task else None
    notes = [entry.note] if entry.note else []
    if task is None or asked.answer_format is None:
        task, answer_format, said = infer_asking(rows, task, f"the answers of {entry.path}")
        notes += said
    else:
        answer_format = asked.answer_format
    if len(set(frames)) > 1:
        notes.append(
            f"the prompts of {entry.path} differ from row to row; queries are asked with that of the first"
        )
    return ChatRequests(task, asked.answer_format or answer_format, frames[0], notes=tuple(notes))


def _find_any(data: Path) -> DataEntry:
    """Find the training set, or what else there is to see how rows ask."""
    try:
        return find_entry(data, "train")
    except UsageError:
        for split in ("test", "dev"):
            try:
                return find_entry(data, split)
            except UsageError:
                continue
        raise


def _frames(entry: DataEntry, rows: Sequence[AskedEntry]) -> list[PromptFrame]:
    """Give what stands around the sentence of each row.

    Raises:
        UserError: neither gold, a column nor other rows tell where the sentence stands.
    """
    told = [asked for asked in rows if asked.sentence]
    if told:
        return [_around(asked.row.system, asked.row.user, asked.sentence) for asked in told]
    users = [asked.row.user for asked in rows]
    if len(set(users)) < 2:
        raise UserError(
            f"{entry.path}: one prompt alone does not tell where its sentence stands; put the sentence into "
            f"the column for it, or gold beside it ({entry.path.parent / 'gold'})"
        )
    # Sentences may begin alike (患者...): the frame ends at the last line break or colon of what is shared.
    shared = _shared_start(users)
    before = shared[: max(shared.rfind(end) for end in _ENDS_OF_FRAMES) + 1]
    # The same from the end, on reversed texts; without a line break it is only the 。 of sentences.
    behind = _shared_start([user[len(before) :][::-1] for user in users])[::-1]
    behind = behind[behind.find("\n") :] if "\n" in behind else ""
    return [PromptFrame(asked.row.system, before, behind) for asked in rows]


def _around(system: str | None, user: str, sentence: str) -> PromptFrame:
    # The last place: a short sentence may also occur in the instruction or its examples.
    at = user.rfind(sentence)
    return PromptFrame(system, user[:at], user[at + len(sentence) :])


def _sentence(asked: AskedEntry, frames: Sequence[PromptFrame]) -> str:
    """Take the sentence out of a row by the frame that all rows have."""
    return frames[0].sentence(asked.row.user) or ""


def _shared_start(texts: Sequence[str]) -> str:
    """Give what all texts begin with: what the first and the last in order do."""
    first, last = min(texts), max(texts)
    pairs = enumerate(zip(first, last, strict=False))
    return first[: next((at for at, (one, other) in pairs if one != other), len(first))]
