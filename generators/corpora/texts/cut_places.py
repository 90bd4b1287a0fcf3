"""Find where a long text may be cut: at the ends of its sentences, and at worse places where these fail."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import pairwise


class Cut(StrEnum):
    """Behind what a text is cut; the first two are equally good, then each is worse than the one before."""

    SENTENCE = "sentence"
    LINE = "line"
    CLAUSE = "clause"
    SPACE = "space"
    ANYWHERE = "anywhere"


def find_places(text: str, spans: Iterable[tuple[int, int]], limit: int) -> dict[int, Cut]:
    """Find where a text may be cut.

    White space goes with what stands before it, but where a text is cut anywhere.

    Args:
        text: The text.
        spans: What must stay whole.
        limit: Characters of a piece. Worse places are looked for only between better ones that lie further
            apart than this.
    """
    # A span 2-5 blocks the places 3 and 4; a cut at 2 or 5 stands beside it.
    is_blocked = bytearray(len(text))
    for start, end in spans:
        is_blocked[start + 1 : end] = b"\1" * (end - start - 1)
    first_word = len(text) - len(text.lstrip())
    found: dict[int, Cut] = {}
    # Clauses are looked for only inside sentences that are too long, and so on: most texts need no more than
    # the first step.
    for find in (_sentence_ends, _clause_ends, _spaces):
        for start, end in _too_long(found, len(text), limit):
            found.update(
                (place, cut)
                for place, cut in find(text, start, end)
                if first_word < place < end and not is_blocked[place] and not is_joined(text, place)
            )
    for start, end in _too_long(found, len(text), limit):
        free = [p for p in range(start + 1, end) if not is_blocked[p] and not is_joined(text, p)]
        found.update(dict.fromkeys(_spread(free, start, end, limit), Cut.ANYWHERE))
    return found


def _too_long(places: Iterable[int], length: int, limit: int) -> list[tuple[int, int]]:
    return [gap for gap in pairwise([0, *sorted(places), length]) if gap[1] - gap[0] > limit]


_CLOSING = "”’」』）)】》〉〕"
_SENTENCE_END = re.compile(
    rf"(?P<mark>(?:[。！？；…]|[!?](?![0-9A-Za-z=&/%_-]))+[{_CLOSING}]*\s*)"
    rf"|(?P<stop>\.[{_CLOSING}]*\s+)"
    r"|\s+"
)
# Neither the comma of 1,000 nor the colon of 12:30 or http:// ends a clause.
_CLAUSE_END = re.compile(rf"(?:[，、：]|[,:;](?!/)(?:(?<!\d[,:;])|(?!\d)))[{_CLOSING}]*\s*")
_SPACE = re.compile(r"\s+")
_LINE_BREAK = re.compile(r"[\n\r\v\f\x85\u2028\u2029]")
# Before the stop of "Dr. Li", "J. Li", "No. 3" and "1. 症状".
_NO_STOP = re.compile(
    r"(?:^|[^A-Za-z])(?:[A-Za-z]|Dr|Mr|Mrs|Ms|Prof|St|Jr|Sr|Inc|Ltd|Co|Corp|No|Fig|vs|etc|al)$"
    r"|(?:^|\s)\d{1,2}$"
)
_LONGEST = 8
"""Characters before a full stop that tell whether it is one."""


def _sentence_ends(text: str, start: int, end: int) -> Iterator[tuple[int, Cut]]:
    for found in _SENTENCE_END.finditer(text, start, end):
        if found["mark"] or (found["stop"] and _is_full_stop(text, found)):
            yield found.end(), Cut.SENTENCE
        elif _LINE_BREAK.search(found[0]):
            yield found.end(), Cut.LINE


def _is_full_stop(text: str, stop: re.Match[str]) -> bool:
    """Tell a full stop from the point of an abbreviation, an initial or a number in a list."""
    before = text[max(0, stop.start() - _LONGEST) : stop.start()]
    return not _NO_STOP.search(before) and not text[stop.end() : stop.end() + 1].islower()


def _clause_ends(text: str, start: int, end: int) -> Iterator[tuple[int, Cut]]:
    return ((found.end(), Cut.CLAUSE) for found in _CLAUSE_END.finditer(text, start, end))


def _spaces(text: str, start: int, end: int) -> Iterator[tuple[int, Cut]]:
    return ((found.end(), Cut.SPACE) for found in _SPACE.finditer(text, start, end))


_PER_PIECE = 8
"""Places that are tried for each piece where a text may be cut anywhere: all of them would take long."""


def _spread(free: list[int], start: int, end: int, limit: int) -> Iterator[int]:
    """Take places at equal distances, and all where a cut stops or begins to be possible."""
    n_parts = -(-(end - start) // limit) * _PER_PIECE
    spread = {start + (end - start) * part // n_parts for part in range(1, n_parts)}
    is_free = {start, *free, end}
    return (p for p in free if p in spread or p - 1 not in is_free or p + 1 not in is_free)


_ZERO_WIDTH_JOINER = "\u200d"
_CONTINUES = re.compile("[\u200c\u200d\u1160-\u11ff\uff9e\uff9f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
"""What is no mark and yet belongs to the character before it: joiners, Hangul letters, skin tones, tags."""
_FLAG_LETTERS = ("\U0001f1e6", "\U0001f1ff")


def is_joined(text: str, place: int) -> bool:
    """Return whether the code points on both sides of a place make one character for a reader.

    This is what matters here of the extended grapheme clusters of Unicode (UAX 29).
    """
    before, after = text[place - 1], text[place]
    if after < "\u0300":
        return before == "\r" and after == "\n"
    if before == _ZERO_WIDTH_JOINER or _CONTINUES.match(after) or unicodedata.category(after)[0] == "M":
        return True
    return _is_flag_letter(after) and _n_flag_letters(text, place) % 2 == 1


def _is_flag_letter(character: str) -> bool:
    return _FLAG_LETTERS[0] <= character <= _FLAG_LETTERS[1]


def _n_flag_letters(text: str, end: int) -> int:
    """Count those right before a place; two of them make a flag."""
    start = end
    while start and _is_flag_letter(text[start - 1]):
        start -= 1
    return end - start
