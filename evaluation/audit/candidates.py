"""Faults that a sentence may have: for each mention the likeliest of each kind, and what may be missing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from nerforge.evaluation.audit.cross_tagging import CrfReading
from nerforge.evaluation.audit.fault_planting import fits
from nerforge.evaluation.audit.findings import kind_of
from nerforge.templates.domain import Entity, LabelSchema, Sample

_MAX_MOVE = 3
"""Characters by which an edge may be moved where nothing proposes another place."""
_N_OF_KIND = 2
"""Candidates of a kind that are kept of a mention."""


_BySpan = Mapping[tuple[str, tuple[int, int] | None], Entity]


class Candidate(NamedTuple):
    """A fault that a sentence may have."""

    gold: Entity | None
    proposed: Entity | None
    kind: str
    odds: float
    """Natural logarithm of how much more probable the CRF finds the mended sentence."""
    is_read_so: bool
    """Whether it is just as the CRF reads the sentence."""


def sentence_candidates(
    sample: Sample, reading: CrfReading, proposals: Iterable[Entity], schema: LabelSchema, *, nested: bool
) -> list[Candidate]:
    """List what may be wrong in a sentence.

    Args:
        sample: The sentence.
        reading: What the CRF says of it.
        proposals: Entities that something else proposes.
        schema: The labels.
        nested: Whether entities may lie in one another.
    """
    mentions = [entity for entity in sample.entities if entity.span]
    read = {(x.label, x.span) for x in reading.entities}
    proposed: _BySpan = {(x.label, x.span): x for x in (*proposals, *reading.entities) if x.span}

    def candidate(gold: Entity | None, mended: Entity | None) -> Candidate:
        if mended is not None:
            is_read_so = (mended.label, mended.span) in read
        else:
            is_read_so = not any(_rivals(gold, x, nested=nested) for x in reading.entities)
        return Candidate(gold, mended, kind_of(gold, mended), reading.odds(gold, mended), is_read_so)

    found: list[Candidate] = []
    for gold in mentions:
        others = [entity for entity in mentions if entity is not gold]
        mendings = {
            (x.label, x.span): x
            for x in _mendings(sample, gold, proposed, schema, nested=nested)
            if fits(x, others, nested=nested)
        }
        found.append(candidate(gold, None))
        found += _best([candidate(gold, x) for x in mendings.values()], proposed)
    for entity in proposed.values():
        if not any(_rivals(entity, x, nested=nested) or x.span == entity.span for x in mentions):
            found.append(candidate(None, entity))
    return found


def _best(candidates: Sequence[Candidate], proposed: _BySpan) -> list[Candidate]:
    """Keep the likeliest of each kind, and those that something proposes."""
    kept: list[Candidate] = []
    n_of_kind: dict[str, int] = {}
    for one in sorted(candidates, key=lambda x: -x.odds):
        assert one.proposed is not None
        n_of_kind[one.kind] = n_of_kind.get(one.kind, 0) + 1
        if n_of_kind[one.kind] <= _N_OF_KIND or (one.proposed.label, one.proposed.span) in proposed:
            kept.append(one)
    return kept


def _rivals(one: Entity | None, other: Entity, *, nested: bool) -> bool:
    """Tell whether two entities overlap; nested ones of other labels may."""
    assert one is not None and one.start is not None and one.end is not None
    assert other.start is not None and other.end is not None
    if nested and one.label != other.label:
        return False
    return one.start < other.end and other.start < one.end


def _mendings(
    sample: Sample,
    gold: Entity,
    proposed: _BySpan,
    schema: LabelSchema,
    *,
    nested: bool,
) -> Iterator[Entity]:
    assert gold.start is not None and gold.end is not None
    for label in schema.names:
        if label != gold.label:
            yield Entity(label, gold.text, gold.start, gold.end)
    moves = range(-_MAX_MOVE, _MAX_MOVE + 1)
    spans = {(gold.start + move, gold.end) for move in moves} | {
        (gold.start, gold.end + move) for move in moves
    }
    spans |= {(gold.start + move, gold.end + move) for move in (-2, -1, 1, 2)}
    for entity in proposed.values():
        if entity.label == gold.label and _rivals(gold, entity, nested=nested):
            assert entity.start is not None and entity.end is not None
            spans |= {(entity.start, entity.end), (gold.start, entity.end), (entity.start, gold.end)}
    for start, end in sorted(spans - {(gold.start, gold.end)}):
        if 0 <= start < end <= len(sample.text) and sample.text[start:end].strip():
            yield Entity(gold.label, sample.text[start:end], start, end)
