"""Link what an answer names to nodes of a hierarchy: as written, by its other forms, or misspelled."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import extract

from nerforge.evaluation.grounding import DEFAULT_THRESHOLD
from nerforge.evaluation.grounding.hierarchy import Hierarchy, NameLink, Node
from nerforge.templates.domain import Entity
from nerforge.templates.mentions.folding import fold

FUZZY = "fuzzy"
"""The form of a name that is nearly one of the table's."""
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
                    return LinkedName(links, self._with_others(said, links))
        nearest = next(filter(None, (self._nearest(name, entity.label) for name in names)), ())
        return LinkedName(nearest, self._with_others(said, nearest))

    def is_near(self, name: str, node: Node) -> bool:
        """Tell whether a name may be a misspelling of one that is expected at its place."""
        folded = fold(name)
        return self.threshold < 1 and any(
            Levenshtein.normalized_similarity(folded, surface) >= self.threshold
            for surface in self.hierarchy.written[node]
        )

    def _with_others(self, said: str, links: tuple[NameLink, ...]) -> tuple[NameLink, ...]:
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
        """Give the nodes of the one value that is nearest to a name, if it is near enough.

        Only what all names of a kind share may be misspelled: 巨野县供电公思 says 巨野, and so is
        巨野县供电公司; 宁阳县供电公司 does not say 宁津, and is no misspelling of 宁津县供电公司.
        """
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
        links = [link for link in links if self._says_stem(folded, link.node)]
        # What is as near to two values is nobody's misspelling.
        if len({link.node[-1] for link in links}) != 1:
            return ()
        return tuple(NameLink(link.node, FUZZY) for link in links)

    def _says_stem(self, folded: str, node: Node) -> bool:
        """Tell whether words hold the shortest form of a name, and that is shorter than the name."""
        stem = min(self.hierarchy.written[node], key=len)
        return len(stem) < len(fold(node[-1])) and stem in folded
