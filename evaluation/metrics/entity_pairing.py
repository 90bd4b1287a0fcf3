"""Pair gold with predicted entities one to one, and as well as can be: no order of either side matters.

Spans are half-open, so touching ones do not overlap. An entity without a span stands for its value: it
relates only to another one without a span and with the same value.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

from nerforge.templates.domain import Entity

Weight = Callable[[Entity, Entity], int]
"""How good a pair of a gold and a predicted entity is; 0 for two that may not be paired."""


def place(entity: Entity) -> Hashable:
    """Give what two entities at the same place share: the span, or the value where there is none."""
    return entity.text if entity.start is None else (entity.start, entity.end)


def same_place(one: Entity, other: Entity) -> bool:
    """Tell whether two entities are at the same place; ``place`` says what that is."""
    if one.start != other.start or one.end != other.end:
        return False
    return one.start is not None or one.text == other.text


def overlap(one: Entity, other: Entity) -> bool:
    """Tell whether two spans share a character, or two entities without spans the value."""
    a, b = one.span, other.span
    if a is None or b is None:
        return a is b and one.text == other.text
    return a[0] < b[1] and b[0] < a[1]


def overlap_same_label(one: Entity, other: Entity) -> bool:
    """Tell whether two entities overlap and have the same label."""
    return one.label == other.label and overlap(one, other)


def in_order(entities: Sequence[Entity]) -> list[Entity]:
    """Sort entities so that any order of the same ones gives the same list."""
    if len(entities) < 2:
        return list(entities)
    return sorted(
        entities, key=lambda e: (-1, -1, e.label, e.text) if e.span is None else (*e.span, e.label, e.text)
    )


class Common(NamedTuple):
    """Two sides, divided into what they share (with multiplicity) and the rest."""

    matched: list[int]
    """Positions in gold."""
    gold: list[int]
    """Positions of the gold entities that are left."""
    predicted: list[int]
    """Positions of the predicted entities that are left."""


def split_equal(gold: Sequence[Entity], predicted: Sequence[Entity]) -> Common:
    """Match entities that are the same in all, each with one other at most."""
    return _split(gold, predicted)


def split_common(
    gold: Sequence[Entity], predicted: Sequence[Entity], key: Callable[[Entity], Hashable]
) -> Common:
    """Match entities of equal keys, each with one other at most: a multiset intersection."""
    return _split([key(entity) for entity in gold], [key(entity) for entity in predicted])


def _split(gold_keys: Sequence[Hashable], predicted_keys: Sequence[Hashable]) -> Common:
    if not gold_keys or not predicted_keys:
        return Common([], list(range(len(gold_keys))), list(range(len(predicted_keys))))
    matched: list[int] = []
    left: list[int] = []
    # Gold keys a b b, predicted b a c: `places` is {b: 0, a: 1, c: 2}. The first b takes place 0, the second
    # b finds none and is left; place 2 remains. Matched 0 1, gold left 2, predicted left 2.
    places = {key: position for position, key in enumerate(predicted_keys)}
    if len(places) == len(predicted_keys):
        for position, key in enumerate(gold_keys):
            (left if places.pop(key, None) is None else matched).append(position)
        return Common(matched, left, list(places.values()))
    # A key that is predicted twice may match twice, so each key keeps a list of its positions.
    waiting: dict[Hashable, list[int]] = {}
    for position, key in enumerate(predicted_keys):
        waiting.setdefault(key, []).append(position)
    for position, key in enumerate(gold_keys):
        partners = waiting.get(key)
        if partners:
            partners.pop()
            matched.append(position)
        else:
            left.append(position)
    return Common(matched, left, [position for partners in waiting.values() for position in partners])


class Pair(NamedTuple):
    """A gold and a predicted entity that are matched."""

    gold: Entity
    predicted: Entity
    weight: int


def best_pairs(gold: Sequence[Entity], predicted: Sequence[Entity], weight: Weight) -> list[Pair]:
    """Find the one-to-one matching of the greatest total weight.

    Of several equally good ones the same is taken for every order of the two sides.
    """
    if len(gold) == len(predicted) == 1:
        only = weight(gold[0], predicted[0])
        return [Pair(gold[0], predicted[0], only)] if only else []
    # Of several best matchings the method finds the first in this order, whatever order the sides came in.
    gold, predicted = in_order(gold), in_order(predicted)
    weights = [[weight(g, p) for p in predicted] for g in gold]
    return [Pair(gold[i], predicted[j], weights[i][j]) for i, j in assign(weights) if weights[i][j]]


def count_pairs(
    gold: Sequence[Entity], predicted: Sequence[Entity], related: Callable[[Entity, Entity], bool]
) -> int:
    """Count the pairs of a maximum one-to-one matching of related entities."""
    if len(gold) == 1 or len(predicted) == 1:
        return int(any(related(g, p) for g in gold for p in predicted))
    return len(best_pairs(gold, predicted, related)) if gold and predicted else 0


def assign(weights: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """Solve the assignment problem: pairs ``(row, column)`` of the greatest sum of weights.

    The Hungarian method with potentials (Kuhn 1955, https://doi.org/10.1002/nav.3800020109), a row at a time.
    """
    n_rows = len(weights)
    n_columns = len(weights[0]) if weights else 0
    if n_rows > n_columns:
        flipped = [[weights[i][j] for i in range(n_rows)] for j in range(n_columns)]
        return [(i, j) for j, i in assign(flipped)]
    if n_rows == 1:
        return [(0, max(range(n_columns), key=weights[0].__getitem__))]
    # Weights [[3, 2], [3, 0]]: row 0 takes column 0, its best. Row 1 wants column 0, too: to give row 0 its
    # second best costs 1 and to give row 1 its second best costs 3, so row 0 moves to column 1. The sum is 5.
    row_of: list[int | None] = [None] * n_columns
    row_price = [0] * n_rows
    column_price = [0] * n_columns
    for row in range(n_rows):
        _augment(weights, row, row_of, row_price, column_price)
    return [(i, j) for j, i in enumerate(row_of) if i is not None]


def _augment(
    weights: Sequence[Sequence[int]],
    row: int,
    row_of: list[int | None],
    row_price: list[int],
    column_price: list[int],
) -> None:
    """Give ``row`` a column along the cheapest path on which every row before it keeps one."""
    # slack: of each column that is not reached, the cost to reach it more than now, and the column before.
    # reached: of each column on a path from `row`, the column before it on that path; None for the first.
    slack: dict[int, tuple[int, int | None]] = {}
    reached: dict[int, int | None] = {}
    current: int = row
    last: int | None = None
    while True:
        for j in range(len(row_of)):
            if j not in reached:
                cost = -weights[current][j] - row_price[current] - column_price[j]
                if j not in slack or cost < slack[j][0]:
                    slack[j] = cost, last
        step, chosen = min((cost, j) for j, (cost, _) in slack.items())
        row_price[row] += step
        for j in reached:
            column_price[j] -= step
            row_price[_row(row_of, j)] += step
        slack = {j: (cost - step, before) for j, (cost, before) in slack.items()}
        last = chosen
        reached[last] = slack.pop(last)[1]
        if row_of[last] is None:
            break
        current = _row(row_of, last)
    # The path row - c1 - row of c1 - c2 ends at a free column: each row on it moves on to the next column.
    while last is not None:
        before = reached[last]
        row_of[last] = row if before is None else row_of[before]
        last = before


def _row(row_of: list[int | None], column: int) -> int:
    row = row_of[column]
    assert row is not None
    return row
