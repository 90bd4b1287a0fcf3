"""Check entries of rows of turns, and of pairs of answers: their columns, and what is left of the rows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from nerforge.foundation.json_values import JsonObject
from nerforge.llamafactory_configs.doctor.faults import FaultKind, FaultReport, fault
from nerforge.llamafactory_configs.doctor.reading.data_sets import OTHER_COLUMNS, DataSet, columns_of
from nerforge.llamafactory_configs.doctor.reading.row_files import DataRow
from nerforge.llamafactory_configs.doctor.reading.turn_contents import ALPACA_COLUMNS, THINKING_OFF
from nerforge.llamafactory_configs.doctor.reading.turn_faults import BAD_PAIR
from nerforge.llamafactory_configs.doctor.reading.turn_rows import TurnReader
from nerforge.llamafactory_configs.doctor.reading.turn_tags import OPENAI, PAIR_COLUMNS, propose_entry

PAIRS = fault("D115", "note", "holds pairs of answers, whose words were not examined", "")
THINKING = fault(
    "D125",
    "warning",
    f'formatting openai adds "{THINKING_OFF}" to the system turn of each row without tools',
    "write formatting: sharegpt with the same columns and tags, or ask with that system turn, too",
)
NONE_LEFT = fault(
    "D128", "error", "no row is left of the data set, which LLaMA-Factory refuses", "mend its entry or rows"
)

_BESIDE_TURNS = ("system", *(name for name in OTHER_COLUMNS if name != "history"), "kto_tag")
"""Columns that the converters of turns read besides."""
_OPTIONAL = ("system", "tools")
"""Of these, those that may be absent with formatting openai."""


class ColumnKinds(NamedTuple):
    """The kinds of faults of columns, which alpaca rows have, too."""

    unlisted: FaultKind
    """Rows use a column which is not listed."""
    absent: FaultKind
    """A column is listed which no row has."""


def read_turn_set(
    place: str, found: DataSet, entry: JsonObject, kinds: ColumnKinds, report: FaultReport
) -> bool:
    """Read the rows of turns of a data set, and tell whether they are to be examined as rows of alpaca.

    Args:
        place: The entry, for the report.
        found: Has the rows of the file; is given those that are left, and their columns.
        entry: What ``dataset_info.json`` says.
        kinds: The kinds of faults of columns.
        report: Is told what is wrong.
    """
    rows, found.rows = found.rows, []
    found.n_dropped = len(rows)
    columns = columns_of(entry)
    if rows and not _has_turns(place, found.name, entry, rows, kinds, report):
        return False
    is_ranking = bool(entry.get("ranking"))
    wanted = {name: name for name in _BESIDE_TURNS if name != "kto_tag"} | (
        PAIR_COLUMNS if is_ranking else {}
    )
    needed = [name for name in (*_BESIDE_TURNS, *(PAIR_COLUMNS if is_ranking else ()))]
    if entry.get("formatting") == OPENAI:
        needed = [name for name in needed if name not in _OPTIONAL]
        report.add(THINKING, place)
    found.unlisted = check_columns(place, columns, rows, wanted, needed, kinds, report)
    listed = {**entry, "columns": columns | found.unlisted}
    found.rows = TurnReader(found.name, listed, rows, found.path, report).read()
    found.n_dropped = len(rows) - len(found.rows)
    found.columns = dict(ALPACA_COLUMNS)
    if rows and not found.rows:
        report.add(NONE_LEFT, place, f"0 of {len(rows):,}")
    if is_ranking:
        report.add(PAIRS, place)
    return not is_ranking


def check_columns(
    place: str,
    columns: Mapping[str, str],
    rows: Sequence[DataRow],
    wanted: Mapping[str, str],
    needed: Iterable[str],
    kinds: ColumnKinds,
    report: FaultReport,
) -> dict[str, str]:
    """Check that the columns that rows use are listed, and that those listed are there.

    Args:
        place: The entry, for the report.
        columns: Those listed, by LLaMA-Factory's name.
        rows: The rows of the file.
        wanted: Columns that are to be listed where rows use them.
        needed: Columns without which loading fails where they are listed.
        kinds: The kinds of faults.
        report: Is told what is wrong.

    Returns:
        The columns that rows use and that are not listed.
    """
    used = {key for row in rows for key, value in row.values.items() if value not in (None, "", [])}
    keys = {key for row in rows for key in row.values}
    unlisted = {
        column: name
        for column, name in wanted.items()
        if column not in columns and name in used - set(columns.values())
    }
    for column, name in unlisted.items():
        report.add(kinds.unlisted, place, f'add "{column}": "{name}"')
    for column in needed:
        if rows and column in columns and columns[column] not in keys:
            report.add(kinds.absent, place, f'"{column}": "{columns[column]}"')
    return unlisted


def check_pairs(
    place: str, found: DataSet, entry: JsonObject, kinds: ColumnKinds, report: FaultReport
) -> None:
    """Check the pairs of answers of alpaca rows."""
    columns = columns_of(entry)
    unlisted = check_columns(place, columns, found.rows, PAIR_COLUMNS, PAIR_COLUMNS, kinds, report)
    columns = columns | unlisted
    for row in found.rows:
        for name in PAIR_COLUMNS:
            answer = row.values.get(columns.get(name, ""))
            if name in columns and not isinstance(answer, str):
                said = "null" if answer is None else type(answer).__name__
                report.add(BAD_PAIR, found.path, f"{name} is {said}", row.line)
                break


def _has_turns(
    place: str,
    name: str,
    entry: JsonObject,
    rows: Sequence[DataRow],
    kinds: ColumnKinds,
    report: FaultReport,
) -> bool:
    """Tell whether the column of turns is listed and there; else nothing of the file can be read."""
    column = columns_of(entry).get("messages")
    if any(column in row.values for row in rows):
        return True
    proposal = propose_entry(name, entry, rows)
    remedy = f"write this entry in dataset_info.json: {proposal}" if proposal else ""
    if column is None:
        report.add(kinds.unlisted, place, 'columns have no "messages"', remedy=remedy)
    else:
        report.add(kinds.absent, place, f'"messages": "{column}"', remedy=remedy)
    return False
