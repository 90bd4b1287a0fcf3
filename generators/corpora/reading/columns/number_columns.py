"""What columns say that hold neither tokens nor tags: numbers of tokens or sentences, offsets, spaces."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from nerforge.generators.corpora.reading.columns.sentence_numbers import without_prefix

_NEARLY_ALL = 0.95
_NUMBER = re.compile(r"(\d+)(?:[-.]\d+)?")
_EMPTY = ("_", "-", "-X-", "")


def numbers_of(values: Sequence[str]) -> list[int]:
    """Give the numbers of a column; 1-2 and 1.1 of CoNLL-U count as 1."""
    matches = (_NUMBER.fullmatch(value) for value in without_prefix(values))
    return [int(match[1]) for match in matches if match and len(match[1]) < 10]


def is_count(values: Sequence[str]) -> bool:
    """Tell whether a column numbers its lines, tokens or sentences."""
    numbers = numbers_of(values)
    if len(numbers) < len(values) * _NEARLY_ALL or not numbers:
        return False
    pairs = list(zip([-1, *numbers], numbers, strict=False))
    return sum(before <= after or after <= 1 for before, after in pairs) >= len(pairs) * 0.9


def numbers_anew(values: Sequence[str]) -> bool:
    """Tell whether a column numbers the tokens of each sentence anew: 1 2 3 1 2 1 2."""
    numbers = numbers_of(values)
    pairs = list(pairwise(numbers))
    n_next = sum(after == before + 1 for before, after in pairs)
    n_first = sum(after <= 1 and after <= before for before, after in pairs)
    restarts = any(after < before for before, after in pairs)
    return restarts and len(numbers) == len(values) and n_next + n_first >= len(pairs) * _NEARLY_ALL


def is_index(values: Sequence[str]) -> bool:
    """Tell whether numbers keep step with the lines, as those of tokens do, or name sentences.

    The tokens 1 2 3 1 2 and the sentences 7 7 7 9 9 do; 12 45 78 90 are numbers in a text.
    """
    numbers = numbers_of(values)
    pairs = list(pairwise(numbers))
    n_in_step = sum(after == before + 1 or after <= 1 or after == before for before, after in pairs)
    n_equal = sum(before == after for before, after in pairs)
    counts_from_first = bool(numbers) and numbers[0] <= 1 and n_in_step * 2 > len(pairs)
    return counts_from_first or n_equal * 2 >= len(pairs)


def number_tokens(columns: Sequence[Sequence[str]], before: Sequence[int], words: int) -> int:
    """Find tokens that are numbers, ``12 CD O``, where a column of parts of speech was taken for the words.

    Args:
        columns: All columns.
        before: Those that may hold the tokens.
        words: The first one that holds words, which more than half of its lines repeat if it holds parts of
            speech of numbers.

    Returns:
        The column of numbers, else that of the words.
    """
    most = Counter(columns[words]).most_common(1)[0][1]
    if most < 2 or most * 2 <= len(columns[words]):
        return words
    numbers = (n for n in before if n < words and are_plain_numbers(columns[n]) and is_count(columns[n]))
    return next((n for n in numbers if not is_index(columns[n])), words)


def are_plain_numbers(values: Sequence[str]) -> bool:
    """Tell whether most of a column are numbers without a sign."""
    return sum(map(str.isdecimal, values)) * 2 > len(values)


def is_telling(values: Sequence[str]) -> bool:
    """Tell whether a column says anything: not the same on all lines."""
    return len(set(values)) > 1 or (len(values) == 1 and values[0] not in _EMPTY)


def is_repeated(values: Sequence[str]) -> bool:
    """Tell whether a column hardly says another thing than on the line before: a document's name, say."""
    return sum(a == b for a, b in pairwise(values)) > len(values) * 0.8


def tells_spaces(values: Sequence[str]) -> bool:
    """Tell whether a column says behind which tokens there is no space, as CoNLL-U does."""
    return any("SpaceAfter=No" in value for value in values)


def offset_columns(columns: Sequence[Sequence[str]], token: int) -> tuple[int, int] | None:
    """Find two columns of numbers, one after the other, that are as far apart as tokens are long."""
    lengths = list(map(len, columns[token]))
    for start, end in pairwise(range(len(columns))):
        numbers = [numbers_of(columns[start]), numbers_of(columns[end])]
        if len(numbers[0]) == len(numbers[1]) == len(lengths):
            sums = zip(*numbers, lengths, strict=True)
            if sum(b - a == n for a, b, n in sums) >= len(lengths) * _NEARLY_ALL:
                return start, end
    return None


def boundary_column(columns: Sequence[Sequence[str]], numbered: Sequence[int]) -> int | None:
    """Find the column that tells where sentences begin: by 0 or 1 once more.

    Args:
        columns: All columns.
        numbered: Those that number lines, tokens or sentences.
    """
    numbers = ((n, numbers_of(columns[n])) for n in numbered)
    return next((n for n, found in numbers if any(b < a for a, b in pairwise(found))), None)
