"""Choose which mention each statement of an answer takes, so that most stand in the order of the answer."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence

from nerforge.templates.mentions.value_search import Span

_MAX_PAIRS = 200_000
"""Pairs of a statement and a mention that are weighed; beyond, the statements of a value take its mentions
in order."""
# Mentions that each statement keeps where all pairs would be too many.
_MAX_WEIGHED, _MIN_WEIGHED = 32, 4
_MAX_ENCLOSING = 64
"""Mentions with one start that a chain may hold."""


# A position, its span, the list that the span is of, and the link before.
_Link = tuple[int, Span, list[Span], "_Link | None"]


def longest_chain(candidates: Sequence[list[Span]], *, nested: bool) -> dict[int, Span]:
    """Choose spans for as many positions as can follow one another; of several choices, the first.

    The longest chain over candidate sets, by Hunt and Szymanski's algorithm (Communications of the ACM 20,
    1977, https://doi.org/10.1145/359581.359603): time is O(p log n) for p pairs of position and span.
    Positions that share a list of candidates take different spans.
    """
    # 北京, 上海 in 上海到北京到上海: candidates [[(3, 5)], [(0, 2), (6, 8)]] give {0: (3, 5), 1: (6, 8)}.
    # tails[n] is the smallest reach of a chain of n + 1 positions so far, and links[n] ends that chain.
    tails: list[int] = []
    links: list[_Link] = []
    for position, (options, spans) in enumerate(zip(candidates, _windows(candidates), strict=True)):
        # From the last to the first, so that two spans of one position never follow one another.
        for span in reversed(spans):
            start, reach = span[0], span[not nested]
            length = bisect_right(tails, start)
            if nested and start in tails[length - 1 : length] and _is_taken(links[length - 1], options):
                length = bisect_left(tails, start)
            if length == len(tails) or reach < tails[length]:
                tails[length : length + 1] = [reach]
                links[length : length + 1] = [
                    (position, span, options, links[length - 1] if length else None)
                ]
    return {link[0]: link[1] for end in links[-1:] for link in _backwards(end)}


def _backwards(link: _Link | None) -> Iterator[_Link]:
    while link is not None:
        yield link
        link = link[3]


def _is_taken(last: _Link, options: list[Span]) -> bool:
    """Tell whether a chain gives the span of ``options`` at its last start to another statement."""
    for n_passed, (_, span, known, _) in enumerate(_backwards(last)):
        if span[0] != last[1][0]:
            return False
        if known is options or n_passed >= _MAX_ENCLOSING:
            return True
    return False


def _windows(candidates: Sequence[list[Span]]) -> list[list[Span]]:
    """Limit what is weighed: of too many pairs, only those in which a value's mentions come in order."""
    if sum(map(len, candidates)) <= _MAX_PAIRS:
        return list(candidates)
    counts = Counter(map(id, candidates))
    n_pairs = sum(len(spans) - counts[id(spans)] + 1 for spans in candidates)
    share = max(_MAX_PAIRS // len(candidates), _MIN_WEIGHED)
    most = min(share, _MAX_WEIGHED) if n_pairs > _MAX_PAIRS else n_pairs
    ranks: Counter[int] = Counter()
    windows = []
    for spans in candidates:
        rank = ranks[id(spans)]
        ranks[id(spans)] += 1
        width = min(len(spans) - counts[id(spans)] + 1, most)
        windows.append(spans[rank : rank + width])
    return windows
