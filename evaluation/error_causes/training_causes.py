"""Causes that lie in how training treats the surface of an error."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nerforge.evaluation.error_analysis.wrong_pairs import WrongPair
from nerforge.evaluation.error_causes.causes import Cause, surface_of
from nerforge.evaluation.error_causes.training_uses import UNLABELLED, TrainingUses, use_of
from nerforge.evaluation.reading.wrong_samples import TrainingUse
from nerforge.evaluation.surface_finder import Span
from nerforge.templates.domain import Entity

AMBIGUOUS_SHARE = 0.1
"""From this share of the other uses on, a surface that is mostly used as here is ambiguous."""
_BY_KIND = {
    "label": Cause.LABELLED_OTHERWISE,
    "unlabelled": Cause.MOSTLY_UNLABELLED,
    "boundary": Cause.BOUNDARY_HABIT,
    "nested": Cause.NESTED_IN_TRAINING,
}


class TrainingCause(NamedTuple):
    """A cause, and the counts that it follows from."""

    cause: Cause
    use: TrainingUse


class Sides(NamedTuple):
    """A sentence with all entities of either side."""

    text: str
    gold: Sequence[Entity]
    predicted: Sequence[Entity]


def training_cause(pair: WrongPair, sentence: Sides, uses: TrainingUses) -> TrainingCause:
    """Give the cause that training's use of the surface tells; there always is one."""
    gold, predicted = pair
    entity = predicted if gold is None else gold
    assert entity is not None
    if entity.start is None:
        # A completed value is nowhere in a sentence: training completes it sometimes, or never.
        n = uses.completed(entity.text).get(entity.label, 0)
        use = TrainingUse({entity.label: n} if n else {})
        return TrainingCause(Cause.AS_IN_TRAINING if n else Cause.UNSEEN, use)
    if gold is None:
        return _of_spurious(entity, sentence, uses)
    if predicted is None:
        return _of_missed(gold, sentence, uses)
    return _of_wrong(gold, predicted, sentence.text, uses)


def _of_missed(gold: Entity, sentence: Sides, uses: TrainingUses) -> TrainingCause:
    use = uses.of(surface_of(gold, sentence.text))
    # A longer span is training's boundary habit where the answer has a longer one, too.
    boundary = _of_kind(use, gold, sentence.predicted)
    others = {
        "label": _most_other(use, gold.label),
        "unlabelled": use.unlabelled,
        "boundary": boundary,
        "nested": _n_nested(use) - boundary,
    }
    return _judge(use, use.labels.get(gold.label, 0), others)


def _of_wrong(gold: Entity, predicted: Entity, text: str, uses: TrainingUses) -> TrainingCause:
    """Look for what makes a model label something else here; that it labels something is right."""
    use = uses.of(surface_of(gold, text))
    others = {"boundary": _of_kind(use, gold, [predicted])}
    if gold.label != predicted.label:
        others = {"label": _most_other(use, gold.label), **others}
    found = _judge(use, use.labels.get(gold.label, 0), others)
    if found.cause in (Cause.LABELLED_OTHERWISE, Cause.BOUNDARY_HABIT) or predicted.span == gold.span:
        return found
    by_itself = uses.of(surface_of(predicted, text))
    # A known name within one that training never had: 美国 in 美国职棒, even if 美国国会 occurs more often.
    n_as_here = _of_kind(by_itself, predicted, [gold]) if use.labels else 0
    if _n_labelled(by_itself) > n_as_here:
        return TrainingCause(Cause.BOUNDARY_HABIT, by_itself)
    return found


def _of_spurious(predicted: Entity, sentence: Sides, uses: TrainingUses) -> TrainingCause:
    """Compare how training treats a predicted surface with how gold treats it here."""
    use = uses.of(surface_of(predicted, sentence.text))
    here = use_of(_span(predicted), sentence.gold)
    if here.labels:
        n_here = max(use.labels.get(label, 0) for label in here.labels)
        return _judge(use, n_here, {"label": _most_other(use, *here.labels)})
    if here.kind == UNLABELLED:
        n_labelled = _n_labelled(use)
        # What training labels by itself needs no longer spans to be explained.
        n_nested = _n_nested(use) if n_labelled <= use.unlabelled else 0
        return _judge(use, use.unlabelled, {"label": n_labelled, "nested": n_nested})
    # Gold has a longer or shorter span here: training that labels this one sets other boundaries.
    return _judge(use, _of_kind(use, predicted, sentence.gold), {"boundary": _n_labelled(use)})


def _judge(use: TrainingUse, n_here: int, others: Mapping[str, int]) -> TrainingCause:
    """Weigh how often training uses a surface as gold does here against what might mislead a model.

    Args:
        use: All uses.
        n_here: Places used as here.
        others: Those used otherwise, by ``label``, ``unlabelled``, ``boundary`` and ``nested``; the first of
            equals decides.
    """
    n_most, n_others = max(others.values()), sum(others.values())
    if n_most > n_here:
        return TrainingCause(_BY_KIND[next(kind for kind, n in others.items() if n == n_most)], use)
    if n_others and n_others >= AMBIGUOUS_SHARE * (n_here + n_others):
        return TrainingCause(Cause.AMBIGUOUS, use)
    return TrainingCause(Cause.AS_IN_TRAINING if n_here or use.labels else Cause.UNSEEN, use)


def _of_kind(use: TrainingUse, entity: Entity, others: Sequence[Entity]) -> int:
    """Count the places where a labelled span lies to a surface as one of the others does here."""
    kind = use_of(_span(entity), others).kind
    return 0 if kind == UNLABELLED else int(getattr(use, kind))


def _span(entity: Entity) -> Span:
    assert entity.start is not None and entity.end is not None
    return entity.start, entity.end


def _most_other(use: TrainingUse, *labels: str) -> int:
    return max((n for label, n in use.labels.items() if label not in labels), default=0)


def _n_nested(use: TrainingUse) -> int:
    """Count the places without a label of their own that overlap labelled spans."""
    return use.longer + use.shorter + use.crossing


def _n_labelled(use: TrainingUse) -> int:
    return sum(use.labels.values())
