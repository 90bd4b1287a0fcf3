"""Sets of turns with planted faults: what the doctor calls them, and which rows LLaMA-Factory keeps."""

from typing import Any, NamedTuple

Row = dict[str, Any]
TOOLS = (
    '[{"name": "f", "description": "d", "parameters": {"type": "object", "properties": {}, "required": []}}]'
)
CALL = '{"name": "f", "arguments": {"text": "王芳"}}'
NAMES = ("gpt", "human", "王芳在青岛。", "李娜走了。")


class TurnSet(NamedTuple):
    """An entry with its rows."""

    entry: Row
    rows: list[Any]
    codes: set[str]
    """What the doctor finds, but for notes."""
    left: list[int] | None
    """The places of rows that LLaMA-Factory trains on; None where loading fails."""


def turns(*roles: str, keys: tuple[str, str] = ("from", "value"), **contents: Any) -> list[Row]:
    """Make turns whose contents are numbered, but for those given by the number of the turn, as ``t2``."""
    said = [(role, contents.get(f"t{n}", f"话{n}")) for n, role in enumerate(roles, start=1)]
    return [{keys[0]: role, keys[1]: content} for role, content in said]


def chat(*roles: str, **contents: Any) -> Row:
    return {"conversations": turns(*roles, **contents)}


def messages(*roles: str, **contents: Any) -> Row:
    return {"messages": turns(*roles, keys=("role", "content"), **contents)}


GOOD = chat("human", "gpt")
SAID = messages("user", "assistant")
SHAREGPT: Row = {"formatting": "sharegpt"}
ROLES = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}
ALL_ROLES = {**ROLES, "system_tag": "system", "observation_tag": "tool", "function_tag": "function_call"}
MESSAGES: Row = {"formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": ROLES}
OPENAI: Row = {"formatting": "openai", "columns": {"messages": "messages"}, "tags": ALL_ROLES}
PAIRS: Row = {
    "formatting": "sharegpt",
    "ranking": True,
    "columns": {"messages": "conversations", "chosen": "chosen", "rejected": "rejected"},
}
BETTER, WORSE, ASKED = ({"from": role, "value": role} for role in ("gpt", "gpt", "human"))
NO_SYSTEM = {"role_tag": "from", "content_tag": "value", "user_tag": "human", "assistant_tag": "gpt"}


def listing(**columns: str) -> Row:
    return {**SHAREGPT, "columns": {"messages": "conversations", **columns}}


def calling(*roles: str, call: str = CALL) -> Row:
    return chat(*roles, **{f"t{n}": call for n, role in enumerate(roles, start=1) if role == "function_call"})


def openai_call(*roles: str) -> Row:
    row = messages("user", "assistant", *roles, t2=None)
    row["messages"][1]["tool_calls"] = [{"type": "function", "function": {"name": "f", "arguments": "{}"}}]
    return row


