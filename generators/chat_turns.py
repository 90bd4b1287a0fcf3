"""Conversations as programs log them: turns with roles of many names, paired into queries and answers."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from nerforge.foundation.json_values import JsonObject

USER, ASSISTANT, SYSTEM, TOOL = "user", "assistant", "system", "tool"
ROLES: dict[str, str] = {
    **dict.fromkeys(
        ("user", "human", "用户", "人类", "提问", "问", "问题", "查询", "q", "query", "question", "prompter"),
        USER,
    ),
    **dict.fromkeys(
        (
            "assistant",
            "gpt",
            "bot",
            "model",
            "ai",
            "chatgpt",
            "a",
            "answer",
            "response",
            "助手",
            "模型",
            "机器人",
            "答",
            "回答",
            "回复",
        ),
        ASSISTANT,
    ),
    **dict.fromkeys(("system", "developer", "系统"), SYSTEM),
    **dict.fromkeys(("tool", "function", "observation", "ipython", "工具"), TOOL),
    # What ShareGPT calls a call of a tool; the assistant makes it.
    "function_call": ASSISTANT,
}
"""Roles by the names under which they occur, folded."""
TURN_KEYS = (
    ("role", "content"),
    ("from", "value"),
    ("role", "prompt"),
    ("role", "text"),
    ("speaker", "text"),
)
"""Keys of a turn's role and words, in the order in which they are looked for."""

EXCHANGE_KEYS = (("human", "assistant"), ("user", "assistant"), ("query", "response"), ("input", "output"))
"""Keys of an object that is a query with its answer, as Firefly and XTuner write conversations."""


def turns_under(fields: Mapping[str, Any], names: Iterable[str]) -> list[JsonObject] | None:
    """Give the turns of a record under the first of some names that holds any, which must be objects."""
    for name in names:
        turns = fields.get(name)
        if isinstance(turns, list) and turns and all(isinstance(turn, dict) for turn in turns):
            return turns
    return None


class ChatTurn(NamedTuple):
    """What somebody said."""

    role: str
    """``user``, ``assistant``, ``system`` or ``tool``."""
    text: str


class Exchange(NamedTuple):
    """A query with its answer."""

    query: str
    answer: str | None
    """None where the conversation goes on, or ends, without one."""


class Dialogue(NamedTuple):
    """The exchanges of a conversation, and what was skipped."""

    exchanges: list[Exchange]
    n_unasked: int = 0
    """Assistant turns before the first query."""
    n_superseded: int = 0
    """Assistant turns with words that were followed by others before the next query."""


def role_of(name: str) -> str | None:
    """Give the role that a name stands for; None where it is none."""
    # "<|user|>", "[USER]" and "**User**" are all the user.
    return ROLES.get(name.strip().strip("<|>[]*").casefold())


def turn_keys(turn: JsonObject) -> tuple[str, str] | None:
    """Give the keys of role and words of a turn; None where it is no turn."""
    for role, words in TURN_KEYS:
        # An assistant turn that only calls a tool has no content at all in OpenAI's logs.
        if isinstance(turn.get(role), str) and (words in turn or "tool_calls" in turn):
            return role, words
    return None


def read_turns(turns: Iterable[JsonObject]) -> list[ChatTurn]:
    """Read turns under whatever keys they have.

    Raises:
        ValueError: one has no role, or one of no known name.
    """
    read = []
    for number, turn in enumerate(turns, start=1):
        keys = turn_keys(turn)
        if keys is None and (exchange := _read_exchange(turn)):
            read += exchange
            continue
        if keys is None:
            raise ValueError(f"turn {number} has no role and words, but {', '.join(turn) or 'nothing'}")
        role = role_of(turn[keys[0]])
        if role is None:
            raise ValueError(f"turn {number} has the unknown role {turn[keys[0]]!r}")
        read.append(ChatTurn(role, words_of(turn, keys[1])))
    return read


def _read_exchange(turn: JsonObject) -> list[ChatTurn]:
    """Read an object of both a query and its answer, perhaps with a system turn; empty for any other."""
    for query, answer in EXCHANGE_KEYS:
        if isinstance(turn.get(query), str) and isinstance(turn.get(answer), str):
            said = [(SYSTEM, turn.get("system")), (USER, turn[query]), (ASSISTANT, turn[answer])]
            return [ChatTurn(role, text) for role, text in said if isinstance(text, str) and text]
    return []


def words_of(turn: JsonObject, key: str = "content") -> str:
    """Give the words of a turn: the arguments of its tool calls if it makes any, else its content.

    Reasoning that stands beside the content is not the answer.
    """
    calls = [call.get("function", call) for call in turn.get("tool_calls") or () if isinstance(call, dict)]
    if isinstance(turn.get("function_call"), dict):
        calls.append(turn["function_call"])
    if calls:
        return "\n".join(_as_text(call.get("arguments")) for call in calls if isinstance(call, dict))
    return content_text(turn.get(key))


def content_text(content: Any) -> str:
    """Join the parts of a content; images and such have no words."""
    if isinstance(content, list):
        return "".join(map(content_text, content))
    if isinstance(content, dict):
        said = content.get("text", content.get("value"))
        return said if isinstance(said, str) else ""
    return content if isinstance(content, str) else ""


def pair_turns(turns: Iterable[ChatTurn]) -> Dialogue:
    """Pair every user turn with the assistant's last words before the next one; tools do not answer."""
    # user 查电量, assistant (calls a tool), tool 310, assistant 电量是310: one exchange, whose answer is
    # the last one with words.
    exchanges: list[Exchange] = []
    n_unasked = n_superseded = 0
    for turn in turns:
        if turn.role == USER:
            exchanges.append(Exchange(turn.text, None))
        elif turn.role == ASSISTANT and not exchanges:
            n_unasked += 1
        elif turn.role == ASSISTANT:
            query, before = exchanges[-1]
            if before is None or turn.text.strip():
                exchanges[-1] = Exchange(query, turn.text)
                n_superseded += bool(before and before.strip())
    return Dialogue(exchanges, n_unasked, n_superseded)


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)
