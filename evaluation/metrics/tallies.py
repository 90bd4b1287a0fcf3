"""Count a stream of sentences by every criterion, label and slice, and keep what intervals need.

Sentences that count alike share one row of counts, which is made when the first of them is met: a test set
has far fewer kinds of sentences than sentences. What both sides have in common is counted by the features of
its entities; only what differs is compared by every criterion.
"""

from array import array
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from nerforge.evaluation.metrics.bootstrap import Floats, Indices
from nerforge.evaluation.metrics.confusion import Confusion
from nerforge.evaluation.metrics.criteria import Criterion
from nerforge.evaluation.metrics.entity_pairing import split_equal
from nerforge.evaluation.metrics.extra_matches import Column, ExtraMatches, Extras
from nerforge.evaluation.metrics.peers import UNIVERSALNER, BioTags, SemEval
from nerforge.evaluation.metrics.slices import FLAT, NESTED, EntityFeatures, Slicer, nested
from nerforge.templates.domain import Entity, Sample

EXACT_MATCH = ("samples", "exact_match", None)
_ROWS = 20_000
"""Groups whose counts are added up at a time."""


def total_column(side: str, criterion: Criterion, label: str | None) -> Column:
    """Name the column that holds how many entities a criterion counts on one side."""
    return side, criterion.name if criterion.is_set else "strict", label


class _Increments(NamedTuple):
    """The columns to which an entity adds one, by what it is."""

    matched: "array[int]"
    gold: "array[int]"
    predicted: "array[int]"


_Side = tuple[list[int], bool, bool]
"""Of one side of a sentence: the code of each entity's features (odd where it is nested), whether no span
overlaps another, and whether every entity has a span."""
_Rest = tuple[list[Entity], list[Entity]]
"""The gold and the predicted entities of a sentence that are in no strictly equal pair."""


def _codes_of(codes: Sequence[int], indices: Sequence[int]) -> tuple[int, ...]:
    # Sorted from a list: from a generator it takes about 1.3 times as long, and this is a hot loop.
    return tuple(sorted([codes[i] for i in indices]))


