"""Turn gold back into the rows of a corpus, to be written in any layout."""

from collections.abc import Iterable, Iterator

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow
from nerforge.templates.domain import Entity, Sample


def rows_of_gold(samples: Iterable[Sample], part: str | None = None) -> Iterator[RawRow]:
    """Yield the row of each sample; offsets count code points from 0, end exclusive.

    Ids and ``meta`` have no place in a row.

    Args:
        samples: Samples whose entities all stand in their texts.
        part: The split that the rows say they belong to.

    Raises:
        UserError: an entity is not what the text says at its span, as where a task completes or normalises.
    """
    for place, sample in enumerate(samples, start=1):
        entities = tuple(_entity(entity, sample) for entity in sample.entities)
        yield RawRow(place, sample.text, entities, part)


def _entity(entity: Entity, sample: Sample) -> RawEntity:
    if entity.start is None or entity.end is None or sample.text[entity.start : entity.end] != entity.text:
        where = f"the span {entity.start}-{entity.end}" if entity.span else "no span"
        raise UserError(
            f"sample {sample.id}: entity {entity.text!r} ({entity.label}) has {where}; expected the span of "
            f"these characters, as a corpus says nothing else; leave such entities out"
        )
    return RawEntity(entity.label, entity.text, entity.start, entity.end)
