"""Read rows of turns as LLaMA-Factory's converters do, into the columns that rows of alpaca have.

https://github.com/hiyouga/LLaMA-Factory/blob/v0.9.5/src/llamafactory/data/converter.py says what it drops and
where it fails; the rules are followed row by row, and a test compares the rows that are left.
"""

import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from nerforge.foundation.json_values import JsonObject
from nerforge.generators.chat_turns import SYSTEM, role_of
from nerforge.llamafactory_configs.doctor.faults import FaultKind, FaultReport
from nerforge.llamafactory_configs.doctor.reading.data_sets import columns_of
from nerforge.llamafactory_configs.doctor.reading.row_files import DataRow
from nerforge.llamafactory_configs.doctor.reading.turn_contents import (
    DataTurn,
    as_alpaca,
    calls_of,
    is_call,
    is_json,
    together,
    with_thinking_off,
)
from nerforge.llamafactory_configs.doctor.reading.turn_faults import (
    BAD_PAIR,
    BAD_TOOLS,
    BAD_TURNS,
    EMPTY_TURN,
    LOST_RESULT,
    MISPLACED_SYSTEM,
    NO_TURNS,
    NOT_TEXT_TURN,
    OTHER_TAGS,
    TWO_SYSTEMS,
)
from nerforge.llamafactory_configs.doctor.reading.turn_tags import OPENAI, propose_entry, tags_of


