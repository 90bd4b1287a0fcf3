"""Chains of names: what a sentence says of one place, and the paths of the table that fit all of it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from nerforge.evaluation.grounding.hierarchy import FoundName, Hierarchy, NameLink, Node
from nerforge.evaluation.grounding.mending.linking import LinkedName, Linker
from nerforge.templates.domain import Entity, LabelSchema
from nerforge.templates.words import AnswerWords, any_of

Span = tuple[int, int]


class Path(NamedTuple):
    """One path of the table on which each of some names has its place."""

    node: Node
    """The lowest node that is named."""
    levels: frozenset[tuple[int, int]]
    """For each name where the sentence says it, and the level that it stands for."""

    @property
    def descends(self) -> bool:
        """Whether each name stands for a lower level than the one before."""
        ordered = [level for _, level in sorted(self.levels)]
        return all(above < below for above, below in pairwise(ordered))


class Mention(NamedTuple):
    """An answered name that the sentence says."""

    at: int
    """Its place among the entities of the answer."""
    span: Span
    linked: LinkedName
    level: int | None
    """The level of its label; None for one that the table has under other labels only."""

    @property
    def lowest(self) -> int:
        """The lowest level of the nodes that it may name."""
        return max(link.level for link in self.linked.links)


@dataclass(slots=True)
class Chain:
    """Names that lie on one path of the table."""

    mentions: list[Mention] = field(default_factory=list)
    beside: list[FoundName] = field(default_factory=list)
    """Names of the sentence that the answer leaves out, as far as they fit."""
    unknown: dict[int, int] = field(default_factory=dict)
    """By level the place of an answered name beside these that the table does not have."""
    in_conflict: bool = False
    """Whether a name that fits none of its paths stands directly beside it."""
    paths: tuple[Path, ...] = ()
    readings: tuple[Node, ...] = ()
    """The lowest node of each path."""
    nodes: frozenset[Node] = frozenset()
    """All nodes on the paths."""

    def narrow(self, paths: tuple[Path, ...]) -> None:
        """Take the paths that fit all names."""
        self.paths = paths
        self.readings = tuple(dict.fromkeys(path.node for path in paths))
        self.nodes = frozenset(node[:n] for node in self.readings for n in range(1, len(node) + 1))

    def agreed(self, level: int) -> str | None:
        """Give the value of a level on which all paths agree, or None."""
        values = {node[level] if len(node) > level else None for node in self.readings}
        return values.pop() if len(values) == 1 else None

    def allows(self, level: int, value: str) -> bool:
        """Tell whether one of the paths has a value at a level."""
        return any(len(node) == level + 1 and node[-1] == value for node in self.nodes)

    @property
    def depth(self) -> int:
        """The number of levels down to the lowest answered name."""
        return max((mention.lowest for mention in self.mentions), default=-1) + 1

    @property
    def levels(self) -> set[int]:
        """The levels of the answered names."""
        return {mention.lowest for mention in self.mentions}


class SentenceNames(NamedTuple):
    """What the sentence says of the names of a table."""

    chains: list[Chain]
    """Of the answered names, in the order of the sentence."""
    unknown: list[int]
    """The places of answered names that the table does not have."""
    unanswered: list[FoundName]
    """Names of the table that overlap no entity."""


def read_names(text: str, entities: Sequence[Entity], linker: Linker, schema: LabelSchema) -> SentenceNames:
    """Put the answered names that the sentence says into chains.

    Args:
        text: The sentence.
        entities: The answer's.
        linker: Links names to nodes.
        schema: Has the words that part names, as 和 does.
    """
    mentions, unknown = _link(text, entities, linker)
    chains: list[Chain] = []
    for mention in mentions:
        _add(text, chains, mention, _parts(schema.words))
    names = list(names_between(text, entities, linker.hierarchy))
    neighbours = _Neighbours(text, names, [entities[at].span or (0, 0) for at in unknown])
    levels = linker.hierarchy.labels.index
    for chain in chains:
        for at in neighbours.look(chain):
            chain.unknown[levels(entities[unknown[at]].label)] = unknown[at]
    return SentenceNames(chains, unknown, names)


def chains_of_names(text: str, names: Iterable[FoundName], schema: LabelSchema) -> list[Chain]:
    """Put names of the sentence that no answer has into chains.

    Args:
        text: The sentence.
        names: In its order.
        schema: Has the words that part names.
    """
    parts = _parts(schema.words)
    chains: list[Chain] = []
    for name in names:
        joined: tuple[Path, ...] = ()
        if chains and not parts.search(between := text[chains[-1].beside[-1].end : name.start]):
            joined = join(chains[-1].paths, name.links, name.start, may_rise=not between.strip())
        if not joined:
            chains.append(Chain())
        chains[-1].narrow(joined or join(None, name.links, name.start))
        chains[-1].beside.append(name)
    return chains


def join(
    paths: Sequence[Path] | None,
    links: Sequence[NameLink],
    start: int,
    own_level: int | None = None,
    *,
    may_rise: bool = True,
) -> tuple[Path, ...]:
    """Give the paths on which one more name has its place.

    Of 菏泽 and the two 市中 of 济南 and 枣庄 nothing is left; of 济南 and these, the one of 济南.

    Args:
        paths: Of the names before; None for the first name.
        links: Of the name.
        start: Where the sentence says it.
        own_level: The level of its label, on which it may repeat another. Elsewhere each name has a level of
            its own, so that the second 东营 of 东营市东营 is no city.
        may_rise: Whether names may go from low to high, if none of the paths descends.
    """
    by_node, below = _by_place(links)
    joined: dict[Path, None] = {}
    for path in [Path((), frozenset())] if paths is None else paths:
        taken = {level for _, level in path.levels} - {own_level}
        above = (by_node[path.node[:n]] for n in range(1, len(path.node)) if path.node[:n] in by_node)
        for link in (*below.get(path.node, ()), *above):
            if link.level not in taken:
                lowest = max(path.node, link.node, key=len)
                joined[Path(lowest, path.levels | {(start, link.level)})] = None
    # 日照 before 东港区供电公司 is the city, not the substation of that name: names go from high to low.
    descending = tuple(path for path in joined if path.descends)
    return descending or (tuple(joined) if may_rise else ())


def _by_place(links: Iterable[NameLink]) -> tuple[Mapping[Node, NameLink], Mapping[Node, list[NameLink]]]:
    """Index links by their node, and by each node that is theirs or above it."""
    by_node: dict[Node, NameLink] = {}
    below: dict[Node, list[NameLink]] = defaultdict(list)
    for link in links:
        if by_node.setdefault(link.node, link) is link:
            for n in range(len(link.node) + 1):
                below[link.node[:n]].append(link)
    return by_node, below


def _link(text: str, entities: Sequence[Entity], linker: Linker) -> tuple[list[Mention], list[int]]:
    """Link the entities with a span, in the order of the sentence; the others are claims."""
    mentions, unknown = [], []
    for at, entity in enumerate(entities):
        if entity.label not in linker.hierarchy.labels or entity.span is None:
            continue
        linked = linker.link(entity, text)
        if not linked.links:
            unknown.append(at)
            continue
        levels = {link.level for link in linked.links if linker.hierarchy.labels[link.level] == entity.label}
        mentions.append(Mention(at, entity.span, linked, next(iter(levels), None)))
    return sorted(mentions, key=lambda mention: mention.span), unknown


def _add(text: str, chains: list[Chain], mention: Mention, parts: re.Pattern[str]) -> None:
    """Add a mention to the last chain if it fits there, else begin another."""
    links, (start, _) = mention.linked.all_links, mention.span
    paths = join(None, links, start)
    if not chains:
        chains.append(Chain([mention]))
        chains[-1].narrow(paths)
        return
    last = chains[-1]
    between = text[last.mentions[-1].span[1] : start]
    is_beside = not between.strip()
    # 济南、市中: an enumeration names several places, though 市中 is one of 济南, too.
    if not parts.search(between) and (
        joined := join(last.paths, links, start, mention.level, may_rise=is_beside)
    ):
        last.mentions.append(mention)
        last.narrow(joined)
        return
    # Two substations side by side are an enumeration; a city and the company of another are a contradiction.
    in_conflict = is_beside and mention.lowest not in last.levels
    last.in_conflict |= in_conflict
    chains.append(Chain([mention], in_conflict=in_conflict))
    chains[-1].narrow(paths)


@cache
def _parts(words: AnswerWords) -> re.Pattern[str]:
    """Match what stands between names of several places: marks of lists and sentences, words like 和."""
    return re.compile(rf"[、,，;；/|\n。！？!?]|\.(?!\S)|{any_of(words.joins)}", re.IGNORECASE)


def names_between(text: str, entities: Sequence[Entity], hierarchy: Hierarchy) -> Iterator[FoundName]:
    """Yield the table's names in the sentence that overlap no entity."""
    spans = sorted(entity.span for entity in entities if entity.span)
    # Of spans (0, 3) and (2, 5) in 9 characters only (5, 9) is left.
    ends = [0]
    for _, end in spans:
        ends.append(max(ends[-1], end))
    starts = [*(start for start, _ in spans), len(text)]
    for begin, stop in zip(ends, starts, strict=True):
        for name in hierarchy.find(text[begin:stop]) if begin < stop else ():
            yield FoundName(begin + name.start, begin + name.end, name.links)


