"""Gates: limits that scores must reach, for the exit code of a script that has to stop where they do not."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

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

FAIL_UNDER, MAX_DROP = "--fail-under", "--max-drop"


class LimitCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One limit, held against one figure; shares, not percent."""

    option: str
    """The option that sets the limit."""
    limit: float | None
    """None for one that is no number, which nothing passes."""
    path: str
    """The predictions or the score file whose figure it is."""
    value: float
    low: float | None = None
    """The lower end of the figure's 95 % interval; the limit is held against the figure itself."""
    baseline: float | None = None
    """The figure of the baseline, where the limit is a drop below it."""
    passed: bool
    message: str = ""
    """What is to be said of a limit that was missed."""


class Verdict(msgspec.Struct, frozen=True):
    """Whether all limits were kept."""

    passed: bool
    criterion: str
    checks: list[LimitCheck]

    @property
    def message(self) -> str | None:
        """What is to be said of the limits that were missed; None where all were kept."""
        return "; ".join(check.message for check in self.checks if not check.passed) or None


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

    def judge(self, predictions: Path, scores: AnyScores) -> Verdict | None:
        """Hold scores against each limit; None where there is none."""
        figure, checks = main_figure(scores), []
        if self.fail_under is not None:
            # NaN is below every limit: see `is_drop`.
            passed = figure.value >= self.fail_under
            said = f"{figure.name} {figure.value:.4f} is below {FAIL_UNDER} {self.fail_under}"
            checks.append(
                LimitCheck(
                    option=FAIL_UNDER,
                    limit=_number(self.fail_under),
                    path=str(predictions),
                    value=figure.value,
                    low=figure.low,
                    passed=passed,
                    message="" if passed else said,
                )
            )
        if self.baseline is not None:
            of = Drop(str(predictions), figure.value, "--baseline", self.baseline.head.main, figure.low)
            checks.append(check_drop(figure.name, of, self.baseline.max_drop))
        return verdict(figure.name, checks)


class Drop(NamedTuple):
    """A figure, and that of a baseline which it may be below of."""

    path: str
    value: float
    baseline_name: str
    baseline: float
    low: float | None = None


def check_drop(name: str, drop: Drop, max_drop: float, *, named: str = "") -> LimitCheck:
    """Hold the distance between a figure and that of a baseline against the greatest that is allowed.

    Args:
        name: What the figure is called.
        drop: The two figures.
        max_drop: How far the one may be below the other.
        named: How a message calls what has the figure, if it has to.
    """
    passed = not is_drop(drop.baseline, drop.value, max_drop)
    of = f" of {named}" if named else ""
    said = (
        f"{name} {drop.value:.4f}{of} is {drop.baseline - drop.value:.4f} below {drop.baseline:.4f} of "
        f"{drop.baseline_name}; {MAX_DROP} is {max_drop}"
    )
    return LimitCheck(
        option=MAX_DROP,
        limit=_number(max_drop),
        path=drop.path,
        value=drop.value,
        low=drop.low,
        baseline=drop.baseline,
        passed=passed,
        message="" if passed else said,
    )


def verdict(criterion: str, checks: Iterable[LimitCheck]) -> Verdict | None:
    """Sum up checks; None where there are none."""
    made = list(checks)
    return Verdict(all(check.passed for check in made), criterion, made) if made else None


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
            raise UsageError(f"{MAX_DROP} goes with --baseline")
        return Gate(fail_under)
    if out is not None and out.resolve() == baseline.resolve():
        raise UsageError(
            f"--out {out} is the file of --baseline: new scores would replace what they are held against; "
            "choose another --out"
        )
    return Gate(fail_under, Baseline(baseline, read_head(baseline), max_drop or 0.0))


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
