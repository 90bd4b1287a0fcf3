"""``text_set``: what is named is right, however often."""

from nerforge.evaluation.metrics.criteria.criterion import Criterion, named, same_name

CRITERION = Criterion(
    name="text_set",
    meaning="label and value are the same, each once in a sentence",
    credit=same_name,
    key=named,
    is_set=True,
)
