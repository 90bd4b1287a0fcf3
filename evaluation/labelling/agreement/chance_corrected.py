"""Cohen's kappa and Krippendorff's alpha over characters: a second opinion, which misleads for entities.

Both ask how often annotators would agree by chance, which needs cases that nobody marked. Sentences have no
number of spans that nobody marked, so characters are counted in their place. Most of them are outside of all
entities, those within one entity are not independent, and a long entity counts more than a short one: the
figures change with how rare and how long entities are. With ever more unmarked cases kappa approaches F1,
which needs none: Hripcsak and Rothschild, Agreement, the F-Measure, and Reliability in Information Retrieval,
JAMIA 12(3), 2005, https://doi.org/10.1197/jamia.M1733

Characters may lie in several entities. Their value is the set of labels that hold there, or, for one label,
whether it holds.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from itertools import combinations

from nerforge.evaluation.labelling.annotations.grouping import AnnotatedSentence
from nerforge.templates.domain import Entity

Labels = frozenset[str]
Coincidences = dict[tuple[Hashable, Hashable], float]
"""How often two annotators give a unit these values, in the order of their names."""
_NOTHING: Labels = frozenset()


class CharacterCounts:
    """Values of characters by pairs of annotators."""

    def __init__(self, sentences: Iterable[AnnotatedSentence]) -> None:
        """Count sentences that at least two annotators labelled."""
        self._of_pair: dict[tuple[str, str], Coincidences] = {}
        self._all: Coincidences = defaultdict(float)
        """Each pair of a sentence with m annotators counts 1 / (m - 1)."""
        for sentence in sentences:
            self._add(sentence)

    def _add(self, sentence: AnnotatedSentence) -> None:
        values = {name: _values(one.entities) for name, one in sentence.by_annotator.items()}
        for pair in combinations(sorted(values), 2):
            first, second = (values[name] for name in pair)
            marked = first.keys() | second.keys()
            counts = Counter((first.get(at, _NOTHING), second.get(at, _NOTHING)) for at in marked)
            counts[_NOTHING, _NOTHING] += len(sentence.text) - len(marked)
            of_pair = self._of_pair.setdefault(pair, defaultdict(float))
            for both, n in counts.items():
                of_pair[both] += n
                self._all[both] += n / (len(values) - 1)

    def kappa(self, pair: tuple[str, str]) -> float | None:
        """Give Cohen's kappa of two annotators; None where they share nothing, or chance explains all."""
        return cohens_kappa(self._of_pair.get(pair, {}))

    def alpha(self, label: str | None = None) -> float | None:
        """Give Krippendorff's alpha, of all labels or of one against the others."""
        if label is None:
            return krippendorffs_alpha(self._all)
        return krippendorffs_alpha(_of_label(self._all, label))


def cohens_kappa(counts: Mapping[tuple[Hashable, Hashable], float]) -> float | None:
    """Give (p_o - p_e) / (1 - p_e): Cohen, A Coefficient of Agreement for Nominal Scales, 1960.

    Args:
        counts: How often two annotators give a unit these values.
    """
    n = sum(counts.values())
    if not n:
        return None
    first, second = defaultdict[Hashable, float](float), defaultdict[Hashable, float](float)
    for (one, other), count in counts.items():
        first[one] += count
        second[other] += count
    observed = sum(count for (one, other), count in counts.items() if one == other) / n
    expected = sum(first[value] * second[value] for value in first) / n**2
    return None if expected >= 1 else (observed - expected) / (1 - expected)


def krippendorffs_alpha(counts: Mapping[tuple[Hashable, Hashable], float]) -> float | None:
    """Give 1 - D_o / D_e for nominal values.

    Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011, section C:
    https://www.asc.upenn.edu/sites/default/files/2021-03/Computing%20Krippendorff%27s%20Alpha-Reliability.pdf

    Args:
        counts: How often pairs of annotators give a unit these values, each pair once, divided by the number
            of the unit's annotators less one.
    """
    totals = defaultdict[Hashable, float](float)
    for (one, other), count in counts.items():
        totals[one] += count
        totals[other] += count
    n = sum(totals.values())
    # Of the coincidence matrix, which has each pair twice, the sum of what is off the diagonal.
    observed = 2 * sum(count for (one, other), count in counts.items() if one != other)
    expected = n**2 - sum(total**2 for total in totals.values())
    return None if not expected else 1 - (n - 1) * observed / expected


def _values(entities: Iterable[Entity]) -> dict[int, Labels]:
    """Give the labels of each character that has any."""
    found: dict[int, Labels] = {}
    for entity in entities:
        for at in range(*(entity.span or (0, 0))):
            found[at] = found.get(at, _NOTHING) | {entity.label}
    return found


def _of_label(counts: Coincidences, label: str) -> Coincidences:
    """Ask of each value only whether it has a label."""
    merged: Coincidences = defaultdict(float)
    for (one, other), count in counts.items():
        assert isinstance(one, frozenset) and isinstance(other, frozenset)
        merged[label in one, label in other] += count
    return merged
