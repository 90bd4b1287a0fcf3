"""What ``nerforge report`` does: find scores and sentences, and make the data of the page."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from nerforge.evaluation.reports.class_report import build_class_report
from nerforge.evaluation.reports.class_sources import ClassSource, is_of_classes, open_class_source
from nerforge.evaluation.reports.report_data import Report, build_report, decode_findings
from nerforge.evaluation.reports.report_sources import ReportSource, SourceOptions, open_source
from nerforge.foundation.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """What is to be shown."""

    source: Path
    """A run's folder, or a score file."""
    against: Path | None = None
    gold: Path | None = None
    pred: Path | None = None
    against_pred: Path | None = None
    training: Path | None = None
    split: str = "test"
    checkpoint: str | None = None
    task: str | None = None
    answer_format: str | None = None
    audit: Path | None = None
    no_text: bool = False
    title: str | None = None


class MadeReport(NamedTuple):
    """A report, and what is to be said of it."""

    report: Report
    notes: list[str]


def make_report(options: ReportOptions) -> MadeReport:
    """Collect what a page shows.

    Raises:
        UsageError: options contradict what is there.
        UserError: a file cannot be read, or files do not belong together.
    """
    if is_of_classes(options.source, _source_options(options, options.pred)):
        return _make_class_report(options)
    a = open_source(options.source, _source_options(options, options.pred))
    b = None
    if options.against is not None:
        b = open_source(options.against, _source_options(options, options.against_pred))
    report = build_report(
        a,
        b,
        title=options.title or ("NERForge" if options.no_text else _title(options.source, a, b)),
        no_text=options.no_text,
        findings=None if options.audit is None else decode_findings(options.audit),
    )
    return MadeReport(
        report, [note.words() for source in (a, b) if source is not None for note in source.notes]
    )


def _make_class_report(options: ReportOptions) -> MadeReport:
    if options.audit is not None:
        raise UsageError("--audit is of entities, and the scores are of text classification")
    a = open_class_source(options.source, _source_options(options, options.pred))
    b = None
    if options.against is not None:
        b = open_class_source(options.against, _source_options(options, options.against_pred))
    title = options.title or ("NERForge" if options.no_text else _title(options.source, a, b))
    report = build_class_report(a, b, title=title, no_text=options.no_text)
    return MadeReport(
        report, [note.words() for source in (a, b) if source is not None for note in source.notes]
    )


def _source_options(options: ReportOptions, pred: Path | None) -> SourceOptions:
    return SourceOptions(
        gold=options.gold,
        pred=pred,
        training=options.training,
        split=options.split,
        checkpoint=options.checkpoint,
        task=options.task,
        answer_format=options.answer_format,
    )


def _title(path: Path, a: ReportSource | ClassSource, b: ReportSource | ClassSource | None) -> str:
    name = f"{path.resolve().name}: {a.name}" if path.is_dir() else a.name
    return name if b is None else f"{name} / {b.name}"
