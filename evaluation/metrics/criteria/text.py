"""``text``: what is named is right, wherever it is."""

from nerforge.evaluation.metrics.criteria.criterion import Criterion, named, same_name

CRITERION = Criterion(
    name="text",
    meaning="label and value are the same, each as often as it is named",
    credit=same_name,
    key=named,
)
