"""Score predictions against gold: every answer is read, and ends in exactly one outcome.

The samples pass by one at a time; only what is wrong is kept, and a few examples.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from nerforge.evaluation.metrics.extra_matches import UNIVERSALNER
from nerforge.evaluation.metrics.figures import Bootstrap, Figures
from nerforge.evaluation.metrics.peers import peer_scores, seqeval_report
from nerforge.evaluation.metrics.slices import Slicer
from nerforge.evaluation.metrics.tallies import Tally
from nerforge.evaluation.prediction_files import Outputs, PredictionOptions, read_outputs
from nerforge.evaluation.reading.gold_stream import read_index, read_surfaces
from nerforge.evaluation.reading.joining import Joiner
from nerforge.evaluation.reading.readings import MISSING, Examples, Readings, ScoredSample, read_answers
from nerforge.evaluation.span_files import SPANS, SpanPredictions, read_spans, recognise_spans
from nerforge.foundation.collector import collector_off
from nerforge.foundation.files.hashing import file_sha256, path_sha256
from nerforge.foundation.phases import phase
from nerforge.generators.datasets.gold import stream_gold
from nerforge.templates.answers import load_format
from nerforge.templates.domain import LabelSchema, Outcome, Sample
from nerforge.templates.tasks import Task

N_EXAMPLES = 1_000
"""Right samples, and wrong ones, that are handed back besides the scores."""


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
) -> tuple[dict[str, Any], list[ScoredSample]]:
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

    Returns:
        What ``scores.json`` holds, and the first right and wrong samples in the order of gold.

    Raises:
        UserError: a file cannot be read, or predictions are of other ids than gold.
    """
    with phase("reading gold and predictions"):
        surfaces = read_surfaces(training) if training else None
        read, choice_note = _read(predictions, read_index(gold, task.schema), reading, model)
    bootstrap = Bootstrap(n_bootstrap, seed)
    settings = {
        "task": task.name,
        "answer_format": SPANS if isinstance(read, SpanPredictions) else answer_format,
        "labels": list(task.schema.names),
        "gold": _named(gold),
        "gold_sha256": file_sha256(gold),
        "predictions": {**_named(predictions), **_described(read)},
        "training": _named(training) if training else None,
        "bootstrap": bootstrap._asdict(),
    }
    examples = Examples(n_examples)
    joiner = Joiner(gold)
    with phase("scoring the answers and resampling for intervals"):
        scores = build_scores(
            joiner.join(_answers(read, stream_gold(gold, task.schema), task, answer_format)),
            task.schema,
            settings,
            bootstrap=bootstrap,
            training=surfaces,
            examples=examples,
        )
    placing = read.reading_notes() if isinstance(read, SpanPredictions) else ()
    notes = [*filter(None, [choice_note]), *read.notes, *placing, *filter(None, [joiner.note()])]
    return {**scores, "predictions": {"notes": notes, "counts": read.counts}}, examples.in_order()


def _read(
    predictions: Path,
    index: Sequence[tuple[str, str]],
    reading: PredictionOptions | None,
    model: str | None,
) -> tuple[Outputs | SpanPredictions, str | None]:
    """Read answers or spans, and give what is to be said of the choice between them."""
    reading = reading or PredictionOptions()
    spans = recognise_spans(predictions, reading)
    if spans.layout is None:
        return read_outputs(predictions, index, reading), spans.note
    return read_spans(predictions, spans.layout, index, model=model), spans.note


def _described(read: Outputs | SpanPredictions) -> dict[str, Any]:
    return read.settings() if isinstance(read, SpanPredictions) else {"layout": read.layout}


def _answers(
    read: Outputs | SpanPredictions, samples: Iterable[Sample], task: Task, answer_format: str
) -> Iterator[ScoredSample]:
    if isinstance(read, SpanPredictions):
        return read.answer(samples, task.schema)
    chosen = load_format(answer_format)
    return read_answers(samples, read.outputs, chosen, task.schema, cut=read.cut, use_up=True)


