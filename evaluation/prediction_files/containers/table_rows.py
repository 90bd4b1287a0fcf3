"""Rows of tables with a head, or with two columns: delimited text and workbooks."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from nerforge.evaluation.prediction_files.field_names import KNOWN, QUERIES, fold
from nerforge.evaluation.prediction_files.prediction_rows import Fields
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.delimited import DelimitedRecord

_DELIMITER = re.compile(r"[\t,;|]")
_QUOTES = "put quotes around cells that hold the delimiter"


def is_head(line: str) -> bool:
    """Tell the first line of a delimited text that names what its columns hold."""
    cells = _DELIMITER.split(line)
    return len(cells) > 1 and any(fold(cell.strip('"')) in KNOWN for cell in cells)


def table_rows(
    records: Iterable[DelimitedRecord], path: Path, names: Sequence[str], advice: str = _QUOTES
) -> Iterator[tuple[int, Fields]]:
    """Yield the rows of a table by the names in its head, or by the numbers of columns from 1.

    Args:
        records: The records, the head among them.
        path: The file, for messages.
        names: Names that the user gave, which tell a head too.
        advice: What to do about a record with too many cells.

    Raises:
        UserError: a record has more cells than the first one.
    """
    records = iter(records)
    first = next(records, None)
    if first is None:
        return
    # One known name is enough: "句子,模型甲" is a head, "患者发热,发热" a first row.
    has_head = any(fold(cell) in KNOWN or cell.strip() in names for cell in first.cells)
    columns = [cell.strip() or str(place) for place, cell in enumerate(first.cells, start=1)]
    if not has_head:
        columns = [str(place) for place in range(1, len(first.cells) + 1)]
    for record in records if has_head else chain([first], records):
        # A blank cell is a missing answer, and not the answer "".
        cells = [cell if cell.strip() else None for cell in record.cells]
        if any(cell is not None for cell in cells[len(columns) :]):
            what = f"{path}:{record.line}: has {len(cells)} cells, the first row has {len(columns)}"
            raise UserError(f"{what}; {advice}")
        cells += [None] * (len(columns) - len(cells))
        yield record.line, _with_pair(dict(zip(columns, cells, strict=False)), has_head)


def _with_pair(fields: Fields, has_head: bool) -> Fields:
    """Name query and answer in a row of two cells that the head does not name both."""
    if len(fields) != 2:
        return fields
    (first, query), (second, answer) = fields.items()
    if not has_head:
        return {**fields, "query": query, "answer": answer}
    is_unnamed = fold(first) in QUERIES and fold(second) not in KNOWN
    return {**fields, "answer": answer} if is_unnamed else fields
