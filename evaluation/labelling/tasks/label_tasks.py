"""Sentences on their way to annotators, with the entities of gold or of a model."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from msgspec.structs import replace

from nerforge.evaluation.labelling.tasks.kept_details import (
    DroppedPiece,
    KeptDetails,
    OtherValue,
    UnplacedEntity,
)
from nerforge.evaluation.reading.scored_samples import MISSING, ScoredSample
from nerforge.generators.corpora.from_gold import NO_SCORES, row_of_sample
from nerforge.generators.corpora.reading.raw_rows import RawRow
from nerforge.templates.domain import Answer, Entity, Grounding, Outcome, Sample, in_reading_order

CHOSEN, ANNOTATORS = "next", "annotators"
"""Keys of ``meta``: why ``label next`` chose a sentence, and who has labelled it."""


class LabelTask(NamedTuple):
    """A sentence for annotators."""

    row: RawRow
    """Its entities say what the sentence says at their places; offsets count code points, end exclusive."""
    details: KeptDetails
    is_suggested: bool = True
    """Whether somebody said something of it: a model that has no answer did not."""


@dataclass(slots=True)
class TaskCounts:
    """What became of the sentences and entities of an export."""

    tasks: int = 0
    suggested: int = 0
    """Tasks with entities, or with the word that there are none."""
    entities: int = 0
    with_score: int = 0
    empty: list[str] = field(default_factory=list)
    """Ids of samples without text, of which no task is made: tools refuse it, and show nothing to label."""
    blank: int = 0
    """Tasks that nothing is known of yet."""
    missing: int = 0
    """Tasks without a prediction."""
    unreadable: int = 0
    """Tasks whose answer could not be read."""
    unplaced: Counter[str] = field(default_factory=Counter)
    """Entities without a place, by kind."""
    other_values: int = 0
    """Entities whose value is not what the sentence says."""
    problems: Counter[str] = field(default_factory=Counter)
    """Pieces of answers that were dropped or are doubtful, by kind."""

    def add(self, task: LabelTask) -> None:
        """Count a task."""
        details = task.details
        self.tasks += 1
        self.suggested += task.is_suggested
        self.entities += len(task.row.entities)
        self.with_score += sum(entity.score is not None for entity in task.row.entities)
        self.blank += not task.is_suggested and details.model is None
        self.missing += details.outcome == MISSING
        self.unreadable += details.outcome == Outcome.UNPARSABLE
        self.unplaced.update(entity.kind for entity in details.unplaced)
        self.other_values += len(details.values)
        self.problems.update(problem.kind for problem in details.problems)


def tasks_of_gold(samples: Iterable[Sample], *, blank: bool = False) -> Iterator[LabelTask]:
    """Make a task of each sample with its own entities.

    A sample that ``label next`` chose and nobody has labelled since has none to show, which is not the same
    as one in which nothing was found.

    Args:
        samples: The samples.
        blank: Leave all entities out.
    """
    for number, sample in enumerate(samples, start=1):
        if blank or _is_waiting(sample):
            task = _task(replace(sample, entities=()), number, KeptDetails())
            yield task._replace(is_suggested=False)
        else:
            yield _task(sample, number, KeptDetails())


def _is_waiting(sample: Sample) -> bool:
    return CHOSEN in sample.meta and ANNOTATORS not in sample.meta and not sample.entities


def tasks_of_predictions(rows: Iterable[ScoredSample], model: str) -> Iterator[LabelTask]:
    """Make a task of each sample with what a model says of it.

    Args:
        rows: The samples with their answers.
        model: What the model is called.
    """
    for number, row in enumerate(rows, start=1):
        sample, answer = row.sample, row.answer
        details = KeptDetails(model, row.outcome, problems=_problems(answer))
        if answer is None or answer.outcome is Outcome.UNPARSABLE:
            yield _task(replace(sample, entities=()), number, details)._replace(is_suggested=False)
            continue
        known = zip(answer.entities, answer.scores, strict=False)
        scores = {entity: score for entity, score in known if score is not None}
        found = dict(zip(answer.entities, answer.groundings, strict=False))
        # An answer may name an entity twice.
        entities = in_reading_order(dict.fromkeys(answer.entities))
        details = replace(details, completeness=answer.completeness)
        yield _task(replace(sample, entities=entities), number, details, scores, found)


def _task(
    sample: Sample,
    number: int,
    details: KeptDetails,
    scores: Mapping[Entity, float] = NO_SCORES,
    found: Mapping[Entity, Grounding] = {},
) -> LabelTask:
    """Make a task of a sample; what no tool has a place for becomes a detail."""
    row = row_of_sample(sample, number, scores=scores)
    unplaced = []
    for one in row.completed:
        entity = Entity(one.label, one.text)
        kind = found.get(entity, Grounding.INFERRED).value
        unplaced.append(UnplacedEntity(one.label, one.text, one.before, kind, scores.get(entity)))
    said = [entity._replace(text=row.text[entity.start : entity.end]) for entity in row.entities]
    values = [
        OtherValue(entity.label, entity.start, entity.end, entity.text)
        for entity, as_said in zip(row.entities, said, strict=True)
        if entity.text is not None and entity.text != as_said.text
    ]
    details = replace(details, unplaced=tuple(unplaced), values=tuple(values))
    return LabelTask(row._replace(entities=tuple(said), completed=()), details)


def _problems(answer: Answer | None) -> tuple[DroppedPiece, ...]:
    return tuple(DroppedPiece(p.kind.value, p.detail) for p in answer.problems) if answer else ()
