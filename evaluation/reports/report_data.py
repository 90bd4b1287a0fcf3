"""Everything that a report's page holds, made from scores and sentences."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from nerforge.evaluation.metrics.slices import Slicer, TrainingRow
from nerforge.evaluation.reading.gold_stream import read_surfaces
from nerforge.evaluation.reports.checkpoint_curve import CheckpointCurve, read_curve
from nerforge.evaluation.reports.report_sources import ReportSource
from nerforge.evaluation.reports.row_columns import (
    KINDS,
    UNIT_FIELDS,
    ColumnWriter,
    RowChunk,
    Vocabularies,
    Vocabulary,
    hash_of,
)
from nerforge.evaluation.scores.comparison import compare_scores
from nerforge.evaluation.scores.schema import Scores
from nerforge.evaluation.scores.score_file import ComparableScores
from nerforge.evaluation.scores.significance import Difference
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_all_jsonl

SCHEMA_VERSION = 1
CHUNK = 5_000
"""Sentences that the page unpacks at once."""
_CRITERION = ("tp", "n_gold", "n_predicted")


class Figures(msgspec.Struct, kw_only=True):
    """The scores of one system without their sentences."""

    name: str
    n_rows: int
    """Sentences that the page holds; fewer than were scored where gold was not found."""
    scores: dict[str, Any]
    """As in ``scores.json``, without ``samples`` and ``errors``."""
    notes: list[str]


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
    outcomes: list[str]
    problems: list[str]
    causes: list[str]
    slice_sets: list[list[str]]
    a: Figures
    b: Figures | UnsetType = UNSET
    paired: list[PairedFigures] = []
    criteria: dict[str, dict[str, list[int | float]]]
    """By criterion but ``strict``: its counts of sentences where they differ from those of ``strict``."""
    curve: CheckpointCurve | UnsetType = UNSET
    training_surfaces: dict[str, dict[str, int]] = {}
    """How often training labels the surfaces of errors, by label."""
    findings: dict[str, list[dict[str, Any]]] = {}
    """Findings of an audit, by sample."""
    is_without_text: bool = False


class Report(NamedTuple):
    """A page's data: the head, and the sentences in chunks."""

    head: ReportHead
    chunks: list[RowChunk]


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
    writer = ColumnWriter(slicer, words, no_text=no_text)
    other = None if b is None else _aligned(a, b)
    chunks = [
        writer.chunk(a.rows[at : at + CHUNK], None if other is None else other[at : at + CHUNK])
        for at in range(0, len(a.rows), CHUNK)
    ]
    head = ReportHead(
        title=title,
        labels=words.labels.values(),
        outcomes=words.outcomes.values(),
        problems=words.problems.values(),
        causes=words.causes.values(),
        slice_sets=[list(names) for names in words.slice_sets.values()],
        a=_figures(a, no_text),
        b=UNSET if b is None else _figures(b, no_text),
        paired=paired,
        criteria=_criteria(a.scores) if len(a.rows) == a.scores.n_samples else {},
        curve=UNSET if a.run is None else read_curve(a.run),
        training_surfaces={} if no_text or a.training is None else _training_surfaces(a),
        findings={} if no_text or findings is None else dict(findings),
        is_without_text=no_text,
    )
    return Report(head, chunks)


def _figures(source: ReportSource, no_text: bool) -> Figures:
    scores = msgspec.to_builtins(source.scores)
    for key in ("samples", "errors"):
        del scores[key]
    if no_text:
        scores["predictions"]["notes"] = []
    return Figures(name=source.name, n_rows=len(source.rows), scores=scores, notes=source.notes)


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


def _criteria(scores: Scores) -> dict[str, dict[str, list[int | float]]]:
    """List sentence and count, one after the other, where a criterion counts otherwise than ``strict``."""
    strict = scores.samples.criteria["strict"]
    found: dict[str, dict[str, list[int | float]]] = {}
    for name, counts in scores.samples.criteria.items():
        if name == "strict":
            continue
        columns = found[name] = {}
        for key in _CRITERION:
            pairs = zip(getattr(counts, key), getattr(strict, key), strict=True)
            differing = ((i, one) for i, (one, usual) in enumerate(pairs) if one != usual)
            columns[key] = [number for pair in differing for number in pair]
    return found


def _training_surfaces(source: ReportSource) -> dict[str, dict[str, int]]:
    """Count the labels that training gives the surfaces of errors."""
    if source.training is None:
        return {}
    wanted = set(_error_surfaces(source))
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for _, row in read_all_jsonl(source.training, TrainingRow):
        for entity in row.entities:
            surface = entity.text if entity.start is None else row.text[entity.start : entity.end]
            if surface in wanted:
                found[surface][entity.label] += 1
    return {surface: dict(counts.most_common()) for surface, counts in found.items()}


def _error_surfaces(source: ReportSource) -> Iterable[str]:
    for row in source.rows:
        if row.wrong is None:
            continue
        shared = set(row.sample.entities) & set(row.predicted)
        for entity in (*row.sample.entities, *row.predicted):
            if entity not in shared:
                is_placed = entity.start is not None
                yield row.sample.text[entity.start : entity.end] if is_placed else entity.text


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


__all__ = ["CHUNK", "SCHEMA_VERSION", "Report", "ReportHead", "build_report", "decode_findings", "hash_of"]
