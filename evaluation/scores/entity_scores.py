"""Score predictions against gold: every answer is read, and ends in exactly one outcome.

The samples pass by one at a time; only what is wrong is kept, and a few examples.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from nerforge.evaluation.confidence.calibration import Calibration
from nerforge.evaluation.confidence.confidence_scores import confidence_scores
from nerforge.evaluation.confidence.judged_entities import ConfidenceTally
from nerforge.evaluation.grounding.grounding_scores import GroundingFigures
from nerforge.evaluation.metrics.peer_figures import PeerScores
from nerforge.evaluation.metrics.peers import UNIVERSALNER, peer_scores, seqeval_report
from nerforge.evaluation.metrics.resampled_counts import ResampledCounts
from nerforge.evaluation.metrics.score_figures import Bootstrap, ConfusedLabels
from nerforge.evaluation.metrics.slices import Slicer
from nerforge.evaluation.metrics.tallies import ScoreTally
from nerforge.evaluation.prediction_files import Outputs, PredictionOptions
from nerforge.evaluation.reading.gold_stream import read_index, read_surfaces
from nerforge.evaluation.reading.joining import Joiner
from nerforge.evaluation.reading.opened_predictions import open_predictions, predicted_samples
from nerforge.evaluation.reading.scored_samples import MISSING, Examples, Readings, ScoredSample, read_answers
from nerforge.evaluation.scores.schema import (
    PredictionCounts,
    PredictionRemarks,
    PredictionsFile,
    Scores,
    Settings,
    SpanOffsets,
)
from nerforge.evaluation.span_files import SPANS, SpanPredictions
from nerforge.foundation.collector import collector_off
from nerforge.foundation.files.hashing import HashedFile, file_sha256, path_sha256
from nerforge.foundation.phases import phase
from nerforge.foundation.printing import encodable
from nerforge.generators.datasets.entity_gold import stream_gold
from nerforge.templates.domain import LabelSchema, Outcome
from nerforge.templates.tasks import Task

if TYPE_CHECKING:
    from nerforge.evaluation.grounding.table_sources import GroundingTables

N_EXAMPLES = 1_000
"""Right samples, and wrong ones, that are handed back besides the scores."""


class EntityScoring(NamedTuple):
    """The scores of entities, and samples to show."""

    scores: Scores
    samples: list[ScoredSample]


def score_files(
    gold: Path,
    predictions: Path,
    task: Task,
    answer_format: str,
    *,
    training: Path | None = None,
    reading: PredictionOptions | None = None,
    model: str | None = None,
    n_bootstrap: int = 1_000,
    seed: int = 0,
    n_examples: int = N_EXAMPLES,
    tables: "GroundingTables | None" = None,
    calibration: Calibration | None = None,
    precisions: Sequence[float] = (),
) -> EntityScoring:
    """Read gold and predictions, and score them.

    Args:
        gold: A gold file.
        predictions: A file of predictions, in any layout that can be read.
        task: The task whose labels the gold file has.
        answer_format: The format in which the answers were asked for; spans have none.
        training: The gold file of the training split, to score what it held and what not apart.
        reading: What is known of the predictions file.
        model: Whose spans are meant, in a file with those of several models.
        n_bootstrap: Resamples behind the intervals; 0 for no intervals.
        seed: Of the resampling.
        n_examples: How many right and how many wrong samples to hand back at most.
        tables: Tables on which the answers are grounded, to score them without and with that.
        calibration: Of confidences, fitted on another set.
        precisions: For which it says what may be taken unseen.

    Returns:
        The scores, and the first right and wrong samples in the order of gold.

    Raises:
        UserError: a file cannot be read, or predictions are of other ids than gold.
    """
    with phase("reading gold and predictions"), collector_off():
        surfaces = read_surfaces(training) if training else None
        read, choice_note = open_predictions(predictions, read_index(gold, task.schema), reading, model)
    bootstrap = Bootstrap(n_bootstrap, seed)
    settings = Settings(
        task=task.name,
        answer_format=SPANS if isinstance(read, SpanPredictions) else answer_format,
        labels=list(task.schema.names),
        gold=_hashed(gold),
        gold_sha256=file_sha256(gold),
        predictions=_describe(predictions, read),
        training=_hashed(training) if training else None,
        bootstrap=bootstrap,
    )
    examples = Examples(n_examples)
    joiner = Joiner(gold)
    # Spans may carry scores, too: what they are worth is said where a calibration is given.
    has_confidences = calibration is not None or (isinstance(read, Outputs) and bool(read.logprobs))
    tally = ConfidenceTally() if has_confidences else None
    with phase("scoring the answers and resampling for intervals"):
        # The answers are read while they are counted, so that no more than one of them is in memory.
        scores = build_scores(
            joiner.join(predicted_samples(read, stream_gold(gold, task.schema), task, answer_format)),
            task.schema,
            settings,
            bootstrap=bootstrap,
            training=surfaces,
            examples=examples,
            tables=tables,
            confidences=tally,
        )
    if tally is not None:
        with phase("scoring the confidences"):
            found = confidence_scores(tally, calibration, precisions, n_bootstrap, seed)
            scores = replace(scores, confidence=found)
    placing = read.reading_notes() if isinstance(read, SpanPredictions) else ()
    notes = [*filter(None, [choice_note]), *read.notes, *placing, *filter(None, [joiner.note()])]
    remarks = PredictionRemarks(list(map(encodable, notes)), msgspec.convert(read.counts, PredictionCounts))
    return EntityScoring(replace(scores, predictions=remarks), examples.in_order())


def _describe(predictions: Path, read: Outputs | SpanPredictions) -> PredictionsFile:
    name, sha256 = encodable(predictions.name), path_sha256(predictions)
    if not isinstance(read, SpanPredictions):
        return PredictionsFile(name=name, sha256=sha256, layout=read.layout)
    unit, first, end = read.convention
    return PredictionsFile(
        name=name,
        sha256=sha256,
        kind=SPANS,
        layout=read.layout.name,
        offsets=SpanOffsets(unit.value, first, end.value),
    )


def build_scores(
    scored: Iterable[ScoredSample],
    schema: LabelSchema,
    settings: Settings,
    *,
    bootstrap: Bootstrap | None = None,
    training: set[str] | None = None,
    examples: Examples | None = None,
    tables: "GroundingTables | None" = None,
    confidences: ConfidenceTally | None = None,
) -> Scores:
    """Count everything that ``scores.json`` holds, in one pass over the samples."""
    tally = ScoreTally(Slicer(schema, training))
    grounded = _GroundedScores(tables, schema) if tables else None
    readings = Readings()
    with collector_off():
        for position, row in enumerate(scored):
            # "Exactly right" is of what was read to its end: an answer of which a piece was dropped never is.
            is_exact = tally.add(row.sample, row.predicted, is_complete=row.is_complete)
            readings.add(row, is_exact)
            if grounded is not None:
                grounded.add(row, is_exact)
            if examples is not None:
                examples.add(position, row, is_exact)
            if confidences is not None:
                confidences.add(row.sample, row.answer)
    counts = ResampledCounts(tally, bootstrap or Bootstrap())
    total, exact_match = counts.counts("strict"), counts.exact_match()
    return Scores(
        n_samples=len(readings.ids),
        n_answers=readings.outcomes.total(),
        n_gold=total.n_gold,
        n_predicted=total.n_predicted,
        outcomes={name: readings.outcomes[name] for name in (*(o.value for o in Outcome), MISSING)},
        problems=dict(sorted(readings.problems.items())),
        groundings=dict(sorted(readings.groundings.items())),
        criteria=counts.criteria(),
        sample_exact_match=exact_match.value,
        sample_exact_match_low=exact_match.low,
        sample_exact_match_high=exact_match.high,
        slices=counts.slices(),
        confusion=_confused_labels(tally, counts),
        boundary_errors=tally.confusion.boundary_errors(),
        compatible=_peer_scores(tally, counts),
        samples=counts.per_sample(readings.ids),
        errors=readings.errors,
        settings=settings,
        # Sorted keys: the hash of the same settings stays when keys of the struct change places.
        settings_sha256=sha256(msgspec.json.encode(settings, order="sorted")).hexdigest(),
        grounding=grounded.figures(bootstrap or Bootstrap()) if grounded else UNSET,
    )


class _GroundedScores:
    """Scores the answers after grounding, beside those as they are."""

    def __init__(self, tables: "GroundingTables", schema: LabelSchema) -> None:
        # The tables are read with the generators; most calls score without them.
        from nerforge.evaluation.grounding.figures import GroundedSample, GroundingTally

        self.grounded_sample = GroundedSample
        self.grounder = tables.grounder()
        self.effects = GroundingTally(tables, self.grounder)
        self.tally = ScoreTally(Slicer(schema))

    def add(self, row: ScoredSample, was_exact: bool) -> None:
        sample = row.sample
        grounded = self.grounder.ground(sample.text, row.predicted)
        is_exact = self.tally.add(sample, grounded.entities, is_complete=row.is_complete)
        is_read = row.outcome not in (Outcome.UNPARSABLE, MISSING)
        self.effects.add(self.grounded_sample(sample, row.predicted, grounded, was_exact, is_exact, is_read))

    def figures(self, bootstrap: Bootstrap) -> GroundingFigures:
        counts = ResampledCounts(self.tally, bootstrap)
        return self.effects.figures(counts.criteria(), counts.exact_match())


def _confused_labels(tally: ScoreTally, counts: ResampledCounts) -> ConfusedLabels:
    """Add the strictly equal pairs, which the tally counts apart from the others."""
    for label in counts.labels():
        tally.confusion.add_equal(label, int(counts.counts("strict", label).tp))
    return tally.confusion.labels()


def _peer_scores(tally: ScoreTally, counts: ResampledCounts) -> PeerScores:
    per_label = {label: counts.counts("strict", label) for label in counts.labels()}
    return peer_scores(
        seqeval_report(per_label, tally.bio_tags),
        tally.semeval,
        text=counts.counts("text"),
        text_set=counts.counts("text_set"),
        universalner=counts.counts(UNIVERSALNER.name),
    )


def _hashed(path: Path) -> HashedFile:
    return HashedFile(encodable(path.name), path_sha256(path))


def wrong_samples(scored: Sequence[ScoredSample]) -> Iterator[ScoredSample]:
    """Yield the samples whose answer is not exactly gold."""
    return (row for row in scored if not row.is_exact)


__all__ = [
    "ScoredSample",
    "build_scores",
    "read_answers",
    "score_files",
    "wrong_samples",
]