class _Neighbours:
    """Names of the sentence that no chain has: those of the table, and those that the table lacks."""

    def __init__(self, text: str, names: Sequence[FoundName], unknown: Sequence[Span]) -> None:
        self.text = text
        self.names = names
        spans = [*((name.start, name.end) for name in names), *unknown]
        self.from_start = {span[0]: at for at, span in enumerate(spans)}
        self.from_end = {span[1]: at for at, span in enumerate(spans)}
        self.spans = spans

    def look(self, chain: Chain) -> list[int]:
        """Take in the names directly beside those of a chain that fit to it; give the unknown ones there.

        菏泽 巨野 麒麟 of which 麒麟 alone is answered: 巨野 stands beside it, and then 菏泽 beside 巨野.
        """
        waiting = [mention.span for mention in chain.mentions]
        seen: set[int] = set()
        unknown = []
        while waiting:
            for at in set(self._beside(waiting.pop())) - seen:
                seen.add(at)
                if at >= len(self.names):
                    unknown.append(at - len(self.names))
                elif joined := join(chain.paths, self.names[at].links, self.names[at].start):
                    chain.narrow(joined)
                    chain.beside.append(self.names[at])
                    waiting.append(self.spans[at])
                elif chain.levels.isdisjoint(link.level for link in self.names[at].links):
                    chain.in_conflict = True
        return unknown

    def _beside(self, span: Span) -> Iterator[int]:
        start, end = span
        while start > 0 and self.text[start - 1].isspace():
            start -= 1
        while end < len(self.text) and self.text[end].isspace():
            end += 1
        if start in self.from_end:
            yield self.from_end[start]
        if end in self.from_start:
            yield self.from_start[end]
