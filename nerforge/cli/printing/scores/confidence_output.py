"""How confidences are shown: what they are worth, how far to trust them, what may be taken unseen."""

from collections.abc import Iterator, Sequence
from math import ceil

from rich.console import RenderableType
from rich.table import Table

from nerforge.evaluation.confidence.calibration import Calibration
from nerforge.evaluation.confidence.calibrators import MIN_OF_LABEL, ConfidenceMap, SigmoidMap
from nerforge.evaluation.confidence.confidence_figures import (
    ConfidenceFigures,
    ConfidenceScores,
    Estimate,
    Reliability,
    TakenUnseen,
)

_SHOWN_COVERAGE = (0.25, 0.5, 0.75, 1.0)
_BAR = 20
"""Characters of a full bar."""


def confidence_lines(found: ConfidenceScores) -> Iterator[RenderableType]:
    """Lay out the confidences of a set; every line fits into 80 columns."""
    entities, answers = found.entities, found.answers
    yield ""
    yield f"confidence of {entities.n:,} entities, {entities.n_right:,} right; {found.n_unplaced:,} without"
    yield from _figure_lines(entities)
    yield f"confidence that nothing is missed: {answers.n:,} answers, {answers.n_right:,} miss nothing"
    yield from _figure_lines(answers)
    if entities.n:
        yield from ("", _reliability_table(entities, found.n_bins))
    for taken in found.at_precision or ():
        yield from ("", *taken_lines(taken))


def _figure_lines(figures: ConfidenceFigures) -> Iterator[str]:
    if not figures.n:
        return
    yield f"  AUROC {_estimate(figures.auroc)}"
    yield f"  right of the surest {_surest(figures)}"
    yield _error_line("raw", figures.raw)
    if figures.calibrated:
        yield _error_line("calibrated", figures.calibrated)


def _surest(figures: ConfidenceFigures) -> str:
    nearest = [min(figures.risk, key=lambda row: abs(row.coverage - x)) for x in _SHOWN_COVERAGE]
    rows = {row.coverage: row for row in nearest}.values()
    return ", ".join(f"{_percent(row.coverage)} %: {_percent(row.precision)}" for row in rows)


def _error_line(name: str, found: Reliability) -> str:
    error = _estimate(found.calibration_error)
    return f"  {name:<10} ECE {error}, by chance {found.by_chance:.3f}, Brier {found.brier:.3f}"


def _reliability_table(figures: ConfidenceFigures, n_bins: int) -> Table:
    shown = figures.calibrated or figures.raw
    name = "calibrated" if figures.calibrated else "raw"
    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0), pad_edge=False)
    for column in (f"{name}, {n_bins} bins", "entities", "confidence", "right"):
        table.add_column(column, justify="left" if column.startswith(name) else "right", no_wrap=True)
    for row in shown.bins:
        full = round(_BAR * row.share_right)
        drawn = "#" * full + "." * (_BAR - full)
        table.add_row(drawn, f"{row.n:,}", _percent(row.mean_confidence), _percent(row.share_right))
    return table


def taken_lines(taken: TakenUnseen) -> Iterator[str]:
    """Say what may be taken unseen at a precision, and what goes to a person."""
    n = taken.n_taken + taken.n_to_check
    promise = f"precision {taken.precision:g}, promised with probability {1 - taken.delta:g}"
    if taken.threshold is None or taken.found_precision is None:
        why = "no threshold keeps it on dev" if taken.threshold is None else "no entity here is so sure"
        yield f"{promise}:"
        yield f"  {why}; all {n:,} entities go to a person"
        return
    yield f"{promise}: raw confidence from {taken.threshold:.4g} on"
    yield (
        f"  taken unseen {taken.n_taken:,} of {n:,} ({_percent(taken.share_taken)} %), "
        f"{_percent(taken.found_precision)} % of them right here"
    )
    yield f"  to a person  {taken.n_to_check:,}"


def calibration_lines(found: Calibration) -> Iterator[str]:
    """Say what was fitted, and on what."""
    on = found.fitted_on
    yield (
        f"fitted on {on.n_entities:,} entities of {on.n_samples:,} samples, {on.n_right:,} of them right; "
        f"{on.n_unplaced:,} without a confidence"
    )
    yield f"all labels: {_map(found.entities.pooled)}"
    for label, own in found.entities.by_label.items():
        yield f"{label}: {_map(own)}"
    if not found.entities.by_label:
        yield f"no label has {MIN_OF_LABEL} right and {MIN_OF_LABEL} wrong ones for a map of its own"
    for at in found.thresholds:
        if at.threshold is None:
            yield (
                f"precision {at.precision:g}: no threshold keeps it with probability {1 - found.delta:g}; it "
                f"takes at least {ceil(at.needed)} independent entities, all right"
            )
            continue
        yield (
            f"precision {at.precision:g}: raw confidence from {at.threshold:.4g} on, "
            f"{_percent(at.share)} % of the entities, {_percent(at.found_precision or 0)} % of them right"
        )


def _map(found: ConfidenceMap) -> str:
    if isinstance(found, SigmoidMap):
        return f"sigmoid({found.slope:.3f} * log-odds {found.intercept:+.3f})"
    return f"isotonic, {len(found.raw)} points from {found.calibrated[0]:.3f} to {found.calibrated[-1]:.3f}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _estimate(found: Estimate) -> str:
    if found.value is None:
        return "not defined"
    ends: Sequence[float | None] = (found.low, found.high)
    low, high = (None if end is None else f"{end:.3f}" for end in ends)
    return f"{found.value:.3f}" + (f" ({low}–{high})" if low and high else "")
