"""Everything that a report's page holds, made from scores and sentences."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from nerforge.evaluation.metrics.slices import Slicer
from nerforge.evaluation.reading.gold_stream import read_surfaces
from nerforge.evaluation.reports.checkpoint_curve import CheckpointCurve, read_curve
from nerforge.evaluation.reports.hidden_texts import TextMask, hide_names
from nerforge.evaluation.reports.report_sources import ReportSource
from nerforge.evaluation.reports.row_columns import (
    CONFIDENCE_UNIT,
    KINDS,
    UNIT_FIELDS,
    ColumnWriter,
    RowChunk,
    Vocabularies,
    Vocabulary,
)
from nerforge.evaluation.reports.training_columns import TrainingColumns, find_training_columns
from nerforge.evaluation.scores.comparison import compare_scores
from nerforge.evaluation.scores.score_file import ComparableScores
from nerforge.evaluation.scores.significance import Difference
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_all_jsonl

SCHEMA_VERSION = 1
CHUNK = 5_000
"""Sentences that the page unpacks at once."""
_SentenceCounts = dict[str, dict[str, list[int | float]]]
_NOT_SHOWN = ("samples", "errors", "compatible", "groundings", "grounding", "boundary_errors")
"""Keys of a score file that the page does not show."""
_CRITERION = ("tp", "n_gold", "n_predicted")


class Figures(msgspec.Struct, kw_only=True):
    """The scores of one system without their sentences."""

    name: str
    n_rows: int
    """Sentences that the page holds; fewer than were scored where gold was not found."""
    scores: dict[str, Any]
    """As in ``scores.json``, without ``_NOT_SHOWN``."""
    notes: list[tuple[str | int, ...]]
    """Name of each, and what it is about."""


class PairedFigures(msgspec.Struct, kw_only=True):
    """What ``compare`` says of two systems."""

    criterion: str
    a: float
    b: float
    result: Difference


class ReportHead(msgspec.Struct, kw_only=True):
    """What the page shows first, and what the numbers in its columns mean."""

    schema_version: int = SCHEMA_VERSION
    title: str
    labels: list[str]
    kinds: tuple[str, ...] = KINDS
    unit_fields: tuple[str, ...] = UNIT_FIELDS
    confidence_unit: int = CONFIDENCE_UNIT
    outcomes: list[str]
    problems: list[str]
    causes: list[str]
    slice_sets: list[list[str]]
    a: Figures
    b: Figures | UnsetType = UNSET
    paired: list[PairedFigures] = []
    criteria: dict[str, dict[str, list[int | float]]]
    """By criterion but ``strict``: its counts of sentences where they differ from those of ``strict``."""
    criteria_b: dict[str, dict[str, list[int | float]]] = {}
    """The same of the second system."""
    curve: CheckpointCurve | UnsetType = UNSET
    has_training: bool = False
    """Whether the report has training sentences for the errors."""
    findings: dict[str, list[dict[str, Any]]] = {}
    """Findings of an audit, by sample."""
    is_without_text: bool = False
    is_of_classes: bool = False
    """Whether texts have one label each, and no entities."""


class Report(NamedTuple):
    """A page's data: the head, the sentences in chunks, and what training shows for errors."""

    head: ReportHead
    chunks: list[RowChunk]
    training: TrainingColumns | None
    """None without training gold, and without texts."""


def build_report(
    a: ReportSource,
    b: ReportSource | None = None,
    *,
    title: str,
    no_text: bool = False,
    findings: Mapping[str, list[dict[str, Any]]] | None = None,
) -> Report:
    """Make the data of a page.

    Args:
        a: What it is of.
        b: What is shown beside it, scored against the same gold.
        title: The page's title.
        no_text: Whether hashes stand for sentences, ids and values, and answers are left out.
        findings: Of an audit of gold, by sample.

    Raises:
        UserError: the two are of different gold or tasks.
    """
    paired = [] if b is None else list(_compare(a, b))
    words = Vocabularies(
        Vocabulary(a.scores.settings.labels),
        Vocabulary(a.scores.outcomes),
        Vocabulary(a.scores.problems),
        Vocabulary(),
        Vocabulary() if a.scores.why is UNSET else Vocabulary(a.scores.why.causes),
    )
    slicer = Slicer(a.schema, read_surfaces(a.training) if a.training else None)
    mask = TextMask((row.sample for row in a.rows), a.scores.settings.labels) if no_text else None
    writer = ColumnWriter(slicer, words, mask=mask)
    other = None if b is None else _aligned(a, b)
    chunks = [
        writer.chunk(a.rows[at : at + CHUNK], None if other is None else other[at : at + CHUNK])
        for at in range(0, len(a.rows), CHUNK)
    ]
    training = None
    if a.training is not None and not no_text:
        training = find_training_columns(a.training, a.rows, other)
    head = ReportHead(
        title=title,
        labels=words.labels.values(),
        outcomes=words.outcomes.values(),
        problems=words.problems.values(),
        causes=words.causes.values(),
        slice_sets=[list(names) for names in words.slice_sets.values()],
        a=_figures(a, "A", mask),
        b=UNSET if b is None else _figures(b, "B", mask),
        paired=paired,
        criteria=_criteria(a),
        criteria_b={} if b is None else _criteria(b, a),
        curve=UNSET if a.run is None else _curve(a.run, a, b),
        has_training=training is not None,
        findings={} if no_text or findings is None else dict(findings),
        is_without_text=no_text,
    )
    return Report(head, chunks, training)


