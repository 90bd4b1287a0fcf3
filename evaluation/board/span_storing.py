"""Entities as labels and offsets, and back: what a text says is not stored but read from gold again."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from nerforge.evaluation.board.stored_rows import StoredAnswer
from nerforge.evaluation.reading.scored_samples import MISSING, ScoredSample
from nerforge.templates.domain import Entity, Outcome, Sample

_UNSAID = (Outcome.CLEAN.value, Outcome.EMPTY.value)
_HASH_LENGTH = 16


class JudgedSample(NamedTuple):
    """A sentence with what was found in it: all that figures depend on."""

    sample: Sample
    predicted: tuple[Entity, ...]
    is_complete: bool


def judged(row: ScoredSample) -> JudgedSample:
    """Take of a read answer what figures depend on."""
    return JudgedSample(row.sample, row.predicted, row.is_complete)


def store_answers(rows: Iterable[ScoredSample]) -> list[StoredAnswer]:
    """Give what is to be stored of answers; see ``StoredAnswer``."""
    stored = (_store(row) for row in rows)
    return [answer for answer in stored if answer.entities or answer.outcome or answer.lost]


def restore(sample: Sample, stored: StoredAnswer | None) -> JudgedSample:
    """Give a gold sentence with what was found in it.

    A value that the span does not say is known by its hash alone: it is gold's, where gold of the sentence
    has one of that hash, and else stands as the hash, which equals no value of gold. So figures are those of
    the answer itself.

    Raises:
        ValueError: a span reaches beyond the sentence.
    """
    if stored is None:
        return JudgedSample(sample, (), True)
    values = {_hash(entity.text): entity.text for entity in sample.entities}
    entities = tuple(_entity(fields, sample, values) for fields in stored.entities)
    return JudgedSample(sample, entities, stored.outcome != MISSING and not stored.lost)


def _store(row: ScoredSample) -> StoredAnswer:
    outcome = row.outcome
    return StoredAnswer(
        row.sample.id,
        [_fields(entity, row.sample.text) for entity in row.predicted],
        None if outcome in _UNSAID else outcome,
        outcome != MISSING and not row.is_complete,
    )


def _fields(entity: Entity, text: str) -> tuple[Any, ...]:
    place = entity.label, entity.start, entity.end
    # 菏泽 for 菏泽市 is ["City", 3, 6, "4f2c..."], an inferred 山东 ["Province", null, null, "9d01..."].
    is_said = entity.start is not None and text[entity.start : entity.end] == entity.text
    return place if is_said else (*place, _hash(entity.text))


def _entity(fields: Sequence[Any], sample: Sample, values: dict[str, str]) -> Entity:
    label, start, end, *rest = fields
    if end is not None and end > len(sample.text):
        raise ValueError(f"{sample.id}: span {start}-{end} is beyond the {len(sample.text)} characters")
    value = values.get(rest[0], f"#{rest[0]}") if rest else sample.text[start:end]
    return Entity(label, value, start, end)


def _hash(value: str) -> str:
    return sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_LENGTH]
