"""Find the first sufficient cause of each error of a score file, and what each kind of cause costs."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from nerforge.evaluation.error_analysis.wrong_pairs import WrongPair, entities_of, pair_wrong
from nerforge.evaluation.error_causes.causes import Cause, sides, surface_of
from nerforge.evaluation.error_causes.near_training import NearTraining, OpenErrors
from nerforge.evaluation.error_causes.reading_causes import ReadingCauses
from nerforge.evaluation.error_causes.scores_without import CountedError, scores_without
from nerforge.evaluation.error_causes.training_causes import Sides, training_cause
from nerforge.evaluation.error_causes.training_sentences import TrainingSentence, read_training
from nerforge.evaluation.error_causes.training_uses import TrainingUses
from nerforge.evaluation.reading.wrong_samples import FoundCause, WrongSample
from nerforge.evaluation.scores.schema import Scores
from nerforge.foundation.collector import collector_off
from nerforge.foundation.phases import phase
from nerforge.templates.domain import Entity, LabelSchema


@dataclass(slots=True)
class _Explained:
    """A wrong sample, its errors, and the causes found so far."""

    sample: WrongSample
    gold: list[Entity]
    predicted: list[Entity]
    pairs: list[WrongPair]
    causes: dict[int, FoundCause] = field(default_factory=dict)
    """By the place of the error in ``pairs``."""

    def open_pairs(self) -> dict[int, WrongPair]:
        """Give the errors without a cause."""
        return {at: pair for at, pair in enumerate(self.pairs) if at not in self.causes}


def explain_scores(scores: Scores, training: Iterable[TrainingSentence], schema: LabelSchema) -> Scores:
    """Give the scores with the cause of each error, and with ``why``.

    Args:
        scores: Of entities.
        training: Gold of the sentences that the model was trained on.
        schema: The labels of the task.
    """
    explained = [_read_causes(row, schema, scores.settings.answer_format) for row in scores.errors]
    _training_causes(explained, training)
    counted: dict[str, list[CountedError]] = defaultdict(list)
    for row in explained:
        for at, (gold, predicted) in enumerate(row.pairs):
            cause = Cause(row.causes[at].cause)
            counted[row.sample.id].append(CountedError(cause, gold is not None, predicted is not None))
    errors = {at: counted[name] for at, name in enumerate(scores.samples.id) if name in counted}
    why = scores_without(scores.samples.criteria["strict"], errors, scores.settings.bootstrap)
    samples = [
        replace(row.sample, causes=[row.causes[at] for at in range(len(row.pairs))]) for row in explained
    ]
    return replace(scores, errors=samples, why=why)


def explain_by_file(scores: Scores, training: Path, schema: LabelSchema) -> Scores:
    """Do the same with the training gold of a file, which is read a sentence at a time.

    Raises:
        UserError: it cannot be read.
    """
    with phase("finding the causes of the errors"), collector_off():
        return explain_scores(scores, read_training(training), schema)


def _read_causes(sample: WrongSample, schema: LabelSchema, answer_format: str) -> _Explained:
    """Find the causes that the answer itself tells."""
    gold, predicted = entities_of(sample.gold), entities_of(sample.predicted)
    row = _Explained(sample, gold, predicted, pair_wrong(gold, predicted))
    causes = ReadingCauses(sample, predicted, row.pairs, schema, answer_format)
    places = _places(row)
    for at, pair in enumerate(row.pairs):
        cause = causes.find(pair)
        if cause is not None:
            row.causes[at] = FoundCause(cause.value, *places[at])
    return row


def _training_causes(explained: Sequence[_Explained], training: Iterable[TrainingSentence]) -> None:
    """Find the causes of the other errors in one pass over training."""
    rows = [row for row in explained if row.open_pairs()]
    near = NearTraining([OpenErrors(row.sample.text, row.gold, row.open_pairs()) for row in rows])
    uses = TrainingUses(
        surface_of(entity, row.sample.text)
        for row in rows
        for pair in row.open_pairs().values()
        for entity in sides(pair)
        if entity.start is not None
    )
    for sentence in training:
        near.add(sentence.id, sentence.text, sentence.entities)
        uses.add(sentence.text, sentence.entities)
    for number, row in enumerate(rows):
        places = _places(row)
        for at, pair in row.open_pairs().items():
            if (name := near.of(number, at)) is not None:
                row.causes[at] = FoundCause(Cause.NEAR_DUPLICATE.value, *places[at], near=name)
                continue
            cause, use = training_cause(pair, Sides(row.sample.text, row.gold, row.predicted), uses)
            row.causes[at] = FoundCause(cause.value, *places[at], training=use)


def _places(row: _Explained) -> list[tuple[int | None, int | None]]:
    """Give for each error the places of its entities in gold and in the answer."""
    gold, predicted = _by_entity(row.gold), _by_entity(row.predicted)
    return [
        (None if g is None else gold[g].pop(), None if p is None else predicted[p].pop())
        for g, p in row.pairs
    ]


def _by_entity(entities: Sequence[Entity]) -> dict[Entity, list[int]]:
    places: dict[Entity, list[int]] = defaultdict(list)
    for place, entity in enumerate(entities):
        places[entity].append(place)
    return places
