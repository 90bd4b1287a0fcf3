"""Tables of query and tagged answer: CSV or TSV with two columns, or with a head that names them."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.delimited import DelimitedRecord, read_delimited
from nerforge.generators.corpora.reading.pair_fields import (
    ANSWERS,
    QUERIES,
    find_field,
    holds_predictions,
    states_offsets,
)
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, PromptedAnswer, RawRow

_N_LOOKED_AT = 50
_SUFFIXES = (".csv", ".tsv", ".txt")
_MARKS = "<[{"
"""What tagged answers hold one of."""


def recognises(head: FileHead) -> bool:
    """Tell by the first records: a query and an answer that has tags or JSON in most of them."""
    if not head.start or head.path.suffix.casefold() not in _SUFFIXES:
        return False
    try:
        records = list(islice(read_delimited(head.path), _N_LOOKED_AT))
        columns = _columns(head.path, records)
    except UserError:
        return False
    rows = records[columns[2] :]
    answers = [record.cells[columns[1]] for record in rows if len(record.cells) > max(columns[:2])]
    if any(map(states_offsets, answers)):
        return False
    n_tagged = sum(any(mark in answer for mark in _MARKS) for answer in answers)
    return len(answers) == len(rows) > 0 and 2 * n_tagged >= len(answers)


def read(path: Path) -> Iterator[RawRow]:
    """Yield the pairs, each a row whose answer is still to be read.

    Raises:
        UserError: the file cannot be read, its columns are not two and are not named, or a record lacks one.
    """
    records = read_delimited(path)
    first = list(islice(records, 1))
    if not first:
        return
    query, answer, n_heads = _columns(path, first)
    for line, cells in (*first[n_heads:], *records) if n_heads == 0 else records:
        if len(cells) <= max(query, answer):
            raise UserError(f"{path}:{line}: has {len(cells)} cells; expected a query and its answer")
        yield RawRow(line, cells[query], (), asked=PromptedAnswer(cells[answer]))


def write(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write a head and a record for each row; rows must have answers."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["query", "answer"])
    for row in rows:
        assert row.asked is not None
        writer.writerow([row.text, row.asked.answer])
        yield table.getvalue().encode()
        # One buffer for all rows; csv.writer quotes and doubles quotes, which a join of cells would not.
        table.seek(0)
        table.truncate()


def _columns(path: Path, records: Sequence[DelimitedRecord]) -> tuple[int, int, int]:
    """Give the columns of query and answer, and how many of the records are a head."""
    names = [cell.strip() for cell in records[0].cells] if records else []
    named = {name: number for number, name in enumerate(names)}
    query, answer = find_field(named, QUERIES), find_field(named, ANSWERS)
    if holds_predictions(names):
        raise UserError(f"{path}:1: found {', '.join(names)}; predictions are no gold")
    if query is not None and answer is not None:
        return named[query], named[answer], 1
    # Without a head two columns are query and answer; of three nobody knows which is which.
    if len(names) != 2:
        raise UserError(
            f"{path}:1: has {len(names)} columns; expected two, or a head that names a query "
            f"({', '.join(QUERIES)}) and an answer ({', '.join(ANSWERS)})"
        )
    return 0, 1, 0


LAYOUT = CorpusLayout(
    "CSV or TSV of queries and tagged answers", recognises, read, write, precedence=20, holds_answers=True
)