def _figures(source: ReportSource, side: str, mask: TextMask | None) -> Figures:
    scores = msgspec.to_builtins(source.scores)
    for key in _NOT_SHOWN:
        scores.pop(key, None)
    notes: list[tuple[str | int, ...]] = [(note.name, *note.given) for note in source.notes]
    if mask is None:
        return Figures(name=source.name, n_rows=len(source.rows), scores=scores, notes=notes)
    hide_names(scores, mask)
    hidden = [tuple("–" if at and isinstance(x, str) else x for at, x in enumerate(note)) for note in notes]
    return Figures(name=side, n_rows=len(source.rows), scores=scores, notes=hidden)


def _curve(run: Path, a: ReportSource, b: ReportSource | None) -> CheckpointCurve:
    """Read the curve of A's run, and tell of which points the page holds the sentences."""
    sources = [(side, source) for side, source in (("b", b), ("a", a)) if source is not None]
    shown = {x.point: side for side, x in sources if x.run is not None and x.run.resolve() == run.resolve()}
    curve = read_curve(run)
    scores = [replace(score, side=shown.get((score.name, score.split))) for score in curve.scores]
    return replace(curve, scores=scores)


def _aligned(a: ReportSource, b: ReportSource) -> list[Any]:
    """Give the rows of ``b`` in the order of ``a``'s."""
    if len(b.rows) < len(a.rows):
        raise UserError(
            f"{b.name}: {len(a.rows) - len(b.rows)} of the sentences of {a.name} are not known of it; "
            "give --gold, and --against-pred"
        )
    by_id = {row.sample.id: row for row in b.rows}
    return [by_id[row.sample.id] for row in a.rows]


def _compare(a: ReportSource, b: ReportSource) -> Iterator[PairedFigures]:
    """Compare two systems as ``nerforge compare`` does: strict micro F1, and sentences exactly right."""
    for criterion in ("strict", "exact_match"):
        pair = [
            (Path(x.name), msgspec.convert(x.scores, ComparableScores, from_attributes=True)) for x in (a, b)
        ]
        report = compare_scores(pair, criterion=criterion)
        first, second = report.systems
        result = report.comparisons[0].result
        yield PairedFigures(criterion=criterion, a=first.score, b=second.score, result=result)


def _criteria(source: ReportSource, order: ReportSource | None = None) -> _SentenceCounts:
    """List sentence and count, one after the other, where a criterion counts otherwise than ``strict``.

    Sentences are counted in the order of ``order``'s rows, or of the source's own.
    """
    samples = source.scores.samples
    place = {row.sample.id: at for at, row in enumerate((order or source).rows)}
    places = [place.get(name) for name in samples.id]
    strict = samples.criteria["strict"]
    found: _SentenceCounts = {}
    for name, counts in samples.criteria.items():
        if name == "strict":
            continue
        columns = found[name] = {}
        for key in _CRITERION:
            triples = zip(places, getattr(counts, key), getattr(strict, key), strict=True)
            differing = ((at, one) for at, one, usual in triples if at is not None and one != usual)
            columns[key] = [number for pair in differing for number in pair]
    return found


def decode_findings(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Read the findings of an audit of gold, by sample.

    Raises:
        UserError: the file cannot be read, or a line is no finding.
    """
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for _, row in read_all_jsonl(path, _Finding):
        found[row.id].append(msgspec.to_builtins(row))
    return dict(found)


class _Finding(msgspec.Struct):
    """A line of an audit."""

    id: str
    kind: str
    rank: int | None = None
    score: float | None = None
    reason: str = ""
    gold: dict[str, Any] | None = None
    proposed: dict[str, Any] | None = None


__all__ = ["CHUNK", "SCHEMA_VERSION", "Report", "ReportHead", "build_report", "decode_findings"]
