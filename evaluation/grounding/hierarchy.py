"""A hierarchy of names, from a table whose columns are levels: each way to write one leads to its nodes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from nerforge.generators.slots.domain.domain_spec import ALIAS
from nerforge.generators.slots.domain.slot_domain import Table
from nerforge.generators.slots.language.readings import surfaces
from nerforge.generators.slots.tables.tables import Row
from nerforge.templates.domain import LabelSchema
from nerforge.templates.mentions.folding import fold, fold_with_sources

Node = tuple[str, ...]
"""A value with its parents, from the highest level down: ``("山东省", "菏泽", "巨野县供电公司")``."""
EXACT = "exact"
"""The form of a name that is written as the table has it."""
NORMALISED = "normalised"
"""The form of a name that the label's normaliser knows."""
_MIN_SURFACE = 2
"""Characters of a name that is looked for in a sentence."""


class NameLink(NamedTuple):
    """A node that some words may name."""

    node: Node
    form: str
    """How they write it: ``exact``, ``alias``, ``normalised``, or a form of the domain such as ``stem``."""

    @property
    def level(self) -> int:
        """The node's level, 0 for the highest."""
        return len(self.node) - 1


class FoundName(NamedTuple):
    """A name of the table in a sentence."""

    start: int
    end: int
    links: tuple[NameLink, ...]


@dataclass(frozen=True)
class Hierarchy:
    """The nodes of a table, and every way to write each."""

    name: str
    labels: tuple[str, ...]
    """The label of each level, the highest first."""
    index: Mapping[str, tuple[NameLink, ...]] = field(repr=False)
    """The nodes that a folded surface may name, in the order of the table."""
    said: Mapping[str, tuple[tuple[str, str], ...]] = field(repr=False)
    """By label the pairs of value and surface that the table states."""

    @cached_property
    def nodes(self) -> frozenset[Node]:
        """All nodes."""
        return frozenset(link.node for links in self.index.values() for link in links)

    @cached_property
    def written(self) -> Mapping[Node, list[str]]:
        """The folded surfaces of each node."""
        found: dict[Node, list[str]] = {}
        for surface, links in self.index.items():
            for link in links:
                found.setdefault(link.node, []).append(surface)
        return found

    @cached_property
    def _lengths(self) -> tuple[int, ...]:
        return tuple(sorted({len(surface) for surface in self.index} - {*range(_MIN_SURFACE)}, reverse=True))

    @cached_property
    def _values(self) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {label: set() for label in self.labels}
        for node in self.nodes:
            found[self.labels[len(node) - 1]].add(node[-1])
        return {label: frozenset(values) for label, values in found.items()}

    def values(self, label: str) -> frozenset[str]:
        """Give all values of a label; none of one that the table does not have."""
        return self._values.get(label, frozenset())

    def links(self, surface: str, label: str | None = None) -> tuple[NameLink, ...]:
        """List the nodes that words may name, in any width, case and spacing; those of a label, or all."""
        found = self.index.get(fold(surface), ())
        return found if label is None else tuple(x for x in found if self.labels[x.level] == label)

    def surfaces(self, label: str) -> Sequence[str]:
        """List the folded surfaces of a label's nodes."""
        return self._surfaces[label]

    @cached_property
    def _surfaces(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {label: [] for label in self.labels}
        for surface, links in self.index.items():
            for label in dict.fromkeys(self.labels[link.level] for link in links):
                found[label].append(surface)
        return found

    def find(self, text: str) -> Iterator[FoundName]:
        """Yield the names that a sentence says, from left to right, the longest first; none overlaps."""
        folded = fold_with_sources(text)
        at = 0
        while at < len(folded.text):
            # 菏泽市供电公司 begins with 菏泽市 and 菏泽: the longest surface at a place is taken.
            ends = (at + n for n in self._lengths if at + n <= len(folded.text))
            known = (end for end in ends if folded.text[at:end] in self.index)
            end = next((end for end in known if _stands_alone(text, *folded.span(at, end))), None)
            if end is None:
                at += 1
                continue
            yield FoundName(*folded.span(at, end), self.index[folded.text[at:end]])
            at = end


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Tell whether a name is no part of a longer word or number: not the "med" of "seemed"."""

    def goes_on(place: int) -> bool:
        return 0 < place < len(text) and _is_of_word(text[place - 1]) and _is_of_word(text[place])

    return not goes_on(start) and not goes_on(end)


def _is_of_word(character: str) -> bool:
    return character.isascii() and character.isalnum()


def build_hierarchy(table: Table, schema: LabelSchema) -> Hierarchy:
    """Index a table by all forms of its levels, its aliases, and what the labels' normalisers know."""
    labels = tuple(spec.label for spec in table.levels.values())
    index: dict[str, dict[Node, str]] = {}
    said: dict[str, dict[tuple[str, str], None]] = {label: {} for label in labels}
    for node, row in _first_rows(table).items():
        level = len(node) - 1
        for surface, form in _written(table, level, row):
            index.setdefault(fold(surface), {}).setdefault(node, form)
            said[labels[level]][node[-1], surface] = None
        normaliser = schema[labels[level]].normaliser
        for surface in normaliser.surfaces(node[-1]) if normaliser else ():
            index.setdefault(fold(surface), {}).setdefault(node, NORMALISED)
    return Hierarchy(
        table.name,
        labels,
        {surface: tuple(map(NameLink, nodes, nodes.values())) for surface, nodes in index.items() if surface},
        {label: tuple(pair for pair in pairs if pair[0] != pair[1]) for label, pairs in said.items()},
    )


def _first_rows(table: Table) -> dict[Node, Row]:
    """Give each node with the first row that it is in; a row may end above the lowest level."""
    found: dict[Node, Row] = {}
    for row in table.rows:
        for n in range(1, len(row.values) + 1):
            if row.values[n - 1]:
                found.setdefault(row.values[:n], row)
    return found


def _written(table: Table, level: int, row: Row) -> Iterator[tuple[str, str]]:
    """Yield the ways to write a row's value, each with its form."""
    name = table.level_names[level]
    yield row.values[level], EXACT
    for form in (*table.levels[name].forms, ALIAS):
        yield from ((surface, form) for surface in surfaces(row, table, name, (form,)))
