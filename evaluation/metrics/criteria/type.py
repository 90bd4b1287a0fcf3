"""``type``: the label is right, and the place roughly."""

from nerforge.evaluation.metrics.criteria.criterion import Criterion
from nerforge.evaluation.metrics.entity_pairing import count_pairs, overlap_same_label

CRITERION = Criterion(
    name="type",
    # SemEval-2013 task 9.1, as for `partial`.
    meaning="they overlap and have the same label (as there)",
    credit=overlap_same_label,
    # Where spans of a side overlap, an equal pair may have to be broken up. Gold [0, 10) and [8, 12),
    # predicted [0, 10) and [0, 2): pairing [0, 10) with its equal leaves [8, 12) and [0, 2), which do not
    # overlap, so 1 match; [0, 10) with [0, 2) and [8, 12) with [0, 10) are 2.
    equal_first="apart",
    count=lambda gold, predicted: count_pairs(gold, predicted, overlap_same_label),
)
