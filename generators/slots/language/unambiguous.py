"""Prove that no two rows of pieces make one sentence.

Pieces belong to kinds (places, dates, the word 的, ...), and a grammar is a set of sequences of kinds. Two
different rows of pieces with one text would, where they first differ, have a piece that is the beginning of
the other one's; what the longer one has in addition must then be said by pieces that follow the shorter one.
The search follows these remainders, as the test of Sardinas and Patterson does for codes
(https://en.wikipedia.org/wiki/Sardinas%E2%80%93Patterson_algorithm), with the kinds that may follow each
other in place of a single code. It looks at neighbours only, so that it may find fault with what whole
templates would rule out, and never misses a collision.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise, product
from typing import NamedTuple

START = ""
END = "$"


class Collision(NamedTuple):
    """One sentence, or its beginning where what follows is free, as two rows of pieces."""

    first: tuple[str, ...]
    """The texts of the pieces from where the rows begin to differ, the longer piece first."""
    second: tuple[str, ...]
    kinds: tuple[str, str]
    """The kinds of the two pieces with which they begin to differ."""


class _Ahead(NamedTuple):
    """One row has said ``rest`` more than the other; the kinds are those of the last pieces of the two."""

    rest: str
    longer: str
    shorter: str


class _Kind:
    """The pieces of one kind."""

    def __init__(self, name: str, texts: Collection[str]) -> None:
        self.name = name
        self.texts = frozenset(texts)
        self.beginnings = frozenset(text[0] for text in self.texts)

    @cached_property
    def sorted(self) -> list[str]:
        """The texts in order."""
        return sorted(self.texts)

    def compatible(self, rest: str) -> Iterator[str]:
        """Yield the texts that begin with ``rest`` or that ``rest`` begins with."""
        if rest[0] not in self.beginnings:
            return
        for length in range(1, len(rest) + 1):
            if rest[:length] in self.texts:
                yield rest[:length]
        for at in range(bisect_left(self.sorted, rest), len(self.sorted)):
            if not self.sorted[at].startswith(rest):
                return
            if self.sorted[at] != rest:
                yield self.sorted[at]


class _Grammar:
    def __init__(self, texts: Mapping[str, Collection[str]], sequences: Collection[Sequence[str]]) -> None:
        self.follow: dict[str, set[str]] = {}
        for sequence in sequences:
            for kind, after in pairwise((START, *sequence, END)):
                self.follow.setdefault(kind, set()).add(after)
        self.kinds = {name: _Kind(name, texts[name]) for name in self.follow if name != START}
        self.after = {
            kind: [self.kinds[name] for name in sorted(following) if name != END]
            for kind, following in self.follow.items()
        }
        """The kinds that may follow a kind."""

    def may_end_alike(self, kind: str, other: str) -> bool:
        """Tell whether what follows the two kinds can be the same."""
        return bool(self.follow[kind] & self.follow[other])

    def beginnings(self) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
        """Yield the pairs of pieces with which two rows may begin to differ, the longer piece first.

        The shorter one is the longer one's beginning, or says the same as another kind of piece, and
        something that may follow it begins as the longer one goes on.
        """
        together = {pair for kinds in self.follow.values() for pair in product(kinds, kinds)}
        first = {
            name: frozenset[str]().union(*(kind.beginnings for kind in self.after[name]))
            for name in self.kinds
        }
        kinds: dict[str, list[str]] = {}
        for name in sorted(self.kinds):
            for text in self.kinds[name].texts:
                kinds.setdefault(text, []).append(name)
        around: list[tuple[str, str]] = []
        for text in sorted(kinds):
            while around and not text.startswith(around[-1][0]):
                around.pop()
            for name in kinds[text]:
                for shorter, other in around:
                    is_open = len(shorter) == len(text) or text[len(shorter)] in first[other]
                    if is_open and (name, other) in together:
                        yield (text, name), (shorter, other)
                around.append((text, name))


def find_collisions(
    texts: Mapping[str, Collection[str]], sequences: Collection[Sequence[str]]
) -> Iterator[Collision]:
    """Search for rows of pieces that make one sentence.

    Args:
        texts: The texts of each kind, none of them empty.
        sequences: The sequences of kinds that sentences are made of.

    Yields:
        For each pair of pieces with which two such rows begin to differ, one example. Where there is none, a
        sentence fixes its pieces; without one piece of every pair it does so, too.
    """
    grammar = _Grammar(texts, sequences)
    harmless: set[_Ahead] = set()
    harmful: dict[_Ahead, tuple[Texts, Texts]] = {}
    for (longer, kind), (shorter, other) in grammar.beginnings():
        state = _Ahead(longer[len(shorter) :], kind, other)
        if state in harmless:
            continue
        if state not in harmful:
            rows = _collide(grammar, state, harmless)
            if rows is None:
                continue
            harmful[state] = rows
        ahead, behind = harmful[state]
        yield Collision((longer, *ahead), (shorter, *behind), (kind, other))


Texts = tuple[str, ...]


def _collide(grammar: _Grammar, start: _Ahead, harmless: set[_Ahead]) -> tuple[Texts, Texts] | None:
    """Find what two rows that differ can say to come to one end, the row that is ahead first.

    Where they cannot, all that was looked at is harmless.
    """
    seen = {start}
    # 意见百万户量 and 意见 + 百万户量: the first row is ahead by 百万户量, and by nothing once the
    # second one has said that. Both may end there, so they collide. If only 数量 may follow 意见,
    # nothing begins as the first row goes on: harmless.
    waiting: list[tuple[_Ahead, Texts, Texts, bool]] = [(start, (), (), False)]
    while waiting:
        state, ahead, behind, is_swapped = waiting.pop()
        if not state.rest and grammar.may_end_alike(state.longer, state.shorter):
            return (behind, ahead) if is_swapped else (ahead, behind)
        for following, text, swaps in _steps(grammar, state):
            if following not in seen and following not in harmless:
                seen.add(following)
                said = (*behind, text)
                waiting.append(
                    (following, said, ahead, not is_swapped)
                    if swaps
                    else (following, ahead, said, is_swapped)
                )
    harmless |= seen
    return None


def _steps(grammar: _Grammar, state: _Ahead) -> Iterator[tuple[_Ahead, str, bool]]:
    """Yield what the shorter row can say next, and whether that makes it the longer one."""
    rest, longer, shorter = state
    for kind in grammar.after[shorter]:
        for text in kind.compatible(rest) if rest else kind.sorted:
            if len(text) <= len(rest):
                yield _Ahead(rest[len(text) :], longer, kind.name), text, False
            else:
                yield _Ahead(text[len(rest) :], kind.name, longer), text, True
