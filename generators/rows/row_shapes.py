"""The shapes in which rows are written for trainers, and what ``dataset_info.json`` says of each.

The whole user turn is one string in each of them: LLaMA-Factory joins the columns of alpaca rows with a
newline in its present version and without one in the next.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec
from msgspec import UNSET, UnsetType

from nerforge.foundation.errors import unknown_name
from nerforge.generators.chat_turns import ASSISTANT, SYSTEM, USER, ChatTurn, role_of
from nerforge.templates.frames import PromptFrame

TrainerRow = dict[str, str | list[dict[str, str]]]
"""A row as a trainer reads it: columns of text, or one column of turns."""


class RowTurns(msgspec.Struct, frozen=True):
    """What a row says."""

    system: str | None
    user: str
    answer: str


class InfoEntry(msgspec.Struct):
    """What ``dataset_info.json`` says of a file of rows."""

    file_name: str
    formatting: str | UnsetType = UNSET
    columns: dict[str, str] = {}
    tags: dict[str, str] | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class RowShape:
    """A shape of rows."""

    name: str
    title: str
    write: Callable[[RowTurns], TrainerRow]
    columns: Mapping[str, str]
    """LLaMA-Factory's names of what rows hold: it takes any column that is not listed for absent."""
    tags: Mapping[str, str] | None = None
    """LLaMA-Factory's names of what turns hold, of shapes with turns."""

    def entry(self, file_name: str, *, has_system: bool) -> InfoEntry:
        """Make the entry of a file in ``dataset_info.json``."""
        columns = dict(self.columns)
        if self.tags is None:
            return InfoEntry(file_name, columns=columns | ({"system": "system"} if has_system else {}))
        return InfoEntry(file_name, "sharegpt", columns, dict(self.tags))

    def pieces(self, frame: PromptFrame) -> tuple[bytes, bytes, bytes]:
        """Write what stands before the sentence, between it and the answer, and behind that, in every row."""
        # U+FDD0 is a noncharacter that no real prompt holds; if one does, the mark grows until it is unique.
        said = json.dumps([frame.system, frame.before, frame.behind], ensure_ascii=False)
        # The row is written once with marks for sentence and answer, and cut at the marks: every row of a
        # set with one prompt is then head + sentence + between + answer + tail, without encoding the prompt
        # again.
        mark = "\ufdd0"
        while mark in said:
            mark += "\ufdd0"
        sentence, answer = f"{mark}s", f"{mark}a"
        row = self.write(RowTurns(frame.system, frame.user_turn(sentence), answer))
        head, _, rest = json.dumps(row, ensure_ascii=False).partition(sentence)
        between, _, tail = rest.partition(answer)
        return head.encode(), between.encode(), tail.encode()


def _write_alpaca(turns: RowTurns) -> TrainerRow:
    row: TrainerRow = {"instruction": turns.user, "input": "", "output": turns.answer}
    return row if turns.system is None else {"system": turns.system, **row}


def _write_turns(
    column: str, role: str, content: str, names: tuple[str, str, str]
) -> Callable[[RowTurns], TrainerRow]:
    def write(turns: RowTurns) -> TrainerRow:
        said = zip(names, (turns.system, turns.user, turns.answer), strict=True)
        return {column: [{role: name, content: text} for name, text in said if text is not None]}

    return write


_MESSAGES = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "system_tag": "system",
}
_SHAREGPT = {
    "role_tag": "from",
    "content_tag": "value",
    "user_tag": "human",
    "assistant_tag": "gpt",
    "system_tag": "system",
}

ROW_SHAPES = {
    "alpaca": RowShape(
        "alpaca",
        "instruction, input and output, and system where there is one",
        _write_alpaca,
        {"prompt": "instruction", "query": "input", "response": "output"},
    ),
    "messages": RowShape(
        "messages",
        "messages with role and content, as OpenAI and ms-swift have them",
        _write_turns("messages", "role", "content", ("system", "user", "assistant")),
        {"messages": "messages"},
        _MESSAGES,
    ),
    "sharegpt": RowShape(
        "sharegpt",
        "conversations with from and value",
        _write_turns("conversations", "from", "value", ("system", "human", "gpt")),
        {"messages": "conversations"},
        _SHAREGPT,
    ),
}
ALPACA = "alpaca"


def row_shape(name: str) -> RowShape:
    """Find a shape by name.

    Raises:
        UsageError: there is none of this name.
    """
    if name not in ROW_SHAPES:
        raise unknown_name("shape of rows", name, ROW_SHAPES)
    return ROW_SHAPES[name]


class _Message(msgspec.Struct):
    role: str
    content: str


class _Said(msgspec.Struct):
    speaker: str = msgspec.field(name="from")
    value: str


class AnyShapeRow(msgspec.Struct):
    """A row of any of the shapes, as it is read."""

    instruction: str | None = None
    input: str = ""
    output: str = ""
    system: str | None = None
    history: list[tuple[str, str]] | None = None
    messages: list[_Message] | None = None
    conversations: list[_Said] | None = None

    def dialogue(self) -> list[ChatTurn]:
        """Give all turns in order: the system turn, earlier queries and answers, the last query, its answer.

        Raises:
            ValueError: it has no user turn, or one of an unknown role.
        """
        if self.messages is not None:
            said = [(message.role, message.content) for message in self.messages]
        elif self.conversations is not None:
            said = [(turn.speaker, turn.value) for turn in self.conversations]
        else:
            last = self.turns()
            earlier = [
                pair for query, answer in self.history or () for pair in ((USER, query), (ASSISTANT, answer))
            ]
            said = [*earlier, (USER, last.user), (ASSISTANT, last.answer)]
        turns = [_chat_turn(role, text) for role, text in said]
        if self.system and not any(turn.role == SYSTEM for turn in turns):
            turns.insert(0, ChatTurn(SYSTEM, self.system))
        return turns

    def turns(self) -> RowTurns:
        """Give what the row says; where it holds several user turns, the last one.

        Raises:
            ValueError: it has no user turn.
        """
        if self.messages is not None:
            return _turns([(message.role, message.content) for message in self.messages], self.system)
        if self.conversations is not None:
            return _turns([(said.speaker, said.value) for said in self.conversations], self.system)
        if self.instruction is None:
            raise ValueError("has neither instruction nor messages nor conversations")
        user = "\n".join(part for part in (self.instruction, self.input) if part)
        return RowTurns(self.system or None, user, self.output)


def _chat_turn(name: str, text: str) -> ChatTurn:
    role = role_of(name)
    if role is None:
        raise ValueError(f"has a turn of the unknown role {name!r}")
    return ChatTurn(role, text)


def _turns(said: list[tuple[str, str]], system: str | None) -> RowTurns:
    by_role = {role: text for role, text in said}
    user = by_role.get("user", by_role.get("human"))
    if user is None:
        raise ValueError("has no user turn")
    answer = by_role.get("assistant", by_role.get("gpt", ""))
    return RowTurns(by_role.get("system", system) or None, user, answer)
