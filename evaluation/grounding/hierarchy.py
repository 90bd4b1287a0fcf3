"""A hierarchy of names, from a table whose columns are levels: each way to write one leads to its nodes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from nerforge.generators.slots.domain.domain_spec import ALIAS
from nerforge.generators.slots.domain.slot_domain import Table
from nerforge.generators.slots.language.readings import surfaces
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
            end = next((end for end in ends if folded.text[at:end] in self.index), None)
            if end is None:
                at += 1
                continue
            yield FoundName(*folded.span(at, end), self.index[folded.text[at:end]])
            at = end


def build_hierarchy(table: Table, schema: LabelSchema) -> Hierarchy:
    """Index a table by all forms of its levels, its aliases, and what the labels' normalisers know."""
    labels = tuple(spec.label for spec in table.levels.values())
    index: dict[str, dict[Node, str]] = {}
    seen: set[Node] = set()
    for row in table.rows:
        for level, name in enumerate(table.level_names):
            node = row.values[: level + 1]
            if node in seen:
                continue
            seen.add(node)
            written: Iterable[tuple[str, str]] = (
                (surface, form)
                for form in (*table.levels[name].forms, ALIAS)
                for surface in surfaces(row, table, name, (form,))
            )
            normaliser = schema[labels[level]].normaliser
            known = normaliser.surfaces(node[-1]) if normaliser else ()
            for surface, form in ((node[-1], EXACT), *written, *((x, NORMALISED) for x in known)):
                index.setdefault(fold(surface), {}).setdefault(node, form)
    links = {
        surface: tuple(NameLink(node, form) for node, form in nodes.items())
        for surface, nodes in index.items()
        if surface
    }
    return Hierarchy(table.name, labels, links)
