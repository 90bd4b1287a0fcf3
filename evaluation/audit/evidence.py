"""What speaks for a candidate and against it, as numbers that a model can weigh."""

from collections.abc import Mapping, Sequence
from math import log
from typing import NamedTuple

from nerforge.evaluation.audit.candidates import Candidate
from nerforge.evaluation.audit.corpus_habits import Evidence, HabitsElsewhere
from nerforge.evaluation.audit.text_ties import EdgeTies
from nerforge.templates.domain import Entity, Sample

FEATURES = (
    "joint", "single", "joint_read_so", "single_read_so", "joint_doubt", "single_doubt",
    "rarity", "surface", "known", "labelled", "edges", "ties", "edge_chars", "held_chars",
    "twins", "predictions",
)  # fmt: skip
PRIOR_WEIGHTS = (0.3, 0.3, 0.5, 0.5, 0.0, 0.0, 0.3, 0.6, -0.3, 0.0, 0.4, 0.1, 0.1, 0.1, 1.0, 1.5)
"""What each is worth before anything is learned, in log-odds."""
_MAX = 12.0
_HALF = 0.5
"""Is added to counts, so that none is 0 (the estimate of Krichevsky and Trofimov)."""


class Prediction(NamedTuple):
    """What a model predicted for a sentence."""

    name: str
    """Of the file."""
    scores: Mapping[tuple[str, tuple[int, int] | None], float]
    """How sure it is of each entity, by label and span; 1 where it does not say."""


class WeighedEvidence(NamedTuple):
    """A candidate and its evidence."""

    candidate: Candidate
    values: tuple[float, ...]
    """In the order of ``FEATURES``."""
    surfaces: Evidence
    edges: list[Evidence]
    twins: Evidence
    predicted: list[str]
    """The names of files that have it as proposed and not as gold."""


def gather(
    sample: Sample,
    candidate: Candidate,
    habits: HabitsElsewhere,
    twins: Sequence[Sample],
    predictions: Sequence[Prediction],
    ties: EdgeTies,
    rarity: float,
    chars: tuple[float, float],
) -> WeighedEvidence:
    """Gather the evidence for a candidate.

    Args:
        sample: The sentence.
        candidate: What may be wrong in it.
        habits: Of the corpus without its near duplicates.
        twins: The near duplicates.
        predictions: What models predicted for it.
        ties: How closely its characters are tied.
        rarity: How rare such odds are.
        chars: How much better the characters at edges and within suit what is proposed.
    """
    text, gold, proposed = sample.text, candidate.gold, candidate.proposed
    surfaces = habits.surfaces(text, gold, proposed)
    is_moved = gold is not None and proposed is not None and gold.span != proposed.span
    edges = habits.edges(text, gold, proposed) if is_moved and gold and proposed else []
    voted = _votes(text, gold, proposed, twins)
    predicted = [_predicted(gold, proposed, x) for x in predictions]
    values = (
        *map(_bounded, candidate.opinion),
        *map(float, candidate.read_so),
        *map(_bounded, candidate.doubt),
        rarity,
        _log_odds(surfaces),
        log(1 + surfaces.n_against),
        log(1 + surfaces.n_for),
        sum(map(_log_odds, edges)),
        _ties_cut(gold, proposed, ties),
        *map(_bounded, chars),
        _log_odds(voted),
        sum(predicted),
    )
    names = [x.name for x, value in zip(predictions, predicted, strict=True) if value > 0]
    return WeighedEvidence(candidate, values, surfaces, edges, voted, names)


def _bounded(odds: float) -> float:
    return min(max(odds, -_MAX), _MAX)


def _ties_cut(gold: Entity | None, proposed: Entity | None, ties: EdgeTies) -> float:
    """Say how much closer the ties are that gold's edges cut than those that the proposed ones cut."""
    old, new = (set() if x is None or x.span is None else set(x.span) for x in (gold, proposed))
    return sum(map(ties.at, sorted(old - new))) - sum(map(ties.at, sorted(new - old)))


def _log_odds(evidence: Evidence) -> float:
    return log((evidence.n_for + _HALF) / (evidence.n_against + _HALF))


def _votes(text: str, gold: Entity | None, proposed: Entity | None, twins: Sequence[Sample]) -> Evidence:
    """Count the near duplicates that have the words as proposed, and as gold."""
    n_for = n_against = 0
    for twin in twins:
        has_gold, has_proposed = (_has(twin, text, entity) for entity in (gold, proposed))
        if gold is None or proposed is None:
            one = gold or proposed
            assert one is not None
            if text[one.start : one.end] not in twin.text:
                continue
            has_it = has_gold if proposed is None else has_proposed
            n_for += has_it if gold is None else not has_it
            n_against += not has_it if gold is None else has_it
        else:
            n_for += has_proposed and not has_gold
            n_against += has_gold and not has_proposed
    return Evidence(n_for, n_against)


def _has(sample: Sample, text: str, entity: Entity | None) -> bool:
    if entity is None:
        return False
    surface = text[entity.start : entity.end]
    return any(
        x.span and x.label == entity.label and sample.text[x.start : x.end] == surface
        for x in sample.entities
    )


def _predicted(gold: Entity | None, proposed: Entity | None, prediction: Prediction) -> float:
    """Say by its confidence whether a model has it as proposed (above 0) or as gold (below)."""

    def score(entity: Entity | None, other: Entity | None) -> float:
        if entity is not None:
            return prediction.scores.get((entity.label, entity.span), 0.0)
        assert other is not None
        # Nothing at this place: no entity that overlaps the other one.
        start, end = other.span or (0, 0)
        spans = (span for _, span in prediction.scores if span is not None)
        return 0.0 if any(first < end and start < last for first, last in spans) else 1.0

    return score(proposed, gold) - score(gold, proposed)
