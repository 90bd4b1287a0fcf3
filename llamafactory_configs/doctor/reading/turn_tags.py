"""What LLaMA-Factory calls turns and their columns by an entry, and the entry that would fit the rows."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from nerforge.foundation.json_values import JsonObject
from nerforge.generators.chat_turns import ASSISTANT, SYSTEM, TOOL, USER, role_of, turn_keys
from nerforge.llamafactory_configs.doctor.reading.data_sets import OTHER_COLUMNS, columns_of
from nerforge.llamafactory_configs.doctor.reading.row_files import DataRow

SHAREGPT, OPENAI = "sharegpt", "openai"
TURN_FORMATS = (SHAREGPT, OPENAI)
PAIR_COLUMNS = {"chosen": "chosen", "rejected": "rejected"}
_CALLS = ("function_call", "function", "tool_call")
"""Roles that call a tool; others of a tool give its results."""
_N_ROWS = 1_000
"""Rows that an entry is proposed from."""


@dataclass(frozen=True, slots=True)
class TurnTags:
    """The tags of an entry; None is one that LLaMA-Factory does not know, as others are listed."""

    role_tag: str | None = "from"
    content_tag: str | None = "value"
    user_tag: str | None = "human"
    assistant_tag: str | None = "gpt"
    observation_tag: str | None = "observation"
    function_tag: str | None = "function_call"
    system_tag: str | None = "system"

    @property
    def asking(self) -> tuple[str, ...]:
        """The roles of turns at odd places: tools answer in the user's place."""
        return tuple(tag for tag in (self.user_tag, self.observation_tag) if tag)

    @property
    def answering(self) -> tuple[str, ...]:
        """The roles of turns at even places: tools are called in the assistant's."""
        return tuple(tag for tag in (self.assistant_tag, self.function_tag) if tag)


class _Roles(NamedTuple):
    """What the rows of a file call the keys and roles of turns."""

    keys: tuple[str, str]
    by_tag: dict[str, str]
    has_calls: bool


def tags_of(entry: JsonObject) -> TurnTags:
    """Give the tags that LLaMA-Factory reads of an entry: those listed, or its own where none are."""
    given = entry.get("tags")
    if not isinstance(given, dict):
        return TurnTags()
    listed = {field.name: given.get(field.name) for field in fields(TurnTags)}
    return TurnTags(**{name: tag if isinstance(tag, str) else None for name, tag in listed.items()})


def find_turns(rows: Sequence[DataRow]) -> str | None:
    """Give the column that holds turns, whatever it is called; None where there is none."""
    for row in rows[:_N_ROWS]:
        for name, value in row.values.items():
            if isinstance(value, list) and value and all(map(_is_turn, value)):
                return name
    return None


def propose_entry(name: str, entry: JsonObject, rows: Sequence[DataRow]) -> str | None:
    """Write the entry that fits the turns of most rows; None where they are not understood, or have it."""
    rows = rows[:_N_ROWS]
    column = find_turns(rows)
    if column is None:
        return None
    found = _roles(row.values.get(column) for row in rows)
    if not {"user_tag", "assistant_tag"} <= found.by_tag.keys():
        return None
    tags = {"role_tag": found.keys[0], "content_tag": found.keys[1], **found.by_tag}
    if _fits(entry, column, tags):
        return None
    proposal = {
        "file_name": entry.get("file_name"),
        "formatting": OPENAI if found.has_calls else SHAREGPT,
        **({"ranking": True} if entry.get("ranking") else {}),
        "columns": _columns(column, entry, rows),
        "tags": tags,
    }
    return f'"{name}": {json.dumps(proposal, ensure_ascii=False)}'


def _columns(column: str, entry: JsonObject, rows: Sequence[DataRow]) -> dict[str, str]:
    """Give the columns of an entry: that of turns, and others that the rows have and LLaMA-Factory reads."""
    present = {key for row in rows for key, value in row.values.items() if value}
    others = ["system", *OTHER_COLUMNS, *(PAIR_COLUMNS if entry.get("ranking") else ())]
    usual = {key: key for key in others if key in present and key != "history"}
    # {"columns": {"system": "setting"}} is kept where rows have something under "setting".
    listed = {key: name for key, name in columns_of(entry).items() if key in others and name in present}
    return {"messages": column, **usual, **listed}


def _fits(entry: JsonObject, column: str, tags: Mapping[str, str]) -> bool:
    known = tags_of(entry)
    is_read = entry.get("formatting") in TURN_FORMATS and columns_of(entry).get("messages") == column
    return is_read and all(getattr(known, name) == tag for name, tag in tags.items())


def _is_turn(value: Any) -> bool:
    return isinstance(value, dict) and turn_keys(value) is not None


def _roles(conversations: Iterator[Any] | Sequence[Any]) -> _Roles:
    keys: Counter[tuple[str, str]] = Counter()
    names: dict[str, Counter[str]] = {}
    has_calls = False
    for turn in _turns(conversations):
        found = turn_keys(turn)
        if found is None:
            continue
        keys[found] += 1
        has_calls = has_calls or bool(turn.get("tool_calls"))
        name = turn[found[0]]
        if tag := _tag_of(name):
            names.setdefault(tag, Counter())[name] += 1
    by_tag = {tag: names[tag].most_common(1)[0][0] for tag in _tag_names() if tag in names}
    return _Roles(keys.most_common(1)[0][0] if keys else ("from", "value"), by_tag, has_calls)


def _turns(conversations: Iterator[Any] | Sequence[Any]) -> Iterator[JsonObject]:
    for turns in conversations:
        yield from (turn for turn in turns if isinstance(turn, dict)) if isinstance(turns, list) else ()


def _tag_of(name: str) -> str | None:
    if name.casefold() in _CALLS:
        return "function_tag"
    tags = {USER: "user_tag", ASSISTANT: "assistant_tag", SYSTEM: "system_tag", TOOL: "observation_tag"}
    role = role_of(name)
    return tags[role] if role else None


def _tag_names() -> list[str]:
    return [field.name for field in fields(TurnTags)]
