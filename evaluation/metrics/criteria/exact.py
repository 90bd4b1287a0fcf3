"""``exact``: the boundaries are right."""

from nerforge.evaluation.metrics.criteria.criterion import Criterion
from nerforge.evaluation.metrics.entity_pairing import place, same_place

CRITERION = Criterion(
    name="exact",
    meaning="the span is the same, whatever the label; where there is no span, the value",
    credit=same_place,
    key=place,
)
