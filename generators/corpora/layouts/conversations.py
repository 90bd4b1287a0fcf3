"""Conversations in which an assistant tags what a user says: ShareGPT, and messages as OpenAI has them.

Every query with its answer is a row; turns without one are counted.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from nerforge.foundation.errors import UserError
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.chat_turns import (
    ASSISTANT,
    SYSTEM,
    USER,
    ChatTurn,
    pair_turns,
    read_turns,
    turns_under,
)
from nerforge.generators.corpora.reading.json_records import read_records
from nerforge.generators.corpora.reading.pair_fields import holds_predictions
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, PromptedAnswer, RawRow

_TURNS = ("messages", "conversations", "conversation")
_NO_ANSWER, _NOT_ASKED, _SUPERSEDED = "queries_without_answer", "answers_without_query", "answers_superseded"


def recognises(head: FileHead) -> bool:
    """Tell by the field of the turns, and that no answer of a program stands beside them."""
    fields = (head.records or ({},))[0]
    # Messages with a response beside them are a log of requests: what stands there is a model's.
    beside = {"response", "choices", "output", "answer"}
    return (
        turns_under(fields, _TURNS) is not None
        and beside.isdisjoint(fields)
        and not holds_predictions(fields)
    )


def read(path: Path) -> Iterator[RawRow]:
    """Yield a row for each query that was answered.

    Raises:
        UserError: an object holds no turns, or a turn no role.
    """
    for record in read_records(path):
        turns = turns_under(record.fields, _TURNS)
        if turns is None:
            found = ", ".join(record.fields) or "no fields"
            raise UserError(f"{record.where}: found {found}; expected turns under one of {', '.join(_TURNS)}")
        try:
            read = read_turns(turns)
        except ValueError as err:
            raise UserError(f"{record.where}: {err}") from err
        part = record.fields.get("split")
        yield from rows_of(record.place, read, record.fields, part if isinstance(part, str) else None)


def rows_of(place: int, turns: list[ChatTurn], fields: JsonObject, part: str | None) -> Iterator[RawRow]:
    """Yield a row for each query of a conversation that was answered, with notes on the others."""
    said = [turn.text for turn in turns if turn.role == SYSTEM]
    system = fields.get("system")
    system = system if isinstance(system, str) and system else "\n".join(said)
    dialogue = pair_turns(turn for turn in turns if turn.role != SYSTEM)
    answered = [exchange for exchange in dialogue.exchanges if exchange.answer is not None]
    counts = {
        _NO_ANSWER: len(dialogue.exchanges) - len(answered),
        _NOT_ASKED: dialogue.n_unasked,
        _SUPERSEDED: dialogue.n_superseded,
    }
    notes = tuple(kind for kind, count in counts.items() for _ in range(count))
    for number, exchange in enumerate(answered, start=1):
        # 0 keeps the turn out of the id of a single exchange: corpus-000012-1f3a, not corpus-000012-t1-1f3a.
        nth = number if len(answered) > 1 else 0
        asked = PromptedAnswer(exchange.answer or "", system, is_system=bool(system), nth=nth)
        yield RawRow(place, exchange.query, (), part, notes if number == 1 else (), asked=asked)


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write a conversation of one exchange for each row; rows must have answers."""
    for row in rows:
        assert row.asked is not None
        turns = [{"role": SYSTEM, "content": row.asked.instruction}] if row.asked.instruction else []
        turns += [{"role": USER, "content": row.text}, {"role": ASSISTANT, "content": row.asked.answer}]
        part = {"split": row.part} if row.part else {}
        yield json.dumps({"messages": turns} | part, ensure_ascii=False).encode() + b"\n"


LAYOUT = CorpusLayout(
    "ShareGPT or messages in which an assistant tags",
    recognises,
    read,
    write,
    precedence=5,
    keys=("messages[].role", "messages[].content", "conversations[].from", "conversations[].value"),
    holds_answers=True,
)
