"""Each place of a surface is treated in one way."""

import pytest

from nerforge.evaluation.error_causes.training_uses import Use, use_of
from nerforge.templates.domain import Entity


@pytest.mark.parametrize(
    ("spans", "use"),
    [
        ([], Use((), "unlabelled")),
        ([("A", 0, 2), ("A", 4, 6)], Use((), "unlabelled")),
        ([("B", 2, 4), ("A", 2, 4), ("A", 1, 5)], Use(("A", "B"), "longer")),
        ([("A", 1, 3), ("A", 2, 3), ("A", 2, 6)], Use((), "longer")),
        ([("A", 1, 3), ("A", 2, 3)], Use((), "shorter")),
        ([("A", 2, 3), ("A", 1, 3)], Use((), "shorter")),
        ([("A", 3, 5)], Use((), "crossing")),
    ],
)
def test_a_place_is_labelled_or_lies_to_labelled_spans_in_one_way(
    spans: list[tuple[str, int, int]], use: Use
) -> None:
    assert use_of((2, 4), [Entity(label, "x", start, end) for label, start, end in spans]) == use
