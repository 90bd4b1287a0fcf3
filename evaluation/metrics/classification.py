"""Score text classification: one label a text, or none where the answer could not be read."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from nerforge.evaluation.metrics.bootstrap import Floats, Indices, f1_scores, interval, resample_sums
from nerforge.evaluation.metrics.match_counts import MatchCounts
from nerforge.evaluation.metrics.score_figures import Bootstrap, ConfusedClasses, LabelFigures

_Labels = tuple[str, str | None]
"""Gold and predicted label of a text."""


def score_labels(
    gold: Sequence[str], predicted: Sequence[str | None], bootstrap: Bootstrap | None = None
) -> LabelFigures:
    """Give accuracy, macro F1 and each label's figures, with intervals over texts, and the confusion.

    Macro F1 is the mean over the labels that occur on either side. A text without a predicted label counts
    against its gold label's recall and against accuracy, and against no precision.

    Raises:
        ValueError: the sides differ in length.
    """
    bootstrap = bootstrap or Bootstrap()
    pairs = Counter(zip(gold, predicted, strict=True))
    labels = sorted({label for pair in pairs for label in pair if label is not None})
    rows, groups = _grouped(pairs, zip(gold, predicted, strict=True), labels)
    sums = resample_sums(rows, groups, bootstrap.resamples, bootstrap.seed)
    tp, n_gold, n_predicted = (sums[:, start : 3 * len(labels) : 3] for start in range(3))
    f1s = f1_scores(tp, n_gold, n_predicted)
    counts = {label: _counts(pairs, label) for label in labels}
    n_right = sum(c.tp for c in counts.values())
    accuracy = interval(tp.sum(axis=1) / max(len(gold), 1), bootstrap.level)
    macro = interval(_macro(f1s, n_gold + n_predicted), bootstrap.level)
    return LabelFigures(
        n_samples=len(gold),
        n_unread=sum(n for (_, label), n in pairs.items() if label is None),
        accuracy=n_right / len(gold) if gold else 0.0,
        accuracy_low=accuracy.low,
        accuracy_high=accuracy.high,
        macro_f1=sum(c.f1 for c in counts.values()) / len(labels) if labels else 0.0,
        macro_f1_low=macro.low,
        macro_f1_high=macro.high,
        per_label={
            label: c.with_interval(*interval(f1s[:, i], bootstrap.level))
            for i, (label, c) in enumerate(counts.items())
        },
        confusion=_confusion(pairs),
    )


def _grouped(
    pairs: Iterable[_Labels], texts: Iterable[_Labels], labels: Sequence[str]
) -> tuple[Floats, Indices]:
    """Give the counts of each pair of labels, one row a pair, and the row of each text."""
    order = {pair: row for row, pair in enumerate(pairs)}
    # Of labels 政 and 经, a text of gold 政 that was read as 经 counts tp, gold, predicted 0 1 0 and 0 0 1.
    rows = np.array([_row(pair, labels) for pair in order], dtype=np.float32)
    return rows.reshape(len(order), 3 * len(labels)), np.array([order[pair] for pair in texts], dtype=np.intp)


def _row(pair: tuple[str, str | None], labels: Sequence[str]) -> list[int]:
    gold, predicted = pair
    return [n for x in labels for n in (gold == x == predicted, gold == x, predicted == x)]


def _counts(pairs: Counter[tuple[str, str | None]], label: str) -> MatchCounts:
    n_gold = sum(n for (gold, _), n in pairs.items() if gold == label)
    n_predicted = sum(n for (_, predicted), n in pairs.items() if predicted == label)
    return MatchCounts(pairs[label, label], n_gold, n_predicted)


def _macro(f1s: Floats, occurrences: Floats) -> Floats:
    """Give each resample's mean over the labels that occur in it."""
    means: Floats = f1s.sum(axis=1) / np.maximum((occurrences > 0).sum(axis=1), 1)
    return means


def _confusion(pairs: Counter[tuple[str, str | None]]) -> ConfusedClasses:
    """Give the matrix by gold and predicted label, and apart from it the texts without a predicted label."""
    matrix: dict[str, dict[str, int]] = {}
    unread: dict[str, int] = {}
    for (gold, predicted), n in sorted(pairs.items(), key=lambda item: (item[0][0], item[0][1] or "")):
        if predicted is None:
            unread[gold] = n
        else:
            matrix.setdefault(gold, {})[predicted] = n
    return ConfusedClasses(matrix, unread)