class ScoreTally:
    """Counts of all sentences so far."""

    def __init__(self, slicer: Slicer, criteria: Sequence[Criterion] | None = None) -> None:
        """Begin with nothing counted; for ``criteria`` see ``ExtraMatches``."""
        self.slicer = slicer
        self.extra_matches = ExtraMatches(criteria)
        self.confusion = Confusion()
        self.semeval = SemEval()
        self.bio_tags = BioTags()
        self.columns: dict[Column, int] = {}
        self._group_of = array("i")
        """The group of each sentence, in order."""
        self._groups: dict[tuple[object, ...], int] = {}
        self._empty_groups: dict[tuple[int, object, bool], int] = {}
        self._cells = array("i")
        """Of each group, the columns to which it adds one, a column as often as it is added to."""
        self._sizes = array("i")
        """How many cells a group has."""
        self._extras: list[tuple[int, int, float]] = []
        """Group, column and what is added to it besides."""
        self._codes: dict[tuple[object, ...], int] = {}
        self._increments: list[_Increments] = []

    def add(self, sample: Sample, predicted: tuple[Entity, ...], *, is_complete: bool = True) -> bool:
        """Count one sentence, and tell whether the answer is exactly gold.

        An answer that is not complete, as a piece of it was lost, is never exactly gold.
        """
        # Most answers of a trained model are gold; comparing two tuples is all that they cost here.
        if predicted != sample.entities:
            return self._add_different(sample, predicted, is_complete)
        if not predicted:
            self._append_empty(sample, is_complete)
            return is_complete
        codes, is_apart, is_spanned = self._side(predicted, sample.text)
        self.semeval.n_equal += len(codes)
        if not (is_apart and is_spanned):
            self.bio_tags.n_gold_untaggable += 1
        extras: Extras | None = None
        if len(predicted) > 1:
            codes.sort()
            if self.extra_matches.repeats(predicted):
                extras = {}
                self.extra_matches.correct_sets(extras, predicted, predicted, range(len(codes)))
        self._append(sample, tuple(codes), (), (), extras, is_complete)
        return is_complete

    def _add_different(self, sample: Sample, predicted: tuple[Entity, ...], is_complete: bool) -> bool:
        gold = sample.entities
        if not gold or not predicted:
            self._add_one_sided(sample, gold or predicted, is_gold=not predicted)
            return False
        matched, left, added = split_equal(gold, predicted)
        rest = [gold[i] for i in left], [predicted[j] for j in added]
        gold_codes, gold_apart, gold_spanned = self._side(gold, sample.text)
        added_codes, predicted_apart, predicted_spanned = self._added(predicted, added, sample.text)
        is_apart = gold_apart and predicted_apart
        is_spanned = gold_spanned and predicted_spanned
        extras = self._compare(gold, predicted, matched, rest, is_apart=is_apart)
        self.confusion.add_rest(*rest)
        self._count_semeval(gold, predicted, rest, is_apart=is_apart)
        # A pair that differs only in its value, 菏泽 or 菏泽市 for the span 菏泽市, is equal for BIO tags.
        if not (is_apart and is_spanned) or ("tp", "exact", None) in extras:
            self.bio_tags.add(gold, predicted, [gold[i].label for i in matched])
        is_exact = is_complete and not left and not added
        # Sorted, so that sentences with the same entities in another order share a group.
        matched_codes, left_codes = _codes_of(gold_codes, matched), _codes_of(gold_codes, left)
        self._append(sample, matched_codes, left_codes, tuple(sorted(added_codes)), extras, is_exact)
        return is_exact

    def _added(self, predicted: tuple[Entity, ...], added: list[int], text: str) -> _Side:
        """Look up the predicted entities that gold has not; the last two say of all of them how they lie."""
        is_apart, is_spanned = _lie_in_order(predicted)
        if is_apart:
            return self._side([predicted[j] for j in added], text)[0], True, is_spanned
        # Whether an entity is nested depends on all of its side.
        codes, is_apart, _ = self._side(predicted, text)
        return [codes[j] for j in added], is_apart, is_spanned

    def _compare(
        self,
        gold: tuple[Entity, ...],
        predicted: tuple[Entity, ...],
        matched: list[int],
        rest: _Rest,
        *,
        is_apart: bool,
    ) -> Extras:
        """Count by every criterion what the strictly equal pairs do not say."""
        extras: Extras = {}
        if rest[0] and rest[1]:
            self.extra_matches.add(extras, *rest)
            self.extra_matches.recount(extras, gold, predicted, matched, is_apart=is_apart)
        if self.extra_matches.repeats(gold) or self.extra_matches.repeats(predicted):
            self.extra_matches.correct_sets(extras, gold, predicted, matched)
        return extras

    def _count_semeval(
        self, gold: tuple[Entity, ...], predicted: tuple[Entity, ...], rest: _Rest, *, is_apart: bool
    ) -> None:
        if is_apart or not rest[0] or not rest[1]:
            self.semeval.n_equal += len(gold) - len(rest[0])
            self.semeval.add(*rest)
        else:
            self.semeval.add(gold, predicted)

    def _add_one_sided(self, sample: Sample, entities: tuple[Entity, ...], *, is_gold: bool) -> None:
        """Count a sentence in which everything is missed, or everything is spurious."""
        codes, is_apart, is_spanned = self._side(entities, sample.text)
        sides: tuple[tuple[Entity, ...], tuple[Entity, ...]] = (entities, ()) if is_gold else ((), entities)
        self.confusion.add_rest(*sides)
        self.semeval.add(*sides)
        if not (is_apart and is_spanned):
            self.bio_tags.add(*sides, ())
        extras: Extras | None = None
        if len(entities) > 1:
            codes.sort()
            if self.extra_matches.repeats(entities):
                extras = {}
                self.extra_matches.correct_sets(extras, *sides, ())
        self._append(
            sample, (), tuple(codes) if is_gold else (), () if is_gold else tuple(codes), extras, False
        )

    def _side(self, entities: Sequence[Entity], text: str) -> _Side:
        """Look up what entities are: their features as codes, and how they lie to each other."""
        # The text 张伟在北京 with 张伟 PER [0, 2) and 北京 GPE [3, 5) gives two codes, one for (PER, says its
        # value, 2 characters, not seen in training) and one for the same of GPE. All mentions of persons with
        # two characters in a test set share the first, so their columns are looked up once.
        codes: list[int] = []
        known, training = self._codes, self.slicer.training
        end = 0
        is_apart = is_spanned = True
        features: tuple[str, bool | None, int, bool]
        for entity in entities:
            value, start, last = entity.text, entity.start, entity.end
            if start is None or last is None:
                is_spanned = False
                features = entity.label, None, len(value), training is not None and value in training
            else:
                surface = text[start:last]
                is_seen = training is not None and surface in training
                features = entity.label, surface == value, last - start, is_seen
                if start < end:
                    is_apart = False
                end = last
            code = known.get(features)
            codes.append(self._new_code(EntityFeatures(*features)) if code is None else code)
        # A span that begins before the end of another one may only be out of order.
        if not is_apart and not (is_apart := _lie_apart(entities)):
            codes = [code + flag for code, flag in zip(codes, nested(entities), strict=True)]
        return codes, is_apart, is_spanned

    def _new_code(self, features: EntityFeatures) -> int:
        """Give entities of one label and the same slices one code, and the next one where they are nested."""
        slices = self.slicer.of_entity(features)
        code = self._codes.setdefault((features.label, slices), len(self._increments))
        self._codes[features] = code
        if code == len(self._increments):
            # Even codes are of flat entities; the odd one above says the same of nested ones.
            self._increments.append(self._entity_columns(features.label, (*slices, FLAT)))
            self._increments.append(self._entity_columns(features.label, (*slices, NESTED)))
        return code

    def _entity_columns(self, label: str, slices: Iterable[str]) -> _Increments:
        places: list[tuple[str, str | None]] = [("slice", name) for name in slices]
        places.append((UNIVERSALNER.name, None))
        sets = (criterion.name for criterion in self.extra_matches.sets)
        totals = [*places, *((c, x) for c in ("strict", *sets) for x in (None, label))]
        hits = [*places, *((c.name, x) for c in self.extra_matches.criteria for x in (None, label))]
        gold = [self._column("gold", *where) for where in totals]
        predicted = [self._column("predicted", *where) for where in totals]
        tp = [self._column("tp", *where) for where in hits]
        return _Increments(*(array("i", columns) for columns in (tp + gold + predicted, gold, predicted)))

    def _column(self, side: str, criterion: str, label: str | None) -> int:
        return self.columns.setdefault((side, criterion, label), len(self.columns))

    def _append(
        self,
        sample: Sample,
        matched: tuple[int, ...],
        gold: tuple[int, ...],
        predicted: tuple[int, ...],
        extras: Extras | None,
        is_exact: bool,
    ) -> None:
        """Put a sentence into the group of those that count alike."""
        slices = self.slicer.of_sample(sample)
        key = slices, matched, gold, predicted, is_exact, frozenset(extras.items()) if extras else None
        # Two sentences with the same slices, the same codes on each side and the same extras count alike.
        # They share a group, so that 100,000 sentences may need no more than some thousand rows of counts.
        group = self._groups.setdefault(key, len(self._sizes))
        if group == len(self._sizes):
            before = len(self._cells)
            self._add_cells(slices, matched, gold, predicted)
            if is_exact:
                self._cells.append(self._column(*EXACT_MATCH))
            self._sizes.append(len(self._cells) - before)
            if extras:
                self._extras += [(group, self._column(*column), n) for column, n in extras.items()]
        self._group_of.append(group)

    def _append_empty(self, sample: Sample, is_complete: bool) -> None:
        """Do the same for a sentence without any entity, of which a test set is often full."""
        key = len(sample.text), sample.meta.get("template") if sample.meta else None, is_complete
        group = self._empty_groups.get(key)
        if group is None:
            self._append(sample, (), (), (), None, is_complete)
            self._empty_groups[key] = self._group_of[-1]
        else:
            self._group_of.append(group)

    def _add_cells(
        self,
        slices: tuple[str, ...],
        matched: tuple[int, ...],
        gold: tuple[int, ...],
        predicted: tuple[int, ...],
    ) -> None:
        cells, increments = self._cells, self._increments
        for code in matched:
            cells.extend(increments[code].matched)
        for code in gold:
            cells.extend(increments[code].gold)
        for code in predicted:
            cells.extend(increments[code].predicted)
        for name in slices:
            cells.extend([self._column("tp", "slice", name)] * len(matched))
            cells.extend([self._column("gold", "slice", name)] * (len(matched) + len(gold)))
            cells.extend([self._column("predicted", "slice", name)] * (len(matched) + len(predicted)))

    def groups(self) -> Indices:
        """Give the group of each sentence."""
        return np.array(self._group_of, dtype=np.intp)

    def rows(self) -> Floats:
        """Give the counts of each group, by the columns."""
        n_columns = len(self.columns)
        sizes = np.array(self._sizes, dtype=np.intp)
        ends = np.cumsum(sizes)
        cells = np.array(self._cells, dtype=np.int32)
        table = np.zeros((len(sizes), n_columns), dtype=np.float32)
        for first in range(0, len(sizes), _ROWS):
            last = min(first + _ROWS, len(sizes))
            block = cells[ends[first] - sizes[first] : ends[last - 1]]
            # Groups with cells 2 5 5 and 0 2 of 6 columns: row_of is 0 0 0 1 1, the cells of the table are
            # 2 5 5 6 8, and the bincount gives the rows 0 0 1 0 0 2 and 1 0 1 0 0 0.
            row_of = np.repeat(np.arange(last - first), sizes[first:last])
            counts = np.bincount(row_of * n_columns + block, minlength=(last - first) * n_columns)
            table[first:last] = counts.reshape(-1, n_columns)
        for group, column, value in self._extras:
            table[group, column] += value
        return table


def _lie_in_order(entities: Iterable[Entity]) -> tuple[bool, bool]:
    """Tell whether no span begins before the one before it ends, and whether every entity has a span."""
    end = 0
    is_in_order = is_spanned = True
    for entity in entities:
        start = entity.start
        if start is None:
            is_spanned = False
        else:
            is_in_order = is_in_order and start >= end
            end = entity.end or 0
    return is_in_order, is_spanned


def _lie_apart(entities: Iterable[Entity]) -> bool:
    """Tell whether no span overlaps another, in whatever order they come."""
    spans = sorted([(e.start, e.end) for e in entities if e.start is not None and e.end is not None])
    return all(one[1] <= other[0] for one, other in pairwise(spans))
