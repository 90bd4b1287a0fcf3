"""Faults that a sentence may have: for each mention the likeliest of each kind, and what may be missing."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from nerforge.evaluation.audit.fault_planting import PlantedFault, fits
from nerforge.evaluation.audit.findings import kind_of
from nerforge.evaluation.audit.sentence_reading import Change, CrfReading, Opinion, Place
from nerforge.templates.domain import Entity, Sample

_MAX_MOVE = 3
"""Characters by which an edge may be moved where nothing proposes another place."""
_N_OF_KIND = 2
"""Candidates of a kind that are kept of a mention."""
_LEAST_ADDED = -5.0
"""Odds from which an entity may be missing that nothing else proposes; natural logarithm."""
_N_ADDED = 2
"""Missing entities that are kept of those that overlap."""


class Candidate(NamedTuple):
    """A fault that a sentence may have."""

    gold: Entity | None
    proposed: Entity | None
    kind: str
    opinion: Opinion
    """How much more probable CRFs find the mended sentence."""
    doubt: Opinion
    """The same of all ways to mend this mention together; of a missing one, of this way."""
    read_so: tuple[bool, bool]
    """Whether it is just as the joint CRF, and those of single labels, read the sentence."""

    @property
    def odds(self) -> float:
        """The mean of what both kinds of CRF say; where the joint one sees no change, what the others say."""
        joint, single = self.opinion
        return single if joint == 0 else (joint + single) / 2

    @property
    def is_read_so(self) -> bool:
        """Whether both kinds of CRF read it so."""
        return all(self.read_so)


class CandidateFinder:
    """Lists what may be wrong in sentences of a corpus."""

    def __init__(self, labels: Sequence[str], *, nested: bool) -> None:
        """Take what is the same for all sentences.

        Args:
            labels: Those that gold uses.
            nested: Whether entities may lie in one another.
        """
        self._labels, self._nested = labels, nested

    def find(
        self,
        sample: Sample,
        reading: CrfReading,
        proposals: Iterable[Entity],
        fault: PlantedFault | None = None,
    ) -> list[Candidate]:
        """List what may be wrong in a sentence.

        Args:
            sample: The sentence.
            reading: What the CRFs say of it.
            proposals: Entities that something else proposes.
            fault: Of a copy: the fault that was planted, and what is listed is about that alone.
        """
        mentions = [entity for entity in sample.entities if entity.span]
        read = (_entity(sample.text, place) for place in sorted(set().union(*reading.read)))
        proposed = {place_of(x): x for x in chain(proposals, read) if x.span}
        found: list[Candidate] = []
        for gold in mentions:
            if fault is None or gold == fault.planted:
                found += self._of_mention(sample, reading, gold, mentions, proposed)
        if fault is None or fault.planted is None:
            missing = self._missing(sample, reading, mentions, proposed)
            right = None if fault is None else fault.right
            found += [x for x in missing if right is None or (x.proposed and _overlap(x.proposed, right))]
        return found

    def _of_mention(
        self,
        sample: Sample,
        reading: CrfReading,
        gold: Entity,
        mentions: Sequence[Entity],
        proposed: dict[Place, Entity],
    ) -> list[Candidate]:
        others = [entity for entity in mentions if entity is not gold]
        mendings = {
            place_of(x): x
            for x in self._mendings(sample, gold, proposed)
            if fits(x, others, nested=self._nested) and not _swallows(gold, x, others)
        }
        changes: list[Change] = [(gold, None), *((gold, x) for x in mendings.values())]
        opinions = reading.opinions(changes)
        doubt = Opinion(*(_together(values) for values in zip(*opinions, strict=True)))
        found = [
            Candidate(gold, new, kind_of(gold, new), opinion, doubt, self._read_so(reading, gold, new))
            for (_, new), opinion in zip(changes, opinions, strict=True)
        ]
        return [found[0], *_best(found[1:], proposed)]

    def _missing(
        self,
        sample: Sample,
        reading: CrfReading,
        mentions: Sequence[Entity],
        proposed: dict[Place, Entity],
    ) -> list[Candidate]:
        added = {place: _entity(sample.text, place) for place in sorted(reading.added(_LEAST_ADDED))}
        new = [
            entity
            for entity in {**added, **proposed}.values()
            if not any(self._rivals(entity, x) or x.span == entity.span for x in mentions)
        ]
        opinions = reading.opinions([(None, entity) for entity in new])
        ranked = sorted(
            zip(new, opinions, strict=True), key=lambda x: (-x[1].joint - x[1].single, place_of(x[0]))
        )
        found: list[Candidate] = []
        for entity, opinion in ranked:
            n_rivals = sum(self._rivals(entity, x.proposed) for x in found if x.proposed)
            if n_rivals < _N_ADDED or place_of(entity) in proposed:
                so = self._read_so(reading, None, entity)
                found.append(Candidate(None, entity, kind_of(None, entity), opinion, opinion, so))
        return found

    def _read_so(self, reading: CrfReading, gold: Entity | None, new: Entity | None) -> tuple[bool, bool]:
        if new is not None:
            said = [place_of(new) in read for read in reading.read]
        else:
            said = [not any(self._rivals_place(gold, place) for place in read) for read in reading.read]
        return said[0], said[-1]

    def _rivals_place(self, one: Entity | None, place: Place) -> bool:
        assert one is not None and one.start is not None and one.end is not None
        label, start, end = place
        if self._nested and one.label != label:
            return False
        return one.start < end and start < one.end

    def _rivals(self, one: Entity, other: Entity) -> bool:
        """Tell whether two entities overlap; nested ones of other labels may."""
        return (not self._nested or one.label == other.label) and _overlap(one, other)

    def _mendings(self, sample: Sample, gold: Entity, proposed: dict[Place, Entity]) -> Iterator[Entity]:
        assert gold.start is not None and gold.end is not None
        for label in self._labels:
            if label != gold.label:
                yield Entity(label, gold.text, gold.start, gold.end)
        moves = range(-_MAX_MOVE, _MAX_MOVE + 1)
        spans = {(gold.start + move, gold.end) for move in moves} | {
            (gold.start, gold.end + move) for move in moves
        }
        spans |= {(gold.start + move, gold.end + move) for move in (-2, -1, 1, 2)}
        for entity in proposed.values():
            assert entity.start is not None and entity.end is not None
            if entity.label == gold.label and self._rivals(gold, entity):
                spans |= {(entity.start, entity.end), (gold.start, entity.end), (entity.start, gold.end)}
            elif not self._nested and _overlap(gold, entity):
                yield entity
        for start, end in sorted(spans - {(gold.start, gold.end)}):
            # What lies beside a mention is another one, not this one mended.
            is_near = start < gold.end and gold.start < end
            if is_near and 0 <= start < end <= len(sample.text) and sample.text[start:end].strip():
                yield Entity(gold.label, sample.text[start:end], start, end)


def place_of(entity: Entity) -> Place:
    """Give what tells a mention from others of its sentence."""
    assert entity.start is not None and entity.end is not None
    return entity.label, entity.start, entity.end


def _entity(text: str, place: Place) -> Entity:
    label, start, end = place
    return Entity(label, text[start:end], start, end)


def _overlap(one: Entity, other: Entity) -> bool:
    assert one.start is not None and one.end is not None
    assert other.start is not None and other.end is not None
    return one.start < other.end and other.start < one.end


def _swallows(gold: Entity, proposed: Entity, others: Iterable[Entity]) -> bool:
    """Tell whether a mended mention runs into another one of its label that gold keeps apart.

    CRFs join the items of lists without punctuation; that is no error of gold.
    """
    rivals = (x for x in others if x.label == proposed.label and _overlap(proposed, x))
    return any(not _overlap(gold, x) for x in rivals)


def _together(values: Sequence[float]) -> float:
    """Add odds; logarithms."""
    return float(np.logaddexp.reduce(np.array(values)))


def _best(candidates: Sequence[Candidate], proposed: dict[Place, Entity]) -> list[Candidate]:
    """Keep the likeliest of each kind, and those that something proposes."""
    kept: list[Candidate] = []
    n_of_kind: dict[str, int] = {}
    for one in sorted(candidates, key=lambda x: -x.odds):
        assert one.proposed is not None
        n_of_kind[one.kind] = n_of_kind.get(one.kind, 0) + 1
        if n_of_kind[one.kind] <= _N_OF_KIND or place_of(one.proposed) in proposed:
            kept.append(one)
    return kept
