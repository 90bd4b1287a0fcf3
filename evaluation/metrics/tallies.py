"""Count a stream of sentences by every criterion, label and slice, and keep what intervals need.

What both sides have in common is counted by the features of its entities; only what differs is compared by
every criterion. Sentences that count alike share one row of counts.
"""

from collections.abc import Sequence
from itertools import compress, count
from operator import ne
from typing import NamedTuple

from nerforge.evaluation.metrics.bootstrap import Floats, Indices
from nerforge.evaluation.metrics.confusion import Confusion
from nerforge.evaluation.metrics.criteria import Criterion
from nerforge.evaluation.metrics.entity_codes import CodedSide, EntityCodes, lie_in_order
from nerforge.evaluation.metrics.entity_pairing import split_equal
from nerforge.evaluation.metrics.extra_matches import Column, ExtraMatches, Extras
from nerforge.evaluation.metrics.peers import BioTags, SemEval
from nerforge.evaluation.metrics.rest_pairs import RestPairs
from nerforge.evaluation.metrics.sentence_groups import SentenceGroups
from nerforge.evaluation.metrics.slices import Slicer
from nerforge.templates.domain import Entity, Sample

_Entities = tuple[Entity, ...]


def total_column(side: str, criterion: Criterion, label: str | None) -> Column:
    """Name the column that holds how many entities a criterion counts on one side."""
    return side, criterion.name if criterion.is_set else "strict", label


class _Rest(NamedTuple):
    """The entities of a sentence that are in no strictly equal pair, and their positions."""

    gold: list[Entity]
    predicted: list[Entity]
    gold_at: list[int]
    predicted_at: list[int]

    @property
    def is_simple(self) -> bool:
        """Whether a side has no more than one."""
        return len(self.gold) < 2 and len(self.predicted) < 2

    def strict(self, gold: _Entities) -> list[Entity]:
        """Give the gold entities that are in strictly equal pairs."""
        return [entity for i, entity in enumerate(gold) if i not in self.gold_at]


