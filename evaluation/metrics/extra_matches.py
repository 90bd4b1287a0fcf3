"""What a sentence counts besides what follows from the features of its entities one by one.

A sentence with gold 张伟 PER, 上海 GPE and predicted 张伟 PER, 上海人 GPE has one strictly equal pair, for
which every criterion counts 1 match. What is left, 上海 against 上海人, is compared here, once by each
criterion: ``partial`` adds 0.5 and ``type`` 1 to the column of all labels and to that of GPE.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence

from nerforge.evaluation.metrics.criteria import Criterion, load_criteria
from nerforge.evaluation.metrics.peers import UNIVERSALNER, universalner_text
from nerforge.templates.domain import Entity

_UNCHANGED = re.compile(r"[\u3001-\u9fff\uff01-\uff20]*")
"""Chinese characters and full-width punctuation, which normalising does not change."""
Column = tuple[str, str, str | None]
"""``("tp"|"gold"|"predicted", criterion, label or None for all)``; for a slice, ``"slice"`` and its name."""
Extras = dict[Column, float]
"""What is to be added to a column."""


class ExtraMatches:
    """Compares what is not strictly equal by every criterion, and corrects counts where needed."""

    def __init__(self, criteria: Sequence[Criterion] | None = None) -> None:
        """Take the criteria; None for those that we ship and those of other packages.

        The first one must be ``strict``.
        """
        self.criteria = load_criteria() if criteria is None else tuple(criteria)
        laxer = self.criteria[1:]
        self._by_pair = [(c.name, c.credit) for c in laxer]
        self._recounted_always = _without_equal_first(laxer, "never")
        """Those of which strictly equal pairs may not be counted first."""
        self._recounted_nested = _without_equal_first(laxer, "never", "apart")
        self._of_rest = [c for c in laxer if c not in self._recounted_always]
        self.sets = [c for c in self.criteria if c.is_set]
        """Those that count a repeated entity once."""
        # Entities that are equal by label and value are so for UniversalNER, too, which is looked at anyway.
        self._set_keys = [c.key for c in self.sets if c.key is not None and c.name != "text_set"]

    def add(self, extras: Extras, gold: Sequence[Entity], predicted: Sequence[Entity]) -> None:
        """Count what laxer criteria match among the entities that are not strictly equal."""
        if len(gold) == len(predicted) == 1:
            self._add_pair(extras, gold[0], predicted[0])
            return
        self._add_part(extras, None, gold, predicted)
        for label in {entity.label for entity in gold}:
            self._add_part(extras, label, *_of_label(label, gold, predicted))

    def _add_pair(self, extras: Extras, gold: Entity, predicted: Entity) -> None:
        """Do the same for the one pair that there is, which is the most frequent case by far."""
        has_label = gold.label == predicted.label
        for criterion, credit in self._by_pair:
            if n := credit(gold, predicted):
                extras["tp", criterion, None] = n
                if has_label:
                    extras["tp", criterion, gold.label] = n
        if has_label and universalner_text(gold.text) == universalner_text(predicted.text):
            extras["tp", UNIVERSALNER.name, None] = 1

    def _add_part(
        self, extras: Extras, label: str | None, gold: Sequence[Entity], predicted: Sequence[Entity]
    ) -> None:
        if gold and predicted:
            for criterion in self._of_rest:
                if n := criterion.matches(gold, predicted):
                    extras["tp", criterion.name, label] = n
            if label is None and (n := UNIVERSALNER.matches(gold, predicted)):
                extras["tp", UNIVERSALNER.name, None] = n

    def recounts(self, *, is_apart: bool) -> Sequence[Criterion]:
        """Give the criteria that ``recount`` matches by."""
        # Where spans of a side overlap, more criteria need it: `type` in its file shows a sentence.
        return self._recounted_always if is_apart else self._recounted_nested

    def recount(
        self,
        extras: Extras,
        gold: Sequence[Entity],
        predicted: Sequence[Entity],
        strict: Sequence[Entity],
        *,
        is_apart: bool,
    ) -> None:
        """Match whole sides by the criteria under which one more match may break up a strictly equal pair.

        Args:
            extras: Takes the matches beyond the strictly equal pairs.
            gold: One whole side of a sentence.
            predicted: The other one.
            strict: The gold entities in strictly equal pairs.
            is_apart: Whether no two spans of a side overlap.
        """
        n_strict = Counter(entity.label for entity in strict)
        sides = {label: _of_label(label, gold, predicted) for label in {entity.label for entity in gold}}
        for criterion in self.recounts(is_apart=is_apart):
            extras["tp", criterion.name, None] = criterion.matches(gold, predicted) - len(strict)
            for label, of_label in sides.items():
                extras["tp", criterion.name, label] = criterion.matches(*of_label) - n_strict[label]

    def repeats(self, entities: Sequence[Entity]) -> bool:
        """Tell whether two entities of a side are one for a criterion that counts each once."""
        n = len(entities)
        if n < 2:
            return False
        # The sets that we ship tell entities of two labels apart.
        if n == 2 and entities[0].label != entities[1].label and not self._set_keys:
            return False
        if self._set_keys and any(len({*map(key, entities)}) < n for key in self._set_keys):
            return True
        values = [entity.text for entity in entities]
        if len(set(values)) == n and _UNCHANGED.fullmatch("".join(values)):
            return False
        return len({universalner_text(value) for value in values}) < n and UNIVERSALNER.size(entities) < n

    def correct_sets(
        self, extras: Extras, gold: Sequence[Entity], predicted: Sequence[Entity], strict: Sequence[Entity]
    ) -> None:
        """Count a sentence that repeats entities by the criteria that take them for one.

        Args:
            extras: Takes the corrections.
            gold: One side of a sentence.
            predicted: The other one.
            strict: The gold entities in strictly equal pairs.

        The values correct those that follow from the entities' features, where each one counts. Gold 上海 GPE
        twice and predicted 上海 GPE once have one strictly equal pair and, each counted, 2 gold entities;
        ``text_set`` gets -1 in its column of gold entities, and 0 in that of matches.
        """
        for criterion in (*self.sets, UNIVERSALNER):
            _correct(extras, criterion, None, (gold, predicted), len(strict))
        for label in {entity.label for entity in (*gold, *predicted)}:
            of_label = _of_label(label, gold, predicted)
            n_strict = sum(entity.label == label for entity in strict)
            for criterion in self.sets:
                _correct(extras, criterion, label, of_label, n_strict)


def _without_equal_first(criteria: Sequence[Criterion], *when: str) -> list[Criterion]:
    # Strictly equal entities have equal keys, so that they may always go first where keys decide.
    return [c for c in criteria if c.key is None and c.equal_first in when]


def _of_label(
    label: str, gold: Collection[Entity], predicted: Collection[Entity]
) -> tuple[list[Entity], list[Entity]]:
    return [e for e in gold if e.label == label], [e for e in predicted if e.label == label]


def _correct(
    extras: Extras,
    criterion: Criterion,
    label: str | None,
    sides: tuple[Sequence[Entity], Sequence[Entity]],
    n_matched: int,
) -> None:
    gold, predicted = sides
    extras["gold", criterion.name, label] = criterion.size(gold) - len(gold)
    extras["predicted", criterion.name, label] = criterion.size(predicted) - len(predicted)
    extras["tp", criterion.name, label] = criterion.matches(gold, predicted) - n_matched