class TurnReader:
    """Reads the rows of one entry; what LLaMA-Factory would not read is reported, and is no row."""

    def __init__(
        self, name: str, entry: JsonObject, rows: Sequence[DataRow], path: Path, report: FaultReport
    ) -> None:
        """Begin to read.

        Args:
            name: The entry's.
            entry: What ``dataset_info.json`` says.
            rows: Those of its file.
            path: The file, for the report.
            report: Is told what is wrong.
        """
        self.tags = tags_of(entry)
        self._columns = columns_of(entry)
        self._is_openai = entry.get("formatting") == OPENAI
        self._is_ranking = bool(entry.get("ranking"))
        self._name, self._entry, self._rows = name, entry, rows
        self._path, self._report = path, report

    def read(self) -> list[DataRow]:
        """Read all rows."""
        return [read for row in self._rows if (read := self._read(row)) is not None]

    @cached_property
    def remedy(self) -> str:
        """What to write in ``dataset_info.json``, if that helps."""
        proposal = propose_entry(self._name, self._entry, self._rows)
        return f"write this entry in dataset_info.json: {proposal}" if proposal else ""

    def _read(self, row: DataRow) -> DataRow | None:
        turns = self._turns(row)
        if turns is None:
            return None
        system = row.values.get(self._columns.get("system", ""))
        if self.tags.system_tag and turns and turns[0].role == self.tags.system_tag:
            if system:
                self._add(TWO_SYSTEMS, row)
            system, turns = turns[0].content, turns[1:]
        if self._is_openai:
            turns = self._merge_results(row, turns)
        if not self._are_in_order(row, turns) or not self._are_texts(row, system, turns):
            return None
        if not self._are_tools_json(row, turns):
            return None
        if self._is_openai:
            system = with_thinking_off(system or "", has_tools=bool(self._tools(row)))
        if self._is_ranking:
            chosen = self._chosen(row)
            return None if chosen is None else as_alpaca(row.line, system, [*turns, chosen])
        return as_alpaca(row.line, system, turns)

    def _turns(self, row: DataRow) -> list[DataTurn] | None:
        """Give role and content of each turn; None for a row that has none, or that are called otherwise."""
        column = self._columns.get("messages", "")
        said = row.values.get(column)
        if not isinstance(said, list) or not all(isinstance(turn, dict) for turn in said):
            found = "null" if said is None else type(said).__name__
            self._add(NO_TURNS, row, f"{column!r} holds {'turns that are null' if said else found}")
            return None
        role, content = str(self.tags.role_tag), str(self.tags.content_tag)
        turns = []
        for turn in said:
            calls = turn.get("tool_calls") if self._is_openai else None
            if role not in turn or (content not in turn and not calls):
                keys = f"a turn has {', '.join(turn) or 'no keys'}, tags say {role}, {content}"
                self._add(OTHER_TAGS, row, keys, self.remedy)
                return None
            turns.append(self._called(turn, calls) if calls else DataTurn(turn[role], turn[content]))
        return turns

    def _called(self, turn: JsonObject, calls: Any) -> DataTurn:
        """Read a turn of OpenAI that calls tools: its content is the calls as JSON."""
        functions = [call.get("function") for call in calls if isinstance(call, dict)]
        role = turn[str(self.tags.role_tag)]
        known = self.tags.function_tag if role in self.tags.answering else role
        return DataTurn(known, json.dumps(functions, ensure_ascii=False))

    def _merge_results(self, row: DataRow, turns: Iterable[DataTurn]) -> list[DataTurn]:
        """Make one turn of the results of tools that follow one another, as the converter for OpenAI does."""
        merged: list[DataTurn] = []
        waiting: list[Any] = []
        for turn in turns:
            if turn.role == self.tags.observation_tag:
                waiting.append(turn.content)
                continue
            if waiting:
                merged.append(DataTurn(self.tags.observation_tag, together(waiting)))
                waiting = []
            merged.append(turn)
        if waiting:
            self._add(LOST_RESULT, row)
        return merged

    def _are_in_order(self, row: DataRow, turns: Sequence[DataTurn]) -> bool:
        # user, function_call, observation, gpt: tools are called in the assistant's place.
        asking, answering = self.tags.asking, self.tags.answering
        roles = [turn.role for turn in turns]
        known = (*asking, *answering)
        for role in roles:
            if role not in known:
                self._add_unknown(row, role, known)
                return False
        wrong_place = any(role not in (asking, answering)[at % 2] for at, role in enumerate(roles))
        if not roles or len(roles) % 2 != self._is_ranking or wrong_place:
            self._add(BAD_TURNS, row, ", ".join(map(str, roles))[:80] or "no turns")
            return False
        return True

    def _add_unknown(self, row: DataRow, role: Any, known: Sequence[str]) -> None:
        is_system = isinstance(role, str) and (role == self.tags.system_tag or role_of(role) == SYSTEM)
        detail = f"a turn is of {str(role)[:40]!r}, tags say {', '.join(known)}"
        if is_system and not self.tags.system_tag:
            self._add(MISPLACED_SYSTEM, row, "tags have no system_tag", self.remedy)
        elif is_system and role == self.tags.system_tag:
            self._add(MISPLACED_SYSTEM, row)
        else:
            self._add(OTHER_TAGS, row, detail, self.remedy)

    def _are_texts(self, row: DataRow, system: Any, turns: Sequence[DataTurn]) -> bool:
        if system is not None and not isinstance(system, str):
            self._add(NOT_TEXT_TURN, row, f"the system turn is {type(system).__name__}")
            return False
        for number, turn in enumerate(turns, start=1):
            if not isinstance(turn.content, str):
                found = "null" if turn.content is None else type(turn.content).__name__
                self._add(NOT_TEXT_TURN, row, f"turn {number} ({turn.role}) is {found}")
                return False
            if not turn.content.strip() and number <= len(turns) - 2 + self._is_ranking:
                self._add(EMPTY_TURN, row, f"turn {number} ({turn.role})")
        return True

    def _are_tools_json(self, row: DataRow, turns: Sequence[DataTurn]) -> bool:
        tools = self._tools(row)
        # Only the converter for OpenAI writes lists as JSON.
        if tools and not (self._is_openai and isinstance(tools, list | dict)) and not is_json(tools):
            self._add(BAD_TOOLS, row, f"tools: {str(tools)[:60]}")
            return False
        for turn in turns:
            makes_calls = turn.role == self.tags.function_tag and turn.role is not None
            if makes_calls and not all(is_call(call) for call in calls_of(turn.content)):
                self._add(BAD_TOOLS, row, f"{turn.role}: {turn.content[:60]}")
                return False
        return True

    def _tools(self, row: DataRow) -> Any:
        return row.values.get(self._columns.get("tools", ""))

    def _chosen(self, row: DataRow) -> DataTurn | None:
        """Give the better answer of a pair; None where either is none."""
        role, content = str(self.tags.role_tag), str(self.tags.content_tag)
        pair = [row.values.get(self._columns.get(name, "")) for name in ("chosen", "rejected")]
        for name, turn in zip(("chosen", "rejected"), pair, strict=True):
            if not isinstance(turn, dict) or not isinstance(turn.get(content), str):
                self._add(BAD_PAIR, row, f"{name} is {'null' if turn is None else type(turn).__name__}")
                return None
            if turn.get(role) not in self.tags.answering:
                self._add(BAD_PAIR, row, f"{name} is of {turn.get(role)!r}", self.remedy)
                return None
        chosen = pair[0]
        return DataTurn(chosen[role], chosen[content]) if isinstance(chosen, dict) else None

    def _add(self, kind: FaultKind, row: DataRow, detail: str = "", remedy: str = "") -> None:
        self._report.add(kind, self._path, detail, row.line, remedy)
