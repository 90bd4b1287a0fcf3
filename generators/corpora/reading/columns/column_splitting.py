"""Lines of columns taken apart."""

import csv
import re
from typing import NamedTuple

# A no-break or ideographic space, where nothing else stands between a token and its tag.
_OTHER_BLANK = re.compile("(\\S+)[\u00a0\u2002\u2003\u3000]+(\\S+)")
WHITE = None
"""Tabs where a line has one, else spaces."""
OTHER_SEPARATORS = (",", ";", "|", "/", ":")
TABLE_SEPARATORS = "\t,;|"
"""Those of tables with a header."""


class LineFields(NamedTuple):
    """The fields of a line."""

    fields: list[str]
    glue: str
    """What stood between them, where a field may hold it itself; empty where none can."""


def split_line(line: str, separator: str | None) -> LineFields:
    """Take a line apart that has nothing white at its end."""
    if separator is not WHITE:
        first, *others = cells_of(line, separator)
        return LineFields([first, *(field.strip(" ") or field for field in others)], separator)
    if "\t" in line:
        # "王\t B-PER": a field of nothing but blanks is a token, those around another are none.
        return LineFields([field.strip(" ") or field for field in line.split("\t")], "")
    # "  O" is a space and its tag, "　 O" an ideographic one.
    if line[:1].isspace() and line[1:2] == " ":
        return LineFields([line[0], *filter(None, line[2:].split(" "))], " ")
    fields = [field for field in line.split(" ") if field]
    if len(fields) == 1 and (match := _OTHER_BLANK.fullmatch(line)):
        return LineFields([match[1], match[2]], "")
    return LineFields(fields, " ")


def unquoted(cell: str) -> str:
    """Take the quotes off a cell; a quote in it is written twice."""
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"') or cell
    return cell


def cells_of(line: str, delimiter: str) -> list[str]:
    r"""Split a line at delimiters that are not in quotes.

    A token that is a quote, which nobody quoted, is a cell too: ``1\t"\tO``.
    """
    if '"' not in line:
        return line.split(delimiter)
    # Tabs hardly ever stand in cells, but unquoted quotes do; of an odd number one is a token.
    if delimiter == "\t" or line.count('"') % 2:
        return [unquoted(cell) for cell in line.split(delimiter)]
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        return [unquoted(cell) for cell in line.split(delimiter)]