class ScoreTally:
    """Counts of all sentences so far."""

    def __init__(self, slicer: Slicer, criteria: Sequence[Criterion] | None = None) -> None:
        """Begin with nothing counted; for ``criteria`` see ``ExtraMatches``."""
        self.slicer = slicer
        self.extra_matches = ExtraMatches(criteria)
        self._confusion = Confusion()
        self._semeval = SemEval()
        self._bio_tags = BioTags()
        self._pairs = RestPairs(self.extra_matches)
        self._codes = EntityCodes(slicer, self.extra_matches)
        self._groups = SentenceGroups()
        self._empty_groups: dict[tuple[int, object, bool], int] = {}

    @property
    def confusion(self) -> Confusion:
        """What is taken for what, but for strictly equal pairs."""
        self._pour()
        return self._confusion

    @property
    def semeval(self) -> SemEval:
        """The counts of SemEval."""
        self._pour()
        return self._semeval

    @property
    def bio_tags(self) -> BioTags:
        """What is lost where predictions are BIO tags."""
        self._pour()
        return self._bio_tags

    def _pour(self) -> None:
        self._pairs.pour(self._confusion, self._semeval, self._bio_tags)

    @property
    def columns(self) -> dict[Column, int]:
        """The columns of ``rows`` by name."""
        return self._codes.columns

    def groups(self) -> Indices:
        """Give the group of each sentence."""
        return self._groups.of_sentences()

    def rows(self) -> Floats:
        """Give the counts of each group, by the columns."""
        return self._groups.rows(self._codes)

    def add(self, sample: Sample, predicted: _Entities, *, is_complete: bool = True) -> bool:
        """Count one sentence, and tell whether the answer is exactly gold.

        An answer that is not complete, as a piece of it was lost, is never exactly gold.
        """
        # Most answers of a trained model are gold; comparing two tuples is all that they cost here.
        if predicted != sample.entities:
            return self._add_different(sample, predicted, is_complete)
        if not predicted:
            self._add_empty(sample, is_complete)
            return is_complete
        codes, is_apart, is_spanned = self._codes.side(predicted, sample.text)
        self._semeval.n_equal += len(codes)
        if not (is_apart and is_spanned):
            self._bio_tags.n_gold_untaggable += 1
        extras = None
        if len(codes) > 1:
            codes.sort()
            if self.extra_matches.repeats(predicted):
                corrections: Extras = {}
                self.extra_matches.correct_sets(corrections, predicted, predicted, predicted)
                extras = frozenset(corrections.items())
        self._groups.add((self.slicer.of_sample(sample), tuple(codes), (), (), is_complete, extras))
        return is_complete

    def _add_empty(self, sample: Sample, is_complete: bool) -> None:
        """Count a sentence without any entity, of which a test set is often full."""
        key = len(sample.text), sample.meta.get("template") if sample.meta else None, is_complete
        group = self._empty_groups.get(key)
        if group is None:
            slices = self.slicer.of_sample(sample)
            self._empty_groups[key] = self._groups.add((slices, (), (), (), is_complete, None))
        else:
            self._groups.add_again(group)

    def _add_different(self, sample: Sample, predicted: _Entities, is_complete: bool) -> bool:
        gold = sample.entities
        if not gold or not predicted:
            self._add_one_sided(sample, gold or predicted, is_gold=not predicted)
            return False
        rest = _rest_of(gold, predicted)
        gold_codes, gold_apart, gold_spanned = self._codes.side(gold, sample.text)
        added_codes, predicted_apart, predicted_spanned = self._added(predicted, rest, sample.text)
        is_apart = gold_apart and predicted_apart
        is_taggable = is_apart and gold_spanned and predicted_spanned
        if is_taggable and rest.is_simple and self._pairs.is_usable:
            extras = self._count_simply(gold, rest)
        else:
            extras = self._compare(gold, predicted, rest, is_apart=is_apart)
            self._confusion.add_rest(rest.gold, rest.predicted)
            self._count_semeval(gold, predicted, rest, is_apart=is_apart)
            self._count_bio_tags(gold, predicted, rest, extras, is_taggable=is_taggable)
        if self.extra_matches.repeats(gold) or self.extra_matches.repeats(predicted):
            self.extra_matches.correct_sets(extras, gold, predicted, rest.strict(gold))
        is_exact = is_complete and not rest.gold and not rest.predicted
        self._groups.add(
            (
                self.slicer.of_sample(sample),
                # Sorted, so that sentences with the same entities in another order share a group.
                tuple(sorted([code for i, code in enumerate(gold_codes) if i not in rest.gold_at])),
                tuple(sorted([gold_codes[i] for i in rest.gold_at])),
                tuple(sorted(added_codes)),
                is_exact,
                frozenset(extras.items()) if extras else None,
            )
        )
        return is_exact

    def _count_simply(self, gold: _Entities, rest: _Rest) -> Extras:
        """Count a sentence of flat sides with one entity left on each, or on one of them, or none."""
        self._semeval.n_equal += len(gold) - len(rest.gold)
        if rest.gold and rest.predicted:
            return self._pairs.add(rest.gold[0], rest.predicted[0])
        for entity in rest.gold or rest.predicted:
            self._pairs.add_alone(entity, is_gold=bool(rest.gold))
        return {}

    def _added(self, predicted: _Entities, rest: _Rest, text: str) -> CodedSide:
        """Look up the predicted entities that gold has not; the rest is said of all predicted ones."""
        is_apart, is_spanned = lie_in_order(predicted)
        if is_apart:
            return self._codes.side(rest.predicted, text)[0], True, is_spanned
        # Whether an entity is nested depends on all of its side.
        codes, is_apart, _ = self._codes.side(predicted, text)
        return [codes[j] for j in rest.predicted_at], is_apart, is_spanned

    def _compare(self, gold: _Entities, predicted: _Entities, rest: _Rest, *, is_apart: bool) -> Extras:
        """Count by every criterion what the strictly equal pairs do not say."""
        extras: Extras = {}
        if rest.gold and rest.predicted:
            self.extra_matches.add(extras, rest.gold, rest.predicted)
            if self.extra_matches.recounts(is_apart=is_apart):
                self.extra_matches.recount(extras, gold, predicted, rest.strict(gold), is_apart=is_apart)
        return extras

    def _count_semeval(self, gold: _Entities, predicted: _Entities, rest: _Rest, *, is_apart: bool) -> None:
        if is_apart or not rest.gold or not rest.predicted:
            self._semeval.n_equal += len(gold) - len(rest.gold)
            self._semeval.add(rest.gold, rest.predicted)
        else:
            self._semeval.add(gold, predicted)

    def _count_bio_tags(
        self, gold: _Entities, predicted: _Entities, rest: _Rest, extras: Extras, *, is_taggable: bool
    ) -> None:
        if not is_taggable:
            self._bio_tags.add(gold, predicted, [entity.label for entity in rest.strict(gold)])
        elif ("tp", "exact", None) in extras:
            # A pair that differs only in its value, 菏泽 or 菏泽市 for the span 菏泽市, is equal for BIO
            # tags; strictly equal ones are anyway.
            self._bio_tags.add(rest.gold, rest.predicted, ())

    def _add_one_sided(self, sample: Sample, entities: _Entities, *, is_gold: bool) -> None:
        """Count a sentence in which everything is missed, or everything is spurious."""
        codes, is_apart, is_spanned = self._codes.side(entities, sample.text)
        sides: tuple[_Entities, _Entities] = (entities, ()) if is_gold else ((), entities)
        self._confusion.add_rest(*sides)
        self._semeval.add(*sides)
        if not (is_apart and is_spanned):
            self._bio_tags.add(*sides, ())
        extras: Extras = {}
        if self.extra_matches.repeats(entities):
            self.extra_matches.correct_sets(extras, *sides, ())
        coded = tuple(sorted(codes))
        gold_codes, predicted_codes = (coded, ()) if is_gold else ((), coded)
        slices = self.slicer.of_sample(sample)
        self._groups.add(
            (slices, (), gold_codes, predicted_codes, False, frozenset(extras.items()) if extras else None)
        )


def _rest_of(gold: _Entities, predicted: _Entities) -> _Rest:
    """Leave out what both sides have, with multiplicity."""
    # Most answers that are wrong differ in one entity, and name the others in the order of gold. Gold a b c d
    # and predicted a x c d begin with 1 and end with 2 that are the same, and b and x are left.
    n_first = next(compress(count(), map(ne, gold, predicted)), min(len(gold), len(predicted)))
    behind = min(len(gold), len(predicted)) - n_first
    n_last = next(compress(count(), map(ne, reversed(gold), reversed(predicted))), behind)
    n_last = min(n_last, behind)
    gold_at = list(range(n_first, len(gold) - n_last))
    predicted_at = list(range(n_first, len(predicted) - n_last))
    if len(gold_at) * len(predicted_at) > 1:
        _, left, added = split_equal([gold[i] for i in gold_at], [predicted[j] for j in predicted_at])
        gold_at, predicted_at = [gold_at[i] for i in left], [predicted_at[j] for j in added]
    return _Rest([gold[i] for i in gold_at], [predicted[j] for j in predicted_at], gold_at, predicted_at)
