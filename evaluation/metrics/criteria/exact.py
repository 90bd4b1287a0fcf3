"""``exact``: the boundaries are right."""

from nerforge.evaluation.metrics.criteria.criterion import Criterion
from nerforge.evaluation.metrics.entity_pairing import place

CRITERION = Criterion(
    name="exact",
    meaning="the span is the same, whatever the label; where there is no span, the value",
    credit=lambda gold, predicted: place(gold) == place(predicted),
    key=place,
)
