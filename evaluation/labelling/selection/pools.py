"""Read a pool of sentences, with what models say of them."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nerforge.evaluation.audit.audited_data import read_audited
from nerforge.evaluation.baselines.crf import CrfTagger
from nerforge.evaluation.confidence.calibration import Calibration, calibrated_samples
from nerforge.evaluation.labelling.selection.batch import PoolRow
from nerforge.evaluation.labelling.selection.doubts import crf_doubts, predicted_doubts, without_model
from nerforge.evaluation.prediction_files import PredictionOptions
from nerforge.evaluation.reading.gold_stream import read_index
from nerforge.evaluation.reading.opened_predictions import (
    find_prediction_reading,
    open_predictions,
    predicted_samples,
)
from nerforge.evaluation.reading.scored_samples import ScoredSample
from nerforge.foundation.files.reading import read_jsonl
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.corpus import NAME
from nerforge.templates.domain import LabelSchema, Sample
from nerforge.templates.tasks import task_of_labels

OnProgress = Callable[[int, int], None]
"""Called with sentences read and sentences in all."""
_N_UPDATE = 1_000


class ReadPool(NamedTuple):
    """The sentences of a pool."""

    rows: list[PoolRow]
    notes: list[str]
    """How predictions were read."""


def read_plain(pool: Path) -> ReadPool:
    """Read a pool of which no model says anything.

    Raises:
        UserError: it cannot be read.
    """
    rows = [PoolRow(row_id, text, without_model(text)) for row_id, text in read_index(pool)]
    return ReadPool(rows, ["no model tells what it knows: sentences are chosen for what they say alone"])


def read_tagged(pool: Path, tagger: CrfTagger, on_progress: OnProgress | None = None) -> ReadPool:
    """Read a pool with what a CRF says of it."""
    rows: list[PoolRow] = []
    index = read_index(pool)
    for row_id, text in index:
        rows.append(PoolRow(row_id, text, crf_doubts(tagger, text)))
        if on_progress and len(rows) % _N_UPDATE == 0:
            on_progress(len(rows), len(index))
    return ReadPool(rows, tagger.notes())


def read_labelled(paths: Sequence[Path], task: str | None) -> tuple[list[Sample], LabelSchema, list[str]]:
    """Read what is labelled, with the labels of all files.

    Args:
        paths: Gold, or annotated files.
        task: Whose labels they have; None for those that they use.

    Raises:
        UserError: a file cannot be read, or none has an entity.
    """
    read = [read_audited(path, task) for path in paths]
    samples = [sample for one in read for sample in one.samples]
    schema = read[0].task.schema
    # A label may be so rare that only a later batch has it.
    if labels := {name for one in read for name in one.task.schema.names} - set(schema.names):
        schema = task_of_labels(NAME, sorted({*schema.names, *labels}), nested=True).schema
    return samples, schema, [note for one in read for note in one.notes]


def read_predicted(
    pool: Path,
    predictions: Sequence[Path],
    *,
    task: str | None,
    answer_format: str | None,
    calibration: Calibration | None,
) -> ReadPool:
    """Read a pool with what one or several models predict for it.

    Args:
        pool: Rows with ids and texts.
        predictions: Files in any layout that ``score`` reads.
        task: Whose labels they have; None for that of the pool's data set.
        answer_format: That of answers.
        calibration: Of the confidences.

    Raises:
        UserError: a file cannot be read, or does not belong to the pool.
    """
    index = read_index(pool)
    notes: list[str] = []
    of_files: list[list[ScoredSample]] = []
    for path in predictions:
        found = find_prediction_reading(
            pool, path, PredictionOptions(), task=task, answer_format=answer_format
        )
        read, note = open_predictions(path, index)
        samples = (Sample(row_id, text) for row_id, text in index)
        rows = predicted_samples(read, samples, found.task, found.answer_format)
        of_files.append(list(calibrated_samples(rows, calibration)))
        notes += [f"{path.name}: {line}" for line in (*found.notes, note, *read.notes) if line]
    rows_of_pool = [
        PoolRow(row_id, text, predicted_doubts(said))
        for (row_id, text), *said in zip(index, *of_files, strict=True)
    ]
    if all(row.doubts.least is None for row in rows_of_pool):
        notes.append("the predictions have no confidences; pass --confidence to `nerforge predict`")
    return ReadPool(rows_of_pool, notes)


def metadata_of(pool: Path) -> Iterator[tuple[str, JsonObject]]:
    """Yield the metadata of the rows that have any, by id."""
    for _, row in read_jsonl(pool, dict[str, Any]):
        if isinstance(row.get("meta"), dict):
            yield str(row.get("id")), row["meta"]
