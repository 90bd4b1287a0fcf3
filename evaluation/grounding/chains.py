"""Chains of names: what a sentence says of one place, and the paths of the table that fit all of it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

from nerforge.evaluation.grounding.hierarchy import FoundName, Hierarchy, Node
from nerforge.evaluation.grounding.linking import LinkedName, Linker, Path, join
from nerforge.templates.domain import Entity, LabelSchema
from nerforge.templates.words import AnswerWords, any_of

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Mention:
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
    paths: tuple[Path, ...] = ()
    """The paths that fit all names."""
    beside: list[FoundName] = field(default_factory=list)
    """Names of the sentence that the answer leaves out, as far as they fit."""
    in_conflict: bool = False
    """Whether a name that fits none of its paths stands directly beside it."""

    @property
    def readings(self) -> tuple[Node, ...]:
        """The lowest node of each path."""
        return tuple(dict.fromkeys(path.node for path in self.paths))

    def agreed(self, level: int) -> str | None:
        """Give the value of a level on which all paths agree, or None."""
        values = {node[level] if len(node) > level else None for node in self.readings}
        return values.pop() if len(values) == 1 else None

    def allows(self, level: int, value: str) -> bool:
        """Tell whether one of the paths has a value at a level."""
        return any(len(node) > level and node[level] == value for node in self.readings)

    @property
    def depth(self) -> int:
        """The number of levels down to the lowest answered name; without one, those that all paths have."""
        if not self.mentions:
            return min(map(len, self.readings), default=0)
        return max(mention.lowest for mention in self.mentions) + 1


def build_chains(
    text: str, entities: Sequence[Entity], linker: Linker, schema: LabelSchema
) -> tuple[list[Chain], list[int]]:
    """Put the answered names that the sentence says into chains.

    Args:
        text: The sentence.
        entities: The answer's.
        linker: Links names to nodes.
        schema: Has the words that part names, as 和 does.

    Returns:
        The chains in the order of the sentence, and the places of the entities that the table does not have.
    """
    mentions, unknown = _link(text, entities, linker)
    chains: list[Chain] = []
    for mention in mentions:
        _add(text, chains, mention, _parts(schema.words))
    names = list(names_between(text, entities, linker.hierarchy))
    for chain in chains:
        _look_beside(text, chain, names)
    return chains, unknown


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
        if chains and not parts.search(text[chains[-1].beside[-1].end : name.start]):
            joined = join(chains[-1].paths, name.links, name.start)
        if not joined:
            chains.append(Chain())
        chains[-1].paths = joined or join(None, name.links, name.start)
        chains[-1].beside.append(name)
    return chains


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
        chains.append(Chain([mention], paths))
        return
    last = chains[-1]
    between = text[last.mentions[-1].span[1] : start]
    # 济南、市中: an enumeration names several places, though 市中 is one of 济南, too.
    joined = () if parts.search(between) else join(last.paths, links, start, mention.level)
    if joined:
        last.mentions.append(mention)
        last.paths = joined
        return
    in_conflict = not between.strip()
    last.in_conflict |= in_conflict
    chains.append(Chain([mention], paths, in_conflict=in_conflict))


@cache
def _parts(words: AnswerWords) -> re.Pattern[str]:
    """Match what stands between the names of several places."""
    return re.compile(rf"[、,，;；/|\n]|{any_of(words.joins)}", re.IGNORECASE)


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


def _look_beside(text: str, chain: Chain, names: Sequence[FoundName]) -> None:
    """Take in the names directly beside those of a chain that fit to it."""
    spans = [mention.span for mention in chain.mentions]
    waiting = list(names)
    # 菏泽 巨野 麒麟 of which 麒麟 alone is answered: 巨野 stands beside it, and then 菏泽 beside 巨野.
    while near := next((name for name in waiting if _is_beside(text, name, spans)), None):
        waiting.remove(near)
        if joined := join(chain.paths, near.links, near.start):
            chain.paths = joined
            chain.beside.append(near)
            spans.append((near.start, near.end))


def _is_beside(text: str, name: FoundName, spans: Sequence[Span]) -> bool:
    ordered = sorted([*spans, (name.start, name.end)])
    gaps = (
        text[first[1] : second[0]]
        for first, second in pairwise(ordered)
        if (name.start, name.end) in (first, second)
    )
    return any(not gap.strip() for gap in gaps)
