"""Conversations of UniversalNER, as in Pile-NER: a text, then a question for each label.

``Text: Ana lives in Porto.`` / ``I've read this text.`` / ``What describes person in the text?`` /
``["Ana"]`` / ... : a conversation is a row, and so are several of one text together.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.generators.chat_turns import ASSISTANT, SYSTEM, USER, ChatTurn, read_turns, turns_under
from nerforge.generators.corpora.reading.json_records import JsonRecord, read_records
from nerforge.generators.corpora.reading.loose_notes import attach_notes
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawRow
from nerforge.generators.corpora.reading.text_parts import (
    TextPart,
    Values,
    merge_values,
    notes_of,
    rows_of_texts,
)

_TURNS = ("conversations", "messages", "conversation")
_TEXT = re.compile(r"\s*(?:Text|Sentence|Passage|Текст|文本|句子)\s*[:：]\s*(.*)", re.DOTALL | re.IGNORECASE)
_QUESTIONS = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"\s*What describes (.+) in the text\?\s*",
        r"\s*Extract (.+) from (?:the )?text\.?\s*",
        r"\s*Что описывает (.+) в тексте\?\s*",
        r"\s*(?:文本|句子)中(?:属于|描述)(.+?)的(?:实体|内容)?(?:有哪些|是什么)[?？]?\s*",
    )
)
_QUOTES = "\"'“”«»"
_EXPECTED = '"Text: ...", an acknowledgement, and "What describes person in the text?" with a JSON list each'


def recognises(head: FileHead) -> bool:
    """Tell by the first conversation: a text, an acknowledgement, and questions for labels."""
    turns = _turns((head.records or ({},))[0])
    if turns is None or _values(turns) is None:
        return False
    return all(_list_of(turn.text) is not None for turn in turns[3::2])


def read(path: Path) -> Iterator[RawRow]:
    """Yield a row for each text.

    Raises:
        UserError: a conversation goes on otherwise.
    """
    rows = rows_of_texts(lambda: map(_part, read_records(path)), _row)
    return attach_notes(rows, f"{path}: holds no conversations with lists of entities")


def _row(parts: list[TextPart[Values]]) -> RawRow:
    first = parts[0]
    text, split = first.key
    stated = [part.content for part in parts]
    return RawRow(first.place, text, (), split or None, notes_of(stated), values=merge_values(stated))


def _part(record: JsonRecord) -> TextPart[Values]:
    turns = _turns(record.fields) or []
    values, text = _values(turns), _TEXT.fullmatch(turns[0].text) if turns else None
    if values is None or text is None:
        found = ", ".join(record.fields) or "no fields"
        raise UserError(f"{record.where}: found {found}; expected turns: {_EXPECTED}")
    return TextPart(record.place, (text[1], str(record.fields.get("split") or "")), values)


def _turns(fields: Mapping[str, Any]) -> list[ChatTurn] | None:
    """Read the turns of a record, from the text on; None where it has none."""
    turns = turns_under(fields, _TURNS)
    if turns is None:
        return None
    try:
        said = [turn for turn in read_turns(turns) if turn.role != SYSTEM]
    except ValueError:
        return None
    # "Here are some examples: ..." and "I've read these examples." may come before the text.
    first = next((at for at, turn in enumerate(said) if _TEXT.fullmatch(turn.text)), 0)
    return said[first:]


def _values(turns: list[ChatTurn]) -> Values | None:
    """Read the answer to each question; None where the turns are not such a conversation."""
    roles = [turn.role for turn in turns]
    if len(turns) < 4 or len(turns) % 2 or roles != [USER, ASSISTANT] * (len(turns) // 2):
        return None
    if not _TEXT.fullmatch(turns[0].text) or _list_of(turns[1].text) is not None:
        return None
    said: list[Values] = []
    for question, answer in zip(turns[2::2], turns[3::2], strict=True):
        label, values = _label(question.text), _list_of(answer.text)
        if label is None:
            return None
        # What is no list is one value: Ana is in the text, and "There are none." drops the row.
        said.append({label: [answer.text] if values is None else values})
    return merge_values(said)


def _label(question: str) -> str | None:
    matches = (pattern.fullmatch(question) for pattern in _QUESTIONS)
    return next((match[1].strip().strip(_QUOTES) for match in matches if match), None)


def _list_of(answer: str) -> list[str] | None:
    try:
        return msgspec.json.decode(answer, type=list[str])
    except (msgspec.DecodeError, RecursionError):
        return None


LAYOUT = CorpusLayout(
    "conversations of UniversalNER, as in Pile-NER",
    recognises,
    read,
    keys=("conversations[].from", "conversations[].value"),
    has_offsets=False,
)
