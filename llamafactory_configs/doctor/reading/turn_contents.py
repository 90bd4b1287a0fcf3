"""What LLaMA-Factory makes of the contents of turns: results of tools, calls, system turns, rows."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from nerforge.llamafactory_configs.doctor.reading.row_files import DataRow

ALPACA_COLUMNS = {"prompt": "instruction", "response": "output", "system": "system", "history": "history"}
"""What the columns are called that turns are read into."""
THINKING_OFF = "detailed thinking off"
"""What the converter for OpenAI adds to system turns, for models of Nemotron."""


class DataTurn(NamedTuple):
    """A turn of a row as its file has it, of whatever types."""

    role: Any
    content: Any


def together(results: Sequence[Any]) -> Any:
    """Make one content of the results of tools; that of one that is no string, if there is one."""
    # One that is no string stops LLaMA-Factory at the whole turn.
    broken = next((result for result in results if not isinstance(result, str)), None)
    if broken is not None or None in results:
        return broken
    return "\n</tool_response>\n<tool_response>\n".join(results)


def with_thinking_off(system: str, *, has_tools: bool) -> str:
    """Give the system turn that the converter for OpenAI makes of one."""
    if has_tools:
        return f"{system}\n" if system else ""
    if not system:
        return THINKING_OFF
    is_said = THINKING_OFF in system or "detailed thinking on" in system
    return system if is_said else f"{system}\n{THINKING_OFF}"


def is_json(value: Any) -> bool:
    """Return whether a value is a string that holds a list or an object of JSON."""
    try:
        return isinstance(value, str) and isinstance(json.loads(value), list | dict)
    except (ValueError, RecursionError):
        return False


def calls_of(content: str) -> Iterator[Any]:
    """Yield the calls that a turn makes; None where it is not JSON."""
    # Reasoning stands before the call: "<think>...</think>{"name": ...}".
    try:
        read = json.loads(content.rpartition("</think>")[2])
    except (ValueError, RecursionError):
        yield None
        return
    yield from read if isinstance(read, list) else [read]


def is_call(call: Any) -> bool:
    """Return whether a value is a call of a tool."""
    return isinstance(call, dict) and {"name", "arguments"} <= call.keys()


def as_alpaca(line: int, system: Any, turns: Sequence[DataTurn]) -> DataRow:
    """Make a row with the columns of alpaca: the last two turns, and those before them as history."""
    contents = [turn.content for turn in turns]
    values = {"instruction": contents[-2], "output": contents[-1]}
    if system is not None:
        values["system"] = system
    if history := [list(pair) for pair in zip(contents[:-2:2], contents[1:-2:2], strict=True)]:
        values["history"] = history
    return DataRow(line, values)
