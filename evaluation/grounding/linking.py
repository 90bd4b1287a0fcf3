"""Link what an answer names to nodes of a hierarchy: as written, by its other forms, or nearly."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import extract

from nerforge.evaluation.grounding.hierarchy import Hierarchy, NameLink, Node
from nerforge.templates.domain import Entity
from nerforge.templates.mentions.folding import fold

FUZZY = "fuzzy"
"""The form of a name that is nearly one of the table's."""
DEFAULT_THRESHOLD = 0.85
"""Similarity from which a name counts as a misspelling: one wrong character of seven."""
_MIN_FUZZY = 3
"""Characters of a name of which a misspelling can be told from another name."""
_CACHED = 8_192


class LinkedName(NamedTuple):
    """The nodes that an entity may name."""

    links: tuple[NameLink, ...]
    """Of its own label, if there is one, else of others."""
    all_links: tuple[NameLink, ...]
    """With those that the same words have as other labels."""


class Linker:
    """Links entities to nodes."""

    def __init__(self, hierarchy: Hierarchy, threshold: float = DEFAULT_THRESHOLD) -> None:
        """Take the hierarchy.

        Args:
            hierarchy: The nodes.
            threshold: The least normalised Levenshtein similarity (1 minus edits by the longer length) of a
                misspelling, above 0 and at most 1; 1 links no misspelling.
        """
        self.hierarchy = hierarchy
        self.threshold = threshold
        self._nearest = lru_cache(maxsize=_CACHED)(self._find_nearest)

    def link(self, entity: Entity, text: str) -> LinkedName:
        """Link an entity by what the sentence says at its place, then by its value, then by what is near.

        What the sentence says counts more than the value: 巨野 at its place means 巨野县供电公司 whatever
        company the answer gives for it.
        """
        said = text[entity.start : entity.end] if entity.span else ""
        names = [name for name in (said, entity.text) if name]
        for label in (entity.label, None):
            for name in names:
                if links := self.hierarchy.links(name, label):
                    return LinkedName(links, self._others(said, links))
        nearest = next(filter(None, (self._nearest(name, entity.label) for name in names)), ())
        return LinkedName(nearest, self._others(said, nearest))

    def _others(self, said: str, links: tuple[NameLink, ...]) -> tuple[NameLink, ...]:
        """Add to the links of a name what else its words may name."""
        if not said or not links:
            return links
        surface = fold(said)
        if surface not in self.hierarchy.index:
            # 兰闪 for 兰山区供电公司 is the misspelled 兰山, which is a substation, too.
            surface = max(self._surfaces(links), key=lambda x: Levenshtein.normalized_similarity(x, surface))
        return tuple(dict.fromkeys((*links, *self.hierarchy.index[surface])))

    def _surfaces(self, links: Iterable[NameLink]) -> list[str]:
        return list(dict.fromkeys(x for link in links for x in self.hierarchy.written[link.node]))

    def _find_nearest(self, name: str, label: str) -> tuple[NameLink, ...]:
        """Give the nodes of the one value that is nearest to a name, if it is near enough."""
        folded = fold(name)
        if self.threshold >= 1 or len(folded) < _MIN_FUZZY:
            return ()
        found = extract(
            folded,
            self.hierarchy.surfaces(label),
            scorer=Levenshtein.normalized_similarity,
            score_cutoff=self.threshold,
            limit=None,
        )
        best = [surface for surface, score, _ in found if score == found[0][1]]
        links = [link for surface in best for link in self.hierarchy.links(surface, label)]
        # 凤山供电所 is as near to 凤凰供电所 as to 凤阳供电所: nobody knows which is meant.
        if len({link.node[-1] for link in links}) != 1:
            return ()
        return tuple(NameLink(link.node, FUZZY) for link in links)


def is_below(lower: Node, upper: Node) -> bool:
    """Tell whether a node is another one or lies below it."""
    return lower[: len(upper)] == upper


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


def join(
    paths: Sequence[Path] | None, links: Iterable[NameLink], start: int, own_level: int | None = None
) -> tuple[Path, ...]:
    """Give the paths on which one more name has its place.

    Of 菏泽 and the two 市中 of 济南 and 枣庄 nothing is left; of 济南 and these, the one of 济南.

    Args:
        paths: Of the names before; None for the first name.
        links: Of the name.
        start: Where the sentence says it.
        own_level: The level of its label, on which it may repeat another. Elsewhere each name has a level of
            its own, so that the second 东营 of 东营市东营 is no city.
    """
    joined: dict[Path, None] = {}
    for path in [Path((), frozenset())] if paths is None else paths:
        taken = {level for _, level in path.levels} - {own_level}
        for link in links:
            on_one_path = is_below(link.node, path.node) or is_below(path.node, link.node)
            if on_one_path and link.level not in taken:
                lowest = max(path.node, link.node, key=len)
                joined[Path(lowest, path.levels | {(start, link.level)})] = None
    # 日照 before 东港区供电公司 is the city, not the substation of that name: names go from high to low.
    return tuple(path for path in joined if path.descends) or tuple(joined)
