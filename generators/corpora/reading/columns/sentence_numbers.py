"""Columns that number sentences or documents: every token of one has the same number."""

import re
from collections.abc import Sequence
from itertools import pairwise

_MAX_DIGITS = 10
_PREFIXED = re.compile(r"([A-Za-z]+[A-Za-z_]*[:#_. -]*)\d{1,9}")


def number_sentences(values: Sequence[str]) -> bool:
    """Tell whether a column of numbers numbers sentences, and not the tokens of each.

    Half of the neighbours are equal; in a small file some are, and no number goes down. Of the tokens
    1 2 3 1 1 2 some are equal, where a sentence has just one.
    """
    said = [value for value in without_prefix(values) if value]
    # CoNLL-U numbers tokens of several words as 2-3.
    if not all(value.isdecimal() and len(value) < _MAX_DIGITS for value in said):
        return False
    pairs = list(pairwise(map(int, said)))
    n_equal = sum(a == b for a, b in pairs)
    return n_equal > 0 and (n_equal * 2 >= len(pairs) or all(a <= b for a, b in pairs))


def without_prefix(values: Sequence[str]) -> Sequence[str]:
    """Remove the words before numbers, ``Sentence: 1`` or ``doc_12``, where all have the same one."""
    match = _PREFIXED.fullmatch(values[0]) if values else None
    if match is None or not all(value.startswith(match[1]) for value in values):
        return values
    return [value[len(match[1]) :] for value in values]


def sentence_columns(columns: Sequence[Sequence[str]], numbered: Sequence[int]) -> tuple[int, ...]:
    """Find the columns that together name the sentence of a token, such as a document's and a sentence's.

    Args:
        columns: All columns.
        numbered: Those that number lines, tokens, sentences or documents.
    """
    found = tuple(n for n in numbered if number_sentences(columns[n]))
    return found if any(len(set(columns[n])) > 1 for n in found) else ()
