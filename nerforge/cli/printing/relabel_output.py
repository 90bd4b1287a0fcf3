"""How mended gold is printed: what changed, how often gold was wrong, and F1 on both."""

from collections.abc import Iterator

from nerforge.evaluation.relabelling.mended_gold import Share
from nerforge.evaluation.relabelling.relabel_run import F1Interval, RelabelReport
from nerforge.foundation.printing import printable

_N_SHOWN = 10


def relabel_lines(report: RelabelReport) -> Iterator[str]:
    """Yield what there is to say."""
    counts = ", ".join(f"{kind} {n:,}" for kind, n in report.verdicts.items())
    yield f"{report.n_judged:,} of {report.n_samples:,} sentences judged; verdicts: {counts}"
    if report.repeated:
        yield f"verdicts said twice and counted once: {report.repeated:,}"
    yield (
        f"{report.changed:,} sentences mended, {report.entities_added:,} entities added, "
        f"{report.entities_removed:,} removed"
    )
    if report.unchanged:
        yield f"sentences called wrong whose mended gold is what it was: {report.unchanged:,}"
    if report.conflicts:
        yield f"conflicts, where gold stays as it was: {len(report.conflicts):,}"
        for conflict in report.conflicts[:_N_SHOWN]:
            places = ", ".join(map(printable, conflict.places))
            yield f"  {printable(conflict.id)}: {conflict.reason}: {places}"
    yield f"errors that are gold's, of those judged: {_share(report.gold_errors)}"
    for scored in report.scores:
        before, after = _f1(scored.before), _f1(scored.after)
        name = printable(scored.predictions)
        yield f"{name}: strict micro F1 {before} on the old gold, {after} on the mended"
    yield printable(report.out)


def _share(share: Share) -> str:
    counts = f"{share.n:,} of {share.of:,}"
    if share.value is None or share.low is None or share.high is None:
        return counts
    return f"{100 * share.value:.1f} % ({100 * share.low:.1f}–{100 * share.high:.1f}; {counts})"


def _f1(figure: F1Interval) -> str:
    if figure.low is None or figure.high is None:
        return f"{100 * figure.f1:.1f}"
    return f"{100 * figure.f1:.1f} ({100 * figure.low:.1f}–{100 * figure.high:.1f})"
