"""The gate of ``nerforge score``: a threshold, and a baseline that scores may not fall far below."""

from pathlib import Path
from typing import NamedTuple

from nerforge.evaluation.scores.schema import AnyScores
from nerforge.evaluation.scores.score_file import (
    GoldSettings,
    ScoreHead,
    is_drop,
    main_figure,
    read_head,
    require_same_gold,
)
from nerforge.foundation.errors import UsageError


class Baseline(NamedTuple):
    """The scores of an earlier run, and how far later ones may fall below them."""

    path: Path
    head: ScoreHead
    max_drop: float


class Gate(NamedTuple):
    """What strict micro F1, or the accuracy of text classification, must reach."""

    fail_under: float | None = None
    baseline: Baseline | None = None

    def require_same_gold(self, predictions: Path, scores: AnyScores) -> None:
        """Refuse to hold scores against those of another task or another gold file.

        Raises:
            UserError: task or gold differ from the baseline's.
        """
        if self.baseline is not None:
            found = GoldSettings(scores.settings.task, scores.settings.gold_sha256)
            require_same_gold(predictions, found, self.baseline.path, self.baseline.head.settings)

    def fault(self, scores: AnyScores) -> str | None:
        """Say which limit the scores fall short of; None where they pass."""
        # NaN is below every limit: see `is_drop`.
        name, score = main_figure(scores)
        if self.fail_under is not None and not score >= self.fail_under:
            return f"{name} {score:.4f} is below --fail-under {self.fail_under}"
        if self.baseline is None or not is_drop(self.baseline.head.main, score, self.baseline.max_drop):
            return None
        base = self.baseline.head.main
        return (
            f"{name} {score:.4f} is {base - score:.4f} below {base:.4f} of --baseline; "
            f"--max-drop is {self.baseline.max_drop}"
        )


def read_gate(
    fail_under: float | None = None,
    baseline: Path | None = None,
    max_drop: float | None = None,
    *,
    out: Path | None = None,
) -> Gate:
    """Read the baseline, which must stay as it is: ``out`` may not replace it.

    Raises:
        UsageError: a drop is allowed from no baseline, or the scores would be written over it.
        UserError: the baseline is no score file.
    """
    if baseline is None:
        if max_drop is not None:
            raise UsageError("--max-drop goes with --baseline")
        return Gate(fail_under)
    if out is not None and out.resolve() == baseline.resolve():
        raise UsageError(
            f"--out {out} is the file of --baseline: new scores would replace what they are held against; "
            "choose another --out"
        )
    return Gate(fail_under, Baseline(baseline, read_head(baseline), max_drop or 0.0))
