"""Cells that hold the tokens of a sentence, or its tags."""

import re
from collections.abc import Callable, Sequence
from enum import Enum

from nerforge.generators.corpora.reading.python_literals import read_literal

_SEPARATOR = "\x02"
_ITEMS = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_NEARLY_ALL = 0.9


class TokenUnit(Enum):
    """What has a tag each, of a cell."""

    WORDS = "words with spaces between"
    CHARACTERS = "characters"
    NON_BLANK = "characters but blanks"
    COMMAS = "what commas separate"

    @property
    def is_of_text(self) -> bool:
        """Whether the cell is the sentence as it stands."""
        return self in (TokenUnit.CHARACTERS, TokenUnit.NON_BLANK)


def items_of(cell: str) -> list[str] | None:
    r"""Read a list as Python or numpy write it, or with ``\x02`` between; None of any other cell."""
    if _SEPARATOR in cell:
        return cell.split(_SEPARATOR)
    said = cell.strip()
    if said.startswith("[") and said.endswith("]") and _ITEMS.search(said):
        return _literal(said)
    return None


def words_of_cell(cell: str) -> list[str]:
    """Split at blanks what is no list."""
    found = items_of(cell)
    return cell.split() if found is None else found


def tags_of_cell(cell: str) -> list[str]:
    """Read the tags of a sentence: a list, or with blanks or commas between."""
    found = words_of_cell(cell)
    return [tag.strip() for tag in cell.split(",")] if len(found) == 1 and "," in cell else found


_SPLITS: dict[TokenUnit, Callable[[str], list[str]]] = {
    TokenUnit.WORDS: words_of_cell,
    TokenUnit.CHARACTERS: list,
    TokenUnit.NON_BLANK: lambda cell: [char for char in cell if not char.isspace()],
    TokenUnit.COMMAS: lambda cell: cell.split(","),
}


def tokens_of_cell(cell: str, unit: TokenUnit) -> list[str]:
    """Read the tokens of a sentence; of a list, its items."""
    found = items_of(cell)
    return _SPLITS[unit](cell) if found is None else found


def find_unit(cells: Sequence[str], tags: Sequence[Sequence[str]]) -> TokenUnit | None:
    """Find what of the cells has a tag each; None where there are other numbers of tags."""
    for unit in _SPLITS:
        n_equal = sum(len(tokens_of_cell(x, unit)) == len(y) for x, y in zip(cells, tags, strict=True))
        if n_equal >= len(tags) * _NEARLY_ALL:
            return unit
    return None


def _literal(said: str) -> list[str]:
    """Read a list as Python writes it, or as numpy does, without commas."""
    found = [match[1] or match[2] or "" for match in _ITEMS.finditer(said)]
    try:
        value = read_literal(said)
    except ValueError:
        return found
    is_list = isinstance(value, list) and all(isinstance(item, str) for item in value)
    # ['a' 'b'] of numpy is one string for Python.
    return value if is_list and len(value) == len(found) else found
