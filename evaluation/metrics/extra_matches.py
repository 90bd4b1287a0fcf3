"""What a sentence counts besides what follows from the features of its entities one by one."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from nerforge.evaluation.metrics.criteria import CRITERIA, named, true_positives
from nerforge.evaluation.metrics.entity_pairing import count_pairs, overlap, overlap_same_label, place
from nerforge.evaluation.metrics.peers import universalner_text
from nerforge.templates.domain import Entity

UNIVERSALNER = "universalner"
"""Counted like a criterion, by UniversalNER's definition."""
SETS = ("text_set", UNIVERSALNER)
"""Criteria that count a repeated entity once."""
_CHANGED = re.compile(r"[\x00-\x7f]|[^\W\u3400-\u9fff]")
"""Finds what normalising may change: anything but Chinese characters and full-width punctuation."""
Column = tuple[str, str, str | None]
"""``("tp"|"gold"|"predicted", criterion, label or None for all)``; for a slice, ``"slice"`` and its name."""
Extras = dict[Column, float]
"""What is to be added to a column."""


def add_extras(extras: Extras, gold: Sequence[Entity], predicted: Sequence[Entity]) -> None:
    """Count what laxer criteria match among the entities that are not strictly equal."""
    if len(gold) == len(predicted) == 1:
        _add_pair(extras, gold[0], predicted[0])
        return
    _add_part(extras, None, gold, predicted)
    for label in {entity.label for entity in gold}:
        of_label = [[e for e in side if e.label == label] for side in (gold, predicted)]
        _add_part(extras, label, *of_label)


def _add_pair(extras: Extras, gold: Entity, predicted: Entity) -> None:
    """Do the same for the one pair that there is, which is the most frequent case by far."""
    has_label, has_place, is_near = (
        gold.label == predicted.label,
        place(gold) == place(predicted),
        overlap(gold, predicted),
    )
    has_name = has_label and gold.text == predicted.text
    credits = (
        ("exact", has_place),
        ("partial", (is_near + has_place) / 2),
        ("type", is_near and has_label),
        ("text", has_name),
        ("text_set", has_name),
    )
    for criterion, n in credits:
        if n:
            extras["tp", criterion, None] = n
            if has_label:
                extras["tp", criterion, gold.label] = n
    if has_label and universalner_text(gold.text) == universalner_text(predicted.text):
        extras["tp", UNIVERSALNER, None] = 1


def _add_part(extras: Extras, label: str | None, gold: Sequence[Entity], predicted: Sequence[Entity]) -> None:
    if gold and predicted:
        for criterion in CRITERIA[1:]:
            if n := true_positives(criterion, gold, predicted):
                extras["tp", criterion, label] = n
        if label is None and (n := len(_normalised(gold) & _normalised(predicted))):
            extras["tp", UNIVERSALNER, None] = n


def add_types(
    extras: Extras, gold: Sequence[Entity], predicted: Sequence[Entity], matched: Sequence[int]
) -> None:
    """Match whole sides by ``type``: where spans nest, one more match may break up a strict pair."""
    strict = Counter(gold[i].label for i in matched)
    total = 0
    for label in {entity.label for entity in gold}:
        of_label = [e for e in gold if e.label == label], [e for e in predicted if e.label == label]
        n = count_pairs(*of_label, overlap_same_label) - strict[label]
        extras["tp", "type", label] = n
        total += n
    extras["tp", "type", None] = total


def _normalised(entities: Iterable[Entity]) -> set[tuple[str, str]]:
    return {(entity.label, universalner_text(entity.text)) for entity in entities}


def repeats(entities: Sequence[Entity]) -> bool:
    """Tell whether two entities have one label and, normalised, one value."""
    n = len(entities)
    if n < 2:
        return False
    values = [entity.text for entity in entities]
    if len(set(values)) == n and not _CHANGED.search("".join(values)):
        return False
    return len({universalner_text(value) for value in values}) < n and len(_normalised(entities)) < n


def correct_sets(
    extras: Extras, gold: Sequence[Entity], predicted: Sequence[Entity], matched: Sequence[int]
) -> None:
    """Count a sentence that repeats entities by the criteria that take them for one.

    The values correct those that follow from the entities' features, where each one counts.
    """
    gold_names, predicted_names = {named(e) for e in gold}, {named(e) for e in predicted}
    _correct(
        extras, ("text_set", None), (gold_names, predicted_names), (len(gold), len(predicted), len(matched))
    )
    normalised = _normalised(gold), _normalised(predicted)
    _correct(extras, (UNIVERSALNER, None), normalised, (len(gold), len(predicted), len(matched)))
    for label in {entity.label for entity in (*gold, *predicted)}:
        of_label = ({name for name in side if name[0] == label} for side in (gold_names, predicted_names))
        counted = (_count(gold, label), _count(predicted, label), _count([gold[i] for i in matched], label))
        _correct(extras, ("text_set", label), tuple(of_label), counted)


def _correct(
    extras: Extras,
    where: tuple[str, str | None],
    names: tuple[set[tuple[str, str]], ...],
    counted: tuple[int, int, int],
) -> None:
    gold, predicted = names
    extras["gold", *where] = len(gold) - counted[0]
    extras["predicted", *where] = len(predicted) - counted[1]
    extras["tp", *where] = len(gold & predicted) - counted[2]


def _count(entities: Sequence[Entity], label: str) -> int:
    return sum(entity.label == label for entity in entities)