TURN_SETS: dict[str, TurnSet] = {
    "good": TurnSet(SHAREGPT, [GOOD, chat("system", "human", "gpt", "human", "gpt")], set(), [0, 1]),
    "good messages": TurnSet(MESSAGES, [SAID], set(), [0]),
    "tags of other names": TurnSet(MESSAGES, [messages("human", "gpt")], {"D117", "D128"}, []),
    "one row of other names": TurnSet(SHAREGPT, [GOOD, chat("user", "assistant")], {"D117"}, [0]),
    "no tags": TurnSet({**MESSAGES, "tags": {}}, [SAID], {"D117", "D128"}, None),
    "keys of other names": TurnSet(
        {"formatting": "sharegpt", "columns": {"messages": "messages"}}, [SAID], {"D117", "D128"}, None
    ),
    "a turn without a role": TurnSet(
        SHAREGPT, [GOOD, {"conversations": [{"value": "话"}, *GOOD["conversations"][1:]]}], {"D117"}, [0]
    ),
    "no answer": TurnSet(SHAREGPT, [GOOD, chat("human")], {"D118"}, [0]),
    "an odd number": TurnSet(SHAREGPT, [GOOD, chat("human", "gpt", "human")], {"D118"}, [0]),
    "the assistant first": TurnSet(SHAREGPT, [GOOD, chat("gpt", "human")], {"D118"}, [0]),
    "two of a role": TurnSet(SHAREGPT, [GOOD, chat("human", "human", "gpt", "gpt")], {"D118"}, [0]),
    "no turns": TurnSet(SHAREGPT, [GOOD, {"conversations": []}], {"D118"}, [0]),
    "a system turn later": TurnSet(
        SHAREGPT, [GOOD, chat("human", "gpt", "system", "human", "gpt")], {"D119"}, [0]
    ),
    "two system turns": TurnSet(SHAREGPT, [GOOD, chat("system", "system", "human", "gpt")], {"D119"}, [0]),
    "a system turn without a tag": TurnSet(
        {**SHAREGPT, "tags": NO_SYSTEM}, [GOOD, chat("system", "human", "gpt")], {"D119"}, [0]
    ),
    "turns that are null": TurnSet(SHAREGPT, [GOOD, {"conversations": None}], {"D120"}, None),
    "a row without turns": TurnSet(SHAREGPT, [GOOD, {"other": "话"}], {"D120"}, None),
    "turns that are a text": TurnSet(SHAREGPT, [{"conversations": "话"}], {"D120", "D128"}, None),
    "a turn that is null": TurnSet(SHAREGPT, [GOOD, {"conversations": [None, None]}], {"D120"}, None),
    "content that is null": TurnSet(SHAREGPT, [GOOD, chat("human", "gpt", t2=None)], {"D121"}, [0]),
    "content that is a number": TurnSet(SHAREGPT, [chat("human", "gpt", t1=3, t2=4)], {"D121", "D128"}, []),
    "content of parts": TurnSet(
        OPENAI,
        [messages("user", "assistant", **{f"t{n}": [{"type": "text", "text": "话"}] for n in (1, 2)})],
        {"D121", "D125", "D128"},
        [],
    ),
    "a system column of numbers": TurnSet(
        listing(system="system"), [{**GOOD, "system": 3}], {"D121", "D128"}, []
    ),
    "an empty turn": TurnSet(SHAREGPT, [chat("human", "gpt", "human", "gpt", t2="")], {"D122"}, [0]),
    "an empty answer": TurnSet(SHAREGPT, [GOOD, chat("human", "gpt", t1="问", t2="")], {"D303"}, [0, 1]),
    "an empty query": TurnSet(SHAREGPT, [GOOD, chat("human", "gpt", t1=" ")], {"D306"}, [0, 1]),
    "a call of a tool": TurnSet(
        SHAREGPT, [calling("human", "function_call", "observation", "gpt")], set(), [0]
    ),
    "a call that is no JSON": TurnSet(
        SHAREGPT, [GOOD, calling("human", "function_call", "observation", "gpt", call="f(x)")], {"D123"}, [0]
    ),
    "a tool without a tag": TurnSet(
        {**SHAREGPT, "tags": NO_SYSTEM},
        [GOOD, calling("human", "function_call", "observation", "gpt")],
        {"D117"},
        [0],
    ),
    "a result in the answer's place": TurnSet(SHAREGPT, [GOOD, chat("human", "observation")], {"D118"}, [0]),
    "tools": TurnSet(
        listing(tools="tools"),
        [{**GOOD, "tools": TOOLS}, {**chat("human", "gpt", t1="问"), "tools": ""}],
        set(),
        [0, 1],
    ),
    "tools that are no JSON": TurnSet(
        listing(tools="tools"), [{**GOOD, "tools": ""}, {**GOOD, "tools": "f"}], {"D123"}, [0]
    ),
    "tools that are a list": TurnSet(
        listing(tools="tools"), [{**GOOD, "tools": [{"name": "f"}]}], {"D123", "D128"}, []
    ),
    "tools that are not listed": TurnSet(SHAREGPT, [{**GOOD, "tools": TOOLS}], {"D108"}, [0]),
    "a system column that is not listed": TurnSet(SHAREGPT, [{**GOOD, "system": "话"}], {"D108"}, [0]),
    "a system column that is absent": TurnSet(listing(system="system"), [GOOD], {"D112"}, None),
    "pictures that are absent": TurnSet(listing(images="images"), [GOOD], {"D112"}, None),
    "a system turn and a column": TurnSet(
        listing(system="system"), [{**chat("system", "human", "gpt"), "system": "话"}], {"D126"}, [0]
    ),
    "turns under another name": TurnSet(
        {**SHAREGPT, "columns": {"messages": "messages"}}, [GOOD], {"D112"}, None
    ),
    "turns that are not listed": TurnSet(
        {**SHAREGPT, "columns": {"system": "system"}}, [{**GOOD, "system": "话"}], {"D108"}, None
    ),
    "no formatting": TurnSet({}, [GOOD], {"D110"}, None),
    "no formatting, and columns": TurnSet(
        {"columns": {"messages": "dialogue"}}, [{"dialogue": GOOD["conversations"]}], {"D110"}, []
    ),
    "openai": TurnSet(OPENAI, [SAID, messages("system", "user", "assistant")], {"D125"}, [0, 1]),
    "openai with other roles": TurnSet(OPENAI, [SAID, messages("human", "gpt")], {"D117", "D125"}, None),
    "openai without tags": TurnSet({**OPENAI, "tags": {}}, [SAID], {"D117", "D125", "D128"}, None),
    "openai out of order": TurnSet(
        OPENAI, [SAID, messages("user", "user"), messages("assistant", "user")], {"D118", "D125"}, [0]
    ),
    "openai with a system turn later": TurnSet(
        OPENAI, [SAID, messages("user", "system", "user", "assistant")], {"D119", "D125"}, [0]
    ),
    "openai with results": TurnSet(OPENAI, [openai_call("tool", "tool", "assistant")], {"D125"}, [0]),
    "openai with a result last": TurnSet(OPENAI, [openai_call("tool")], {"D125", "D127"}, [0]),
    "openai without content": TurnSet(
        OPENAI, [SAID, messages("user", "assistant", t2=None)], {"D121", "D125"}, [0]
    ),
    "pairs": TurnSet(PAIRS, [{**chat("human"), "chosen": BETTER, "rejected": WORSE}], set(), [0]),
    "pairs with an answer": TurnSet(
        PAIRS,
        [{**chat(*roles), "chosen": BETTER, "rejected": WORSE} for roles in (["human"], ["human", "gpt"])],
        {"D118"},
        [0],
    ),
    "pairs with a null": TurnSet(
        PAIRS,
        [{**chat("human"), "chosen": chosen, "rejected": WORSE} for chosen in (BETTER, None)],
        {"D124"},
        [0],
    ),
    "pairs of texts": TurnSet(
        PAIRS, [{**chat("human"), "chosen": "好", "rejected": "坏"}], {"D124", "D128"}, []
    ),
    "pairs that are not listed": TurnSet(
        {**SHAREGPT, "ranking": True},
        [{**chat("human"), "chosen": BETTER, "rejected": WORSE}],
        {"D108"},
        None,
    ),
    "pairs that are absent": TurnSet(PAIRS, [chat("human")], {"D112", "D124", "D128"}, None),
}
