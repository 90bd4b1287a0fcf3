"""What a model predicted for the samples of gold, as rows to be written in the layout of a tool."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nerforge.evaluation.confidence.calibration import Calibration, calibrated_samples
from nerforge.evaluation.prediction_files import PredictionOptions
from nerforge.evaluation.reading.gold_stream import read_index
from nerforge.evaluation.reading.joining import Joiner
from nerforge.evaluation.reading.opened_predictions import (
    find_prediction_reading,
    open_predictions,
    predicted_samples,
)
from nerforge.evaluation.reading.scored_samples import MISSING
from nerforge.evaluation.span_files import SpanPredictions
from nerforge.foundation.phases import phase
from nerforge.generators.corpora.conversion.fitting import ConvertedRow
from nerforge.generators.corpora.conversion.losses import LossCounter, LossKind
from nerforge.generators.corpora.from_gold import row_of_sample
from nerforge.generators.corpora.reading.raw_rows import RawRow
from nerforge.generators.datasets.entity_gold import stream_gold
from nerforge.templates.domain import Answer, Entity, Outcome, Sample, in_reading_order


class PredictionSource:
    """The samples of a gold file with the entities of a model; pieces of a text are joined."""

    def __init__(
        self,
        predictions: Path,
        gold: Path,
        reading: PredictionOptions,
        *,
        task: str | None = None,
        answer_format: str | None = None,
        model: str | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        """Read predictions and match them to gold.

        Args:
            predictions: A file in any layout that ``score`` reads.
            gold: A gold file.
            reading: What is known of the predictions.
            task: The task of gold; None for what its data set says.
            answer_format: That of answers; None for what the data set says, ``auto`` to find it out.
            model: Whose spans are meant, in a file with those of several models.
            calibration: Of the confidences of the predictions.

        Raises:
            UsageError: options contradict what the file holds.
            UserError: a file cannot be read, or predictions do not belong to gold.
        """
        self._gold = gold
        self._calibration = calibration
        with phase("reading gold and predictions"):
            found = find_prediction_reading(
                gold, predictions, reading, task=task, answer_format=answer_format, model=model
            )
            self._task, self._format = found.task, found.answer_format
            index = read_index(gold, found.task.schema)
            self._read, note = open_predictions(predictions, index, reading, model)
        self._notes = [*found.notes, *([note] if note else []), *self._read.notes]
        self.layout = self._read.layout.name if isinstance(self._read, SpanPredictions) else self._read.layout
        self.n_rows = len(index)
        self.parts: frozenset[str | None] = frozenset([None])
        self._outcomes: Counter[str] = Counter()
        self._problems: Counter[str] = Counter()
        self._joined: str | None = None

    def rows(self, losses: LossCounter) -> Iterator[ConvertedRow]:
        """Yield a row for each sample that was answered, in the order of gold."""
        self._outcomes.clear()
        self._problems.clear()
        samples = stream_gold(self._gold, self._task.schema)
        joiner = Joiner(self._gold)
        scored = predicted_samples(self._read, samples, self._task, self._format, use_up=False)
        scored = calibrated_samples(scored, self._calibration)
        for number, row in enumerate(joiner.join(scored), start=1):
            self._outcomes[row.outcome] += 1
            where = f"{self._gold.name}: {row.sample.id}"
            if row.outcome == MISSING or row.answer is None:
                losses.add(LossKind.NO_PREDICTION, where)
            elif row.answer.outcome is Outcome.UNPARSABLE:
                losses.add(LossKind.UNREADABLE_ANSWER, where)
            else:
                self._problems.update(problem.kind.value for problem in row.answer.problems)
                yield ConvertedRow(where, _row_of(row.sample, row.answer, number), row.sample.id)
        self._joined = joiner.note()

    def read_counts(self) -> Mapping[str, Any]:
        """Give outcomes and problems of the answers, as scores have them."""
        return {
            "outcomes": dict(sorted(self._outcomes.items())),
            "problems": dict(sorted(self._problems.items())),
        }

    def notes(self) -> Sequence[str]:
        """Say how the predictions were read and matched."""
        placing = self._read.reading_notes() if isinstance(self._read, SpanPredictions) else ()
        return [*self._notes, *placing, *([self._joined] if self._joined else [])]


def _row_of(sample: Sample, answer: Answer, number: int) -> RawRow:
    """Make the row of a sample with the entities that were predicted in place of its own."""
    entities = in_reading_order(dict.fromkeys(answer.entities))
    known = zip(answer.entities, answer.scores, strict=False)
    scores: dict[Entity, float] = {entity: score for entity, score in known if score is not None}
    predicted = Sample(sample.id, sample.text, entities, sample.meta)
    return row_of_sample(predicted, number, scores=scores)
