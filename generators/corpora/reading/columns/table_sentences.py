"""Which column of a table with a head tells where its sentences begin."""

from collections.abc import Container, Sequence
from itertools import pairwise
from typing import NamedTuple

from nerforge.generators.corpora.reading.columns.column_names import SENTENCES
from nerforge.generators.corpora.reading.columns.doubled_lines import entity_goes_on
from nerforge.generators.corpora.reading.columns.number_columns import numbers_anew, numbers_of

_LINES_OR_SENTENCES = "id"
"""What people call the numbers of lines, of tokens and of sentences alike."""
_INDEXES = (
    "token_id", "token_idx", "token_index", "token id", "token #", "word_id", "word_idx", "word_index", "tid",
    "idx", "index", "position", "no", "nr", "#", "",
)  # fmt: skip


class SentenceMarks(NamedTuple):
    """What tells the sentences of a table; columns are counted from 0."""

    sentence: int | None = None
    """The column that names the sentence of a token."""
    number: int | None = None
    """The column that numbers the tokens of each sentence anew."""


def find_sentence_marks(
    names: Sequence[str], rows: Sequence[Sequence[str]], tag: int, taken: Container[int], *, has_blanks: bool
) -> SentenceMarks:
    """Find the column that names sentences, else the one that numbers their tokens.

    Args:
        names: The head.
        rows: The lines below it, without blank ones.
        tag: The column of the tags.
        taken: The columns that hold something else.
        has_blanks: Whether blank lines stand between some of the lines.
    """
    even = [row for row in rows if len(row) == len(names)]
    columns = list(zip(*even, strict=True))
    if not columns:
        return SentenceMarks()
    folded = [name.strip().casefold() for name in names]
    has_longer = has_blanks or any(entity_goes_on(a, b) for a, b in pairwise(columns[tag]))
    for column in _named(folded, SENTENCES, taken):
        if _names_sentences(folded[column], columns[column], has_longer=has_longer):
            return SentenceMarks(sentence=column)
    if not has_blanks:
        for column in _named(folded, (*_INDEXES, _LINES_OR_SENTENCES), taken):
            if _is_index(folded[column], columns[column], has_longer=has_longer):
                return SentenceMarks(number=column)
    return SentenceMarks()


def _named(names: Sequence[str], known: Sequence[str], taken: Container[int]) -> list[int]:
    """Give the columns with known names, in the order of these."""
    found = [n for n, name in enumerate(names) if name in known and n not in taken]
    return sorted(found, key=lambda n: known.index(names[n]))


def _names_sentences(name: str, values: Sequence[str], *, has_longer: bool) -> bool:
    """Tell whether a column says of which sentence a token is.

    It is empty or repeats itself. One that does neither numbers lines where some sentence is known to have
    several of them; else each sentence has one token. An ``id`` names sentences so if it is 4, 9, 17, but not
    if it is 1, 2, 3, which numbers lines, or s1-t1 and s1-t2, which names tokens.

    Args:
        name: The column's.
        values: What it holds.
        has_longer: Whether blank lines or tags tell that sentences have several lines.
    """
    if name == _LINES_OR_SENTENCES and numbers_anew(values):
        return False
    if len(set(values)) < len(values) or len(values) == 1:
        return True
    return not has_longer and (name != _LINES_OR_SENTENCES or _are_apart(values))


def _are_apart(values: Sequence[str]) -> bool:
    """Tell numbers of which most do not follow the one before: 4, 9, 17."""
    numbers = numbers_of(values)
    n_next = sum(b == a + 1 for a, b in pairwise(numbers))
    return len(numbers) == len(values) and n_next * 2 < len(values) - 1


def _is_index(name: str, values: Sequence[str], *, has_longer: bool) -> bool:
    """Tell numbers that begin anew; 1, 1, 1 are the tokens of three sentences, if they number tokens."""
    is_same = len(values) > 1 and set(values) in ({"0"}, {"1"})
    return numbers_anew(values) or (is_same and name in _INDEXES and bool(name) and not has_longer)
