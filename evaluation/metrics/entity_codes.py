"""What entities are, as small numbers: entities with one code add to the same columns of counts."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from nerforge.evaluation.metrics.bootstrap import Floats
from nerforge.evaluation.metrics.extra_matches import Column, ExtraMatches
from nerforge.evaluation.metrics.peers import UNIVERSALNER
from nerforge.evaluation.metrics.slices import FLAT, NESTED, EntityFeatures, Slicer, features_of, nested
from nerforge.templates.domain import Entity

CodedSide = tuple[list[int], bool, bool]
"""Of one side of a sentence: the code of each entity's features, odd where the entity is nested; whether no
span overlaps another; and whether every entity has a span."""


class _Columns(NamedTuple):
    """The columns to which an entity adds one, by what it is."""

    matched: list[int]
    gold: list[int]
    predicted: list[int]


class EntityCodes:
    """Gives entities of one label and the same slices one code, and the next one where they are nested."""

    def __init__(self, slicer: Slicer, extra_matches: ExtraMatches) -> None:
        """Begin with no code given."""
        self.columns: dict[Column, int] = {}
        """All columns of counts, by name; whatever else is counted gets its column here, too."""
        self._slicer = slicer
        self._extra_matches = extra_matches
        self._codes: dict[EntityFeatures, int] = {}
        self._by_slices: dict[tuple[str, tuple[str, ...]], int] = {}
        self._usual: dict[tuple[str, int], int] = {}
        """By label and length, of entities whose words are their value, where training does not matter."""
        self._of_codes: list[_Columns] = []

    def side(self, entities: Sequence[Entity], text: str) -> CodedSide:
        """Look up what entities are, and how they lie to each other."""
        codes: list[int] = []
        usual = self._usual
        end = 0
        is_apart = is_spanned = True
        for entity in entities:
            value, start, last = entity.text, entity.start, entity.end
            code = None
            if start is None or last is None:
                is_spanned = False
            else:
                if text[start:last] == value:
                    code = usual.get((entity.label, last - start))
                if start < end:
                    is_apart = False
                end = last
            codes.append(self._code(entity, text) if code is None else code)
        # A span that begins before the end of another one may only be out of order.
        if not is_apart:
            are_nested = nested(entities)
            is_apart = not any(are_nested)
            codes = [code + flag for code, flag in zip(codes, are_nested, strict=True)]
        return codes, is_apart, is_spanned

    def column(self, side: str, criterion: str, label: str | None) -> int:
        """Give the number of a column."""
        return self.columns.setdefault((side, criterion, label), len(self.columns))

    def increments(self, role: int) -> Floats:
        """Give what an entity adds to each column, a row a code.

        Args:
            role: 0 of a strictly equal pair, 1 of a gold entity that is left, 2 of a predicted one.
        """
        table = np.zeros((len(self._of_codes), len(self.columns)), dtype=np.float32)
        for code, columns in enumerate(self._of_codes):
            table[code, columns[role]] = 1
        return table

    def _code(self, entity: Entity, text: str) -> int:
        """Give the code of an entity that is not nested."""
        # The text 张伟在北京 with 张伟 PER [0, 2) and 北京 GPE [3, 5) gives two codes, one for (PER, says its
        # value, 2 characters, not seen in training) and one for the same of GPE. All mentions of persons with
        # two characters in a test set share the first, so their columns are looked up once.
        features = features_of(entity, text, self._slicer.training)
        code = self._codes.get(features)
        if code is not None:
            return code
        slices = self._slicer.of_entity(features)
        code = self._codes[features] = self._by_slices.setdefault(
            (features.label, slices), len(self._of_codes)
        )
        if features.says_value and self._slicer.training is None:
            self._usual[features.label, features.length] = code
        if code == len(self._of_codes):
            # Even codes are of flat entities; the odd one above says the same of nested ones.
            self._of_codes.append(self._entity_columns(features.label, (*slices, FLAT)))
            self._of_codes.append(self._entity_columns(features.label, (*slices, NESTED)))
        return code

    def _entity_columns(self, label: str, slices: Iterable[str]) -> _Columns:
        places: list[tuple[str, str | None]] = [("slice", name) for name in slices]
        places.append((UNIVERSALNER.name, None))
        sets = (criterion.name for criterion in self._extra_matches.sets)
        totals = [*places, *((c, x) for c in ("strict", *sets) for x in (None, label))]
        hits = [*places, *((c.name, x) for c in self._extra_matches.criteria for x in (None, label))]
        gold = [self.column("gold", *where) for where in totals]
        predicted = [self.column("predicted", *where) for where in totals]
        tp = [self.column("tp", *where) for where in hits]
        return _Columns(tp + gold + predicted, gold, predicted)


def lie_in_order(entities: Iterable[Entity]) -> tuple[bool, bool]:
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
