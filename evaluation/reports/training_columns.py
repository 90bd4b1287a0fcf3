"""What training shows for the sentences with errors, as columns of the page, within a limit of size."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from nerforge.evaluation.error_analysis.wrong_pairs import entities_of
from nerforge.evaluation.error_causes.training_evidence import (
    AnsweredSentence,
    ShownUse,
    TrainingEvidence,
    find_training_evidence,
)
from nerforge.evaluation.error_causes.training_sentences import TrainingSentence, read_training
from nerforge.evaluation.reports.report_rows import ReportRow
from nerforge.templates.domain import Entity

MAX_CHARACTERS = 3_000_000
"""Of all training sentences of a page: some 5 MB of the file where none resembles another."""
_PER_MILLE = 1_000


class SurfaceUse(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How training treats a surface; sentences are named by their number in the columns."""

    labels: dict[str, int] = {}
    """In how many places it is labelled so."""
    longer: int = 0
    shorter: int = 0
    crossing: int = 0
    unlabelled: int = 0
    completed: dict[str, int] = {}
    """How often gold completes it without saying it, by label."""
    labelled: dict[str, list[int]] = {}
    """Examples by label."""
    examples: dict[str, list[int]] = {}
    """Examples by ``longer``, ``shorter``, ``crossing`` and ``unlabelled``."""


class TrainingColumns(msgspec.Struct, kw_only=True):
    """Sentences of training that are like those with errors, or say the surface of an error."""

    id: list[str] = []
    text: list[str] = []
    entities: list[list[tuple[str, int, int, str | None]]] = []
    """Label, start and end, -1 without a place, and the value where the sentence says it otherwise."""
    near: dict[int, list[int]] = {}
    """By sentence of the page: number and similarity in thousandths of each, the most similar first."""
    uses: dict[str, SurfaceUse] = {}
    """By surface."""
    n_left_out: int = 0
    """Training sentences for which the limit of size left no room."""


def find_training_columns(
    training: Path, a: Sequence[ReportRow], b: Sequence[ReportRow] | None = None
) -> TrainingColumns:
    """Find what training shows for the errors of one system or of two.

    Args:
        training: The gold of the training split.
        a: The page's sentences.
        b: The same with the answers of the second system.

    Raises:
        UserError: training gold cannot be read.
    """
    others: Sequence[ReportRow | None] = [None] * len(a) if b is None else b
    answered = [_answered(row, other) for row, other in zip(a, others, strict=True)]
    return columns_of(find_training_evidence(answered, lambda: read_training(training)))


def columns_of(evidence: TrainingEvidence, max_characters: int = MAX_CHARACTERS) -> TrainingColumns:
    """Write evidence as columns; sentences beyond ``max_characters`` are left out and counted.

    The most similar sentence of each comes first, then an example of each use, then the rest.
    """
    number: dict[int, int] = {}
    n_characters = 0
    for place in _in_order_of_use(evidence):
        size = len(evidence.sentences[place].text)
        if place not in number and n_characters + size <= max_characters:
            number[place] = len(number)
            n_characters += size
    columns = TrainingColumns(n_left_out=len(evidence.sentences) - len(number))
    for place in number:
        _add(columns, evidence.sentences[place])
    for row, found in enumerate(evidence.near):
        kept = [(number[x.sentence], round(_PER_MILLE * x.similarity)) for x in found if x.sentence in number]
        if kept:
            columns.near[row] = [value for pair in kept for value in pair]
    columns.uses = {surface: _use(shown, number) for surface, shown in evidence.surfaces.items()}
    return columns


def _answered(row: ReportRow, other: ReportRow | None) -> AnsweredSentence:
    """Join what either system missed, and what either has too much."""
    missed: dict[Entity, None] = {}
    spurious: dict[Entity, None] = {}
    for one in (row, other):
        if one is None or one.wrong is None:
            continue
        gold, predicted = entities_of(one.wrong.gold), entities_of(one.wrong.predicted)
        missed.update(dict.fromkeys(_surplus(gold, predicted)))
        spurious.update(dict.fromkeys(_surplus(predicted, gold)))
    return AnsweredSentence(row.sample.text, list(missed), list(spurious))


def _surplus(entities: Iterable[Entity], others: Sequence[Entity]) -> Iterator[Entity]:
    rest = list(others)
    for entity in entities:
        if entity in rest:
            rest.remove(entity)
        else:
            yield entity


def _in_order_of_use(evidence: TrainingEvidence) -> Iterator[int]:
    """Yield the places of sentences, those first without which something would have no example."""
    examples = [
        found for shown in evidence.surfaces.values() for by in _examples(shown) for found in by.values()
    ]
    yield from (found[0].sentence for found in evidence.near if found)
    yield from (found[0] for found in examples if found)
    yield from (x.sentence for found in evidence.near for x in found[1:])
    yield from (place for found in examples for place in found[1:])


def _examples(shown: ShownUse) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    return shown.labelled, shown.examples


def _use(shown: ShownUse, number: dict[int, int]) -> SurfaceUse:
    labelled, examples = (
        {name: [number[at] for at in found if at in number] for name, found in by.items()}
        for by in _examples(shown)
    )
    use = shown.use
    return SurfaceUse(
        labels=use.labels,
        longer=use.longer,
        shorter=use.shorter,
        crossing=use.crossing,
        unlabelled=use.unlabelled,
        completed=shown.completed,
        labelled=labelled,
        examples=examples,
    )


def _add(columns: TrainingColumns, sentence: TrainingSentence) -> None:
    columns.id.append(sentence.id)
    columns.text.append(sentence.text)
    columns.entities.append([_entity(entity, sentence.text) for entity in sentence.entities])


def _entity(entity: Entity, text: str) -> tuple[str, int, int, str | None]:
    if entity.start is None or entity.end is None:
        return entity.label, -1, -1, entity.text
    is_said = text[entity.start : entity.end] == entity.text
    return entity.label, entity.start, entity.end, None if is_said else entity.text
