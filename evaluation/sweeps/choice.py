"""Which checkpoint is the best one: the highest score on dev, or the earliest that is nearly as good."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from nerforge.evaluation.sweeps.deciding_figure import DecidingFigure, criterion_name

BREIMAN = "Breiman et al. 1984, Classification and Regression Trees, section 3.4.3"


class CheckpointScore(msgspec.Struct, frozen=True, kw_only=True):
    """What a checkpoint scored on a split; a row of ``sweep.json``."""

    name: str
    step: int | None
    epoch: float | None
    train_loss: float | None
    """Logged last before the checkpoint."""
    outcomes: dict[str, int] | None = None
    n_not_clean: int = 0
    """Answers that were repaired, salvaged, unparsable or missing."""
    n_cut: int = 0
    """Answers that were cut at the limit of new tokens."""
    n_rows: int = 0
    """Rows that the figure is of."""
    is_stopped: bool = False
    """Whether it was dropped early, so that its figure is of a part of the rows."""
    seconds: float | None = None
    """That answering took; None where it is not known."""
    predictions_sha256: str | None = None
    error: str | None = None
    value: float | None = None
    """The figure that decides; None, like its errors, where the checkpoint could not be judged."""
    low: float | None = None
    high: float | None = None
    standard_error: float | None = None

    @property
    def figure(self) -> DecidingFigure | None:
        """The figure that decides, with what is known of its error."""
        value, low, high, error = self.value, self.low, self.high, self.standard_error
        if value is None or low is None or high is None or error is None:
            return None
        return DecidingFigure(value, low, high, error)

    def with_figure(self, figure: DecidingFigure) -> "CheckpointScore":
        """Give the same with a figure."""
        return replace(
            self,
            value=figure.value,
            low=figure.low,
            high=figure.high,
            standard_error=figure.standard_error,
        )


def choose(rows: Sequence[CheckpointScore], *, one_standard_error: bool) -> CheckpointScore:
    """Choose among the rows that were judged to their end, from the earliest to the latest.

    The best one is that of the highest figure, of equal ones the earliest. With ``one_standard_error``, it is
    the earliest whose figure is at least that of the best one less the best one's standard error.

    Raises:
        ValueError: none was judged to its end.
    """
    judged = [(row.figure, row) for row in rows if row.figure is not None and not row.is_stopped]
    highest, best = max(judged, key=lambda pair: pair[0].value)
    if not one_standard_error:
        return best
    # Figures 0.80 0.84 0.85 with standard error 0.02 of the best: the limit is 0.83, the second is chosen.
    limit = highest.value - highest.standard_error
    return next(row for figure, row in judged if figure.value >= limit)


def describe_rule(criterion: str, *, one_standard_error: bool) -> str:
    """Say by which rule the best checkpoint is chosen."""
    name = criterion_name(criterion)
    if not one_standard_error:
        return f"the highest {name} on dev; of equal ones the earliest"
    return (
        f"the earliest whose {name} on dev is at least that of the best less its standard error, the "
        f"standard deviation over bootstrap resamples of the sentences (one standard error rule, {BREIMAN})"
    )
