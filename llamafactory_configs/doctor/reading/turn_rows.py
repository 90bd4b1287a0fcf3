"""Read rows of turns as LLaMA-Factory does, into the columns that rows of alpaca have."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nerforge.llamafactory_configs.doctor.faults import FaultReport, fault
from nerforge.llamafactory_configs.doctor.reading.row_files import DataRow

ALPACA_COLUMNS = {"prompt": "instruction", "response": "output", "system": "system", "history": "history"}
"""What the columns are called that turns are read into."""
OTHER_TAGS = fault(
    "D117",
    "error",
    "turns are not called as the tags say, so LLaMA-Factory fails or drops the row",
    "write the names that rows use under tags",
)
BAD_TURNS = fault(
    "D118",
    "error",
    "turns do not alternate between user and assistant up to an answer; LLaMA-Factory drops the row",
    "give a system turn at most, then user and assistant by turns",
)

_TAGS = {
    "role_tag": "from",
    "content_tag": "value",
    "user_tag": "human",
    "assistant_tag": "gpt",
    "observation_tag": "observation",
    "function_tag": "function_call",
    "system_tag": "system",
}
"""What LLaMA-Factory takes where an entry has no ``tags``; of tags that it has, those unlisted are none."""


def read_turns(
    entry: Mapping[str, Any], rows: Sequence[DataRow], path: Path, report: FaultReport
) -> list[DataRow]:
    """Read the rows of an entry with turns; those that LLaMA-Factory would not read are reported."""
    given = entry.get("tags")
    tags = given if isinstance(given, dict) else _TAGS
    columns = entry.get("columns")
    columns = columns if isinstance(columns, dict) else {"messages": "conversations"}
    column, system = columns.get("messages"), columns.get("system")
    return list(_read(rows, (str(column), str(system)), tags, path, report))


def _read(
    rows: Sequence[DataRow],
    columns: tuple[str, str],
    tags: Mapping[str, Any],
    path: Path,
    report: FaultReport,
) -> Iterator[DataRow]:
    column, system_column = columns
    for row in rows:
        turns = _turns(row, column, tags, path, report)
        if turns is None:
            continue
        system = row.values.get(system_column)
        if tags.get("system_tag") and turns[0][0] == tags["system_tag"]:
            system, turns = turns[0][1], turns[1:]
        if _are_in_order([role for role, _ in turns], tags, path, row.line, report):
            yield _as_alpaca(row.line, system, [content for _, content in turns])


def _turns(
    row: DataRow, column: str, tags: Mapping[str, Any], path: Path, report: FaultReport
) -> list[tuple[Any, Any]] | None:
    """Give role and content of each turn; None for a row that has none, or that are called otherwise."""
    said = row.values.get(column)
    if not isinstance(said, list) or not said:
        found = "nothing" if said is None else type(said).__name__
        report.add(BAD_TURNS, path, f"{column!r} holds {found}, expected a list of turns", row.line)
        return None
    role, content = str(tags.get("role_tag")), str(tags.get("content_tag"))
    turns = []
    for turn in said:
        if not isinstance(turn, dict) or not {role, content} <= turn.keys():
            keys = ", ".join(turn) if isinstance(turn, dict) else type(turn).__name__
            report.add(OTHER_TAGS, path, f"a turn has {keys}, tags say {role}, {content}", row.line)
            return None
        turns.append((turn[role], turn[content]))
    return turns


def _are_in_order(
    roles: Sequence[Any], tags: Mapping[str, Any], path: Path, line: int, report: FaultReport
) -> bool:
    # Tools answer in the user's place, and are called in the assistant's: user, function_call, observation,
    # gpt.
    first = [tag for name in ("user_tag", "observation_tag") if (tag := tags.get(name))]
    second = [tag for name in ("assistant_tag", "function_tag") if (tag := tags.get(name))]
    if unknown := [role for role in roles if role not in (*first, *second)]:
        listed = ", ".join(map(str, (*first, *second)))
        report.add(OTHER_TAGS, path, f"a turn is of {str(unknown[0])[:40]!r}, tags say {listed}", line)
        return False
    if len(roles) % 2 or any(role not in (first, second)[at % 2] for at, role in enumerate(roles)):
        report.add(BAD_TURNS, path, ", ".join(map(str, roles))[:80] or "no turns", line)
        return False
    return True


def _as_alpaca(line: int, system: Any, contents: Sequence[Any]) -> DataRow:
    values = {"instruction": contents[-2], "output": contents[-1]}
    if system is not None:
        values["system"] = system
    if history := [list(pair) for pair in zip(contents[:-2:2], contents[1:-2:2], strict=True)]:
        values["history"] = history
    return DataRow(line, values)
