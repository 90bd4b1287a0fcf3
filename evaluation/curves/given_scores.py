"""Points of a curve that others made: files of predictions or scores, each of a number of training rows."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import UNSET

from nerforge.evaluation.baselines.run import EntityData
from nerforge.evaluation.curves.sentence_counts import SplitCounts, count_sentences, count_texts
from nerforge.evaluation.prediction_files import PredictionOptions
from nerforge.evaluation.reading.gold_stream import read_index
from nerforge.evaluation.reading.joining import Joiner
from nerforge.evaluation.reading.opened_predictions import (
    find_prediction_reading,
    open_predictions,
    predicted_samples,
)
from nerforge.evaluation.reading.scored_samples import ScoredSample
from nerforge.evaluation.reading.wrong_samples import NamedEntity
from nerforge.evaluation.scores.score_file import read_comparable
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.hashing import file_sha256
from nerforge.generators.datasets.entity_gold import stream_gold
from nerforge.templates.domain import Answer, Entity, Outcome, Sample


class _LooksScored(msgspec.Struct):
    """Tells a score file from predictions."""

    settings_sha256: str


def count_given(path: Path, data: EntityData, split: str) -> SplitCounts:
    """Count what a file says of a split.

    Args:
        path: Predictions or spans in any layout that is read, or a file of ``nerforge score --out``.
        data: The data set.
        split: Its split that the file answers.

    Raises:
        UserError: the file cannot be read, or is of other gold.
    """
    gold = data.folder / "gold" / f"{split}.jsonl"
    if _is_score_file(path):
        return count_texts(_texts_of_scores(path, gold, data), data.schema)
    reading = PredictionOptions()
    found = find_prediction_reading(gold, path, reading)
    read = open_predictions(path, read_index(gold, data.schema), reading).read
    samples = stream_gold(gold, data.schema)
    return count_sentences(
        predicted_samples(read, samples, found.task, found.answer_format), gold, data.schema
    )


def _is_score_file(path: Path) -> bool:
    if path.suffix != ".json" or not path.is_file():
        return False
    try:
        msgspec.json.decode(path.read_bytes(), type=_LooksScored)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # What is wrong with a file of predictions is said by its reader.
        return False
    return True


def _entity(named: NamedEntity) -> Entity:
    start, end = (None if place is UNSET else place for place in (named.start, named.end))
    return Entity(named.label, named.text, start, end)


def _texts_of_scores(path: Path, gold: Path, data: EntityData) -> Iterator[tuple[Sample, tuple[Entity, ...]]]:
    """Give each text with what was found in it: gold, but for the texts that the scores list as wrong."""
    scores = read_comparable(path)
    if scores.settings.gold_sha256 != file_sha256(gold):
        raise UserError(
            f"{path}: was scored against another gold file than {gold}; score its predictions against that, "
            "or name the predictions themselves"
        )
    wrong = {error.id: list(map(_entity, error.predicted)) for error in scores.errors}
    as_gold = (
        ScoredSample(sample, None, Answer(sample.entities, Outcome.CLEAN))
        for sample in stream_gold(gold, data.schema)
    )
    for row in Joiner(gold).join(as_gold):
        found = wrong.get(row.sample.id)
        predicted = row.sample.entities if found is None else found
        yield row.sample, tuple(predicted)
