"""``strict``: the whole entity is right."""

from operator import eq

from nerforge.evaluation.metrics.criteria.criterion import Criterion

CRITERION = Criterion(
    name="strict",
    meaning="label, span and value are the same; where there is no span, label and value",
    credit=eq,
    key=lambda entity: entity,
)
