"""Choose samples of a split, the same for every checkpoint, and read how they were answered."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from unicodedata import category

from nerforge.evaluation.prediction_files import Outputs, PredictionOptions, read_outputs
from nerforge.evaluation.reading.gold_stream import read_index
from nerforge.evaluation.reading.scored_samples import MISSING, ScoredSample, read_answers
from nerforge.evaluation.reading.task_of_gold import find_label_task, find_task
from nerforge.evaluation.scores.label_scores import is_label_gold, names_of, read_label
from nerforge.evaluation.tracking.records import TrackedSample
from nerforge.generators.classification.label_gold import read_labelled
from nerforge.generators.datasets.entity_gold import stream_gold
from nerforge.templates.answers import load_format
from nerforge.templates.domain import Outcome, Sample

N_SAMPLES = 20
_EXCERPT = 2_000
"""Characters of a text that are sent."""
_NOTHING = "(nothing)"


class Question(NamedTuple):
    """Which answers are to be read, and how."""

    gold: Path
    predictions: Path
    task: str | None = None
    """None for what the manifest says, as for the format."""
    answer_format: str | None = None
    reading: PredictionOptions | None = None
    """What is known of the predictions file."""


class Chosen(NamedTuple):
    """The samples, and which they are."""

    samples: list[TrackedSample]
    rule: str


def read_samples(question: Question, n: int = N_SAMPLES) -> Chosen:
    """Read the answers to ``n`` samples, in the order of gold.

    They are those with the lowest SHA-256 of their ids among the answered ones: a draw that is the same for
    every checkpoint and every command, and does not depend on the order of the file.

    Raises:
        UserError: a file cannot be read, or the predictions do not belong to gold.
    """
    index = read_index(question.gold)
    read = read_outputs(question.predictions, index, question.reading)
    ids = choose_ids((row_id for row_id, _ in index if row_id in read.outputs), n)
    read_them = _read_labels if is_label_gold(question.gold) else _read_entities
    rule = f"{len(ids)} of {len(index)} samples, those with the lowest SHA-256 of their ids"
    return Chosen(list(read_them(question, read, ids)), rule)


def choose_ids(ids: Iterable[str], n: int) -> set[str]:
    """Choose the ``n`` ids with the lowest SHA-256."""
    # The hash of an id is as good as random and stays the same when rows are added: of ten more rows in a
    # hundred, about two of twenty samples change.
    return set(sorted(ids, key=lambda row_id: sha256(row_id.encode("utf-8", "replace")).digest())[:n])


def _read_entities(question: Question, read: Outputs, ids: set[str]) -> Iterator[TrackedSample]:
    task, answer_format = find_task(question.gold, question.task, question.answer_format)
    samples = (sample for sample in stream_gold(question.gold, task.schema) if sample.id in ids)
    answered = read_answers(samples, read.outputs, load_format(answer_format), task.schema, cut=read.cut)
    return map(_of_entities, answered)


def _of_entities(row: ScoredSample) -> TrackedSample:
    return _sample(
        row.sample.id, row.sample.text, row.output, _gold_of(row.sample), row.is_exact, row.outcome
    )


def _gold_of(sample: Sample) -> str:
    return "; ".join(f"{entity.label} {entity.text}" for entity in sample.entities) or _NOTHING


def _read_labels(question: Question, read: Outputs, ids: set[str]) -> Iterator[TrackedSample]:
    rows = read_labelled(question.gold)
    names = names_of(rows, [], find_label_task(question.gold, question.task), question.gold)
    for row in (row for row in rows if row.id in ids):
        label, output = read_label(read, row, names), read.outputs.get(row.id)
        read_as = Outcome.UNPARSABLE if label is None else Outcome.CLEAN
        outcome = MISSING if output is None else read_as.value
        yield _sample(row.id, row.text, output, row.label, label == row.label, outcome)


def _sample(
    row_id: str, query: str, answer: str | None, gold: str, is_right: bool, outcome: str
) -> TrackedSample:
    shown = None if answer is None else fit_to_show(answer)
    return TrackedSample(fit_to_show(row_id), fit_to_show(query), shown, fit_to_show(gold), is_right, outcome)


def fit_to_show(text: str) -> str:
    """Shorten a text, and replace control characters and half characters that no file or page takes."""
    # A lone surrogate, half a character, cannot be written as UTF-8.
    short = text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}..."
    return "".join("\N{REPLACEMENT CHARACTER}" if _is_unfit(c) else c for c in short)


def _is_unfit(character: str) -> bool:
    return character not in "\n\t" and category(character) in ("Cc", "Cs")
