"""How rare it is in a corpus that CRFs speak so much for a change, among changes of its kind and label."""

from bisect import bisect_left
from collections.abc import Iterable
from math import log

from nerforge.evaluation.audit.candidates import Candidate


class Rarity:
    """The odds of all candidates of a corpus, by kind and label.

    Labels differ in how far CRFs can be trusted: where they contradict gold at every turn, one more time says
    little. Few candidates are faults, so the share of those with such odds tells how surprising they are.
    """

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        """Take the candidates of the corpus as it is."""
        self._odds: dict[tuple[str, str], list[float]] = {}
        for candidate in candidates:
            self._odds.setdefault(_group(candidate), []).append(candidate.odds)
        for odds in self._odds.values():
            odds.sort()

    def of(self, candidate: Candidate) -> float:
        """Give the negative logarithm of the share of candidates with at least such odds."""
        odds = self._odds.get(_group(candidate), [])
        n_at_least = len(odds) - bisect_left(odds, candidate.odds)
        return -log((n_at_least + 1) / (len(odds) + 1))


def _group(candidate: Candidate) -> tuple[str, str]:
    about = candidate.gold or candidate.proposed
    assert about is not None
    return candidate.kind, about.label
