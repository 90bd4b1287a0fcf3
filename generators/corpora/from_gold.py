"""Turn samples into the rows of a corpus, to be written in any layout."""

from collections.abc import Iterable, Iterator, Mapping

from nerforge.generators.corpora.reading.raw_rows import CompletedValue, RawEntity, RawRow
from nerforge.templates.domain import Entity, Sample

NO_SCORES: Mapping[Entity, float] = {}


def rows_of_gold(samples: Iterable[Sample], part: str | None = None) -> Iterator[RawRow]:
    """Yield the row of each sample.

    Args:
        samples: The samples.
        part: The split that the rows say they belong to.
    """
    for place, sample in enumerate(samples, start=1):
        yield row_of_sample(sample, place, part)


def row_of_sample(
    sample: Sample, place: int, part: str | None = None, scores: Mapping[Entity, float] = NO_SCORES
) -> RawRow:
    """Make the row of a sample, with its id and ``meta``.

    Offsets count code points from 0, end exclusive. The text of an entity is its value, which a task may have
    normalised; a value without a span is a completed one.

    Args:
        sample: The sample.
        place: The row's number, for messages.
        part: The split that the row says it belongs to.
        scores: How sure a model is of entities, where that is known.
    """
    entities, completed = list[RawEntity](), list[CompletedValue]()
    for entity in sample.entities:
        if entity.start is None or entity.end is None:
            completed.append(CompletedValue(entity.label, entity.text, len(entities)))
        else:
            entities.append(
                RawEntity(entity.label, entity.text, entity.start, entity.end, scores.get(entity))
            )
    return RawRow(
        place,
        sample.text,
        tuple(entities),
        part,
        completed=tuple(completed),
        id=sample.id,
        meta=dict(sample.meta) or None,
    )
