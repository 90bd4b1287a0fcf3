"""Find out in which answer format a file of answers is written, by reading some of them in every format."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from nerforge.evaluation.prediction_files import PredictionOptions, read_outputs
from nerforge.evaluation.reading.gold_stream import read_index
from nerforge.generators.datasets.entity_gold import stream_gold
from nerforge.templates.answers import FORMATS, AnswerFormat
from nerforge.templates.domain import Answer, Grounding, LabelSchema, Outcome, Sample
from nerforge.templates.tasks import Task

AUTO = "auto"
"""Asks for the format to be found out."""
_SAMPLE_SIZE = 200
_READ = frozenset({Outcome.CLEAN, Outcome.EMPTY})
"""Outcomes of an answer that is written as the format asks, with entities or without."""


class FormatFit(NamedTuple):
    """How well answers read in one format, better ones greater."""

    clean: int
    """Answers read without a repair."""
    grounded: int
    """Entities read that the sentence says or the task infers."""


class FormatChoice(NamedTuple):
    """The format chosen, and what spoke for it."""

    name: str
    n_read: int
    fits: dict[str, FormatFit]
    """By format, the best first."""

    def note(self) -> str:
        """Say what was chosen and with what counts."""
        counts = ", ".join(
            f"{name} {fit.clean} clean and {fit.grounded} entities" for name, fit in self.fits.items()
        )
        return f"answers are read as {self.name}; of {self.n_read} answers: {counts}"


def choose_format(
    samples: Sequence[Sample],
    outputs: Mapping[str, str],
    schema: LabelSchema,
    default: str,
    *,
    seed: int = 42,
    formats: Mapping[str, AnswerFormat] = FORMATS,
) -> FormatChoice:
    """Read up to 200 answers in every format, and take the one with the most clean answers.

    Of formats with as many clean answers, that with more grounded entities wins, and then ``default``.
    """
    answered = [(sample, outputs[sample.id]) for sample in samples if sample.id in outputs]
    drawn = random.Random(seed).sample(answered, min(_SAMPLE_SIZE, len(answered)))
    fits = {
        name: _fit([answer_format.decode(output, sample.text, schema) for sample, output in drawn])
        for name, answer_format in formats.items()
    }
    # xml (180 clean, 400 grounded), json (180, 410) and bracket (0, 30): json; of equal ones, the default.
    ranked = sorted(fits, key=lambda name: (fits[name], name == default), reverse=True)
    return FormatChoice(ranked[0], len(drawn), {name: fits[name] for name in ranked})


def choose_file_format(
    gold: Path,
    predictions: Path,
    task: Task,
    default: str,
    *,
    reading: PredictionOptions | None = None,
    seed: int = 42,
) -> FormatChoice:
    """Choose the format of a file of predictions in any layout.

    Raises:
        UserError: a file cannot be read, or predictions do not belong to gold.
    """
    outputs = read_outputs(predictions, read_index(gold), reading).outputs
    # Sorted, so that the same seed draws the same answers whatever the order of the file.
    drawn = random.Random(seed).sample(sorted(outputs), min(_SAMPLE_SIZE, len(outputs)))
    answers = {row_id: outputs[row_id] for row_id in drawn}
    samples = [sample for sample in stream_gold(gold, task.schema) if sample.id in answers]
    return choose_format(samples, answers, task.schema, default, seed=seed)


def _fit(answers: Sequence[Answer]) -> FormatFit:
    return FormatFit(
        sum(answer.outcome in _READ for answer in answers),
        sum(grounding is not Grounding.HALLUCINATED for answer in answers for grounding in answer.groundings),
    )
