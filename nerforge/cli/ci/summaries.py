"""The Markdown summary of a command: what failed first, then the figures."""

from collections.abc import Iterator

from nerforge.cli.ci.check_results import CheckSuite
from nerforge.cli.ci.markdown import escaped, table
from nerforge.cli.printing.doctor_output import examined_words
from nerforge.cli.printing.plain_table import percent, percent_interval
from nerforge.evaluation.metrics.score_figures import Figures
from nerforge.evaluation.scores.comparison import ComparisonReport
from nerforge.evaluation.scores.schema import AnyScores, LabelScores, Scores
from nerforge.llamafactory_configs.doctor.diagnosis import Diagnosis

MAX_FINDINGS = 50
"""GitHub shows a megabyte of a step's summary, and a person far less."""
_PASSED, _FAILED = "✅", "❌"


def doctor_summary(diagnosis: Diagnosis, suite: CheckSuite) -> Iterator[str]:
    """Say what the doctor found, errors first."""
    counts = ", ".join(f"{diagnosis.count(kind):,} {kind}s" for kind in ("error", "warning", "note"))
    yield f"### {_mark(suite)} nerforge doctor: {counts}"
    yield ""
    yield f"{examined_words(diagnosis)}."
    findings = diagnosis.findings
    if findings:
        yield ""
        # Texts stand at the left.
        yield "| | code | where | what | what to do |"
        yield "| --- | --- | --- | --- | --- |"
    for found in findings[:MAX_FINDINGS]:
        cells = (found.severity, found.code, found.place, found.message, found.remedy)
        yield f"| {' | '.join(map(escaped, cells))} |"
    if len(findings) > MAX_FINDINGS:
        yield ""
        yield f"{len(findings) - MAX_FINDINGS:,} more are not shown here."


def score_summary(scores: AnyScores, suite: CheckSuite) -> Iterator[str]:
    """Say which limits were kept, and the figures by label."""
    yield f"### {_mark(suite)} nerforge score: {main_figure_words(scores)}"
    yield ""
    yield from _limits(suite)
    rows = _label_rows(scores) if isinstance(scores, LabelScores) else _entity_rows(scores)
    yield from table(("label", "P", "R", "F1", "95 %", "gold", "predicted"), rows)
    yield ""
    yield f"{scores.n_samples:,} samples{_answers(scores)}."


def _answers(scores: AnyScores) -> str:
    if isinstance(scores, LabelScores):
        return f", {scores.n_unread:,} of their answers name no label"
    return "; answers: " + ", ".join(f"{n:,} {outcome}" for outcome, n in scores.outcomes.items() if n)


def main_figure_words(scores: AnyScores) -> str:
    """Name the figure that gates look at, in percent."""
    if isinstance(scores, LabelScores):
        return f"accuracy {percent(scores.accuracy)} %"
    return f"strict micro F1 {percent(scores.criteria['strict'].micro.f1)} %"


def _entity_rows(scores: Scores) -> Iterator[tuple[str, ...]]:
    strict = scores.criteria["strict"]
    for label, figures in strict.per_label.items():
        yield _row(label, figures)
    yield _row("micro", strict.micro)


def _label_rows(scores: LabelScores) -> Iterator[tuple[str, ...]]:
    for label, figures in scores.per_label.items():
        yield _row(label, figures)


def _row(name: str, figures: Figures) -> tuple[str, ...]:
    shares = (percent(figures.precision), percent(figures.recall), percent(figures.f1))
    counts = (f"{figures.n_gold:,}", f"{figures.n_predicted:,}")
    return (name, *shares, percent_interval(figures.f1_low, figures.f1_high), *counts)


def compare_summary(report: ComparisonReport, suite: CheckSuite) -> Iterator[str]:
    """Say which limits were kept, and how the systems differ."""
    yield f"### {_mark(suite)} nerforge compare: {escaped(report.criterion)}, {report.n_samples:,} samples"
    yield ""
    yield from _limits(suite)
    scores = ((str(system.path), f"{100 * system.score:.2f}") for system in report.systems)
    yield from table(("file", "score, %"), scores)
    yield ""
    rows = (
        (
            f"{pair.b.path} − {pair.a.path}",
            f"{100 * pair.result.difference:+.2f}",
            f"{100 * pair.result.low:+.2f} to {100 * pair.result.high:+.2f}",
            f"{pair.p_holm:.4f}",
            f"{len(pair.lost):,}",
            f"{len(pair.won):,}",
        )
        for pair in report.comparisons
    )
    yield from table(("files", "difference", "95 %", "p (Holm)", "right→wrong", "wrong→right"), rows)


def _limits(suite: CheckSuite) -> Iterator[str]:
    limits = [result for result in suite.results if result.kind]
    for result in limits:
        yield f"- {_PASSED if result.passed else _FAILED} {escaped(result.message)}"
    if limits:
        yield ""


def _mark(suite: CheckSuite) -> str:
    return _FAILED if suite.n_failed else _PASSED