def build_scores(
    scored: Iterable[ScoredSample],
    schema: LabelSchema,
    settings: dict[str, Any],
    *,
    bootstrap: Bootstrap | None = None,
    training: set[str] | None = None,
    examples: Examples | None = None,
) -> dict[str, Any]:
    """Count everything that ``scores.json`` holds, in one pass over the samples."""
    tally = Tally(Slicer(schema, training))
    readings = Readings()
    with collector_off():
        for position, row in enumerate(scored):
            is_exact = tally.add(row.sample, row.predicted, is_complete=row.is_complete)
            readings.add(row, is_exact)
            if examples is not None:
                examples.add(position, row, is_exact)
    figures = Figures(tally, bootstrap or Bootstrap())
    total = figures.counts("strict")
    return {
        "n_samples": len(readings.ids),
        "n_answers": readings.outcomes.total(),
        "n_gold": total.n_gold,
        "n_predicted": total.n_predicted,
        "outcomes": {name: readings.outcomes[name] for name in (*(o.value for o in Outcome), MISSING)},
        "problems": dict(sorted(readings.problems.items())),
        "groundings": dict(sorted(readings.groundings.items())),
        "criteria": figures.criteria(),
        **figures.exact_match(),
        "slices": figures.slices(),
        **_errors_in_labels(tally, figures),
        "compatible": _compatible(tally, figures),
        "samples": {"id": readings.ids, **figures.per_sample()},
        "errors": readings.errors,
        "settings": settings,
        "settings_sha256": sha256(msgspec.json.encode(settings, order="sorted")).hexdigest(),
    }


def _errors_in_labels(tally: Tally, figures: Figures) -> dict[str, Any]:
    for label in figures.labels():
        tally.confusion.add_equal(label, int(figures.counts("strict", label).tp))
    return {
        "confusion": tally.confusion.as_json(),
        "boundary_errors": tally.confusion.boundaries_as_json(),
    }


def _compatible(tally: Tally, figures: Figures) -> dict[str, Any]:
    per_label = {label: figures.counts("strict", label) for label in figures.labels()}
    text, text_set = figures.counts("text"), figures.counts("text_set")
    return {
        "seqeval": seqeval_report(per_label, tally.bio_tags),
        "semeval": tally.semeval.as_json(),
        **peer_scores(text, text_set, figures.counts(UNIVERSALNER)),
    }


def _named(path: Path) -> dict[str, str]:
    return {"name": path.name, "sha256": path_sha256(path)}


def wrong_samples(scored: Sequence[ScoredSample]) -> Iterator[ScoredSample]:
    """Yield the samples whose answer is not exactly gold."""
    return (row for row in scored if not row.is_exact)


def encode_scores(scores: Mapping[str, Any]) -> Iterator[bytes]:
    """Write scores as JSON with one key a line, one error a line and one column of samples a line.

    So a large test set gives no line for each number, and is written in blocks that need little memory.
    """
    encode = msgspec.json.encode
    separator = b"{\n"
    for key, value in scores.items():
        yield separator + encode(key) + b": "
        separator = b",\n"
        if key == "errors" and value:
            yield b"[\n"
            for i, error in enumerate(value):
                yield (b",\n" if i else b"") + encode(error)
            yield b"\n]"
        elif key == "samples":
            yield from _encode_columns(value)
        else:
            yield msgspec.json.format(encode(value), indent=2)
    yield b"\n}\n"


def _encode_columns(columns: Mapping[str, Any]) -> Iterator[bytes]:
    if not columns:
        yield b"{}"
        return
    encode = msgspec.json.encode
    separator = b"{\n"
    for key, value in columns.items():
        yield separator + encode(key) + b": "
        separator = b",\n"
        if isinstance(value, Mapping):
            yield from _encode_columns(value)
        else:
            yield encode(value)
    yield b"\n}"


__all__ = [
    "ScoredSample",
    "build_scores",
    "encode_scores",
    "read_answers",
    "score_files",
    "wrong_samples",
]
