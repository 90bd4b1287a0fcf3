import pytest
from msgspec import to_builtins

from nerforge.evaluation.metrics.confusion import Confusion, boundary_error
from nerforge.evaluation.metrics.score_figures import ConfusedLabels
from nerforge.templates.domain import Entity


def confusion(gold: list[Entity], predicted: list[Entity]) -> Confusion:
    result = Confusion()
    result.add_rest(gold, predicted)
    return result


def span(label: str, start: int, end: int) -> Entity:
    return Entity(label, "甲" * (end - start), start, end)


@pytest.mark.parametrize(
    ("start", "end", "error"),
    [
        (2, 5, None),
        (1, 5, "too_long"),
        (2, 6, "too_long"),
        (3, 5, "too_short"),
        (3, 6, "shifted"),
        (1, 3, "shifted"),
    ],
)
def test_boundaries_are_too_long_too_short_or_shifted(start: int, end: int, error: str | None) -> None:
    assert boundary_error(span("A", 2, 5), span("A", start, end)) == error


def test_the_same_place_is_paired_before_the_same_label() -> None:
    result = confusion([span("A", 0, 2)], [span("A", 0, 3), span("B", 0, 2)]).labels()
    assert result == ConfusedLabels({"A": {"B": 1}}, {}, {"A": 1})


def test_the_same_label_is_paired_before_another_one() -> None:
    result = confusion([span("A", 0, 2)], [span("B", 0, 3), span("A", 1, 3)])
    assert result.labels() == ConfusedLabels({"A": {"A": 1}}, {}, {"B": 1})
    assert to_builtins(result.boundary_errors()) == {
        "too_long": 0,
        "too_short": 0,
        "shifted": 1,
        "per_label": {"A": {"too_long": 0, "too_short": 0, "shifted": 1}},
    }


def test_what_has_no_partner_is_missed_or_spurious() -> None:
    result = confusion([span("A", 0, 2), Entity("A", "乙")], [span("B", 2, 4), Entity("A", "丙")]).labels()
    assert result == ConfusedLabels({}, {"A": 2}, {"A": 1, "B": 1})


def test_a_label_may_be_called_missed() -> None:
    result = confusion([span("missed", 0, 1)], [span("spurious", 0, 1)])
    result.add_equal("missed", 3)
    assert result.labels().pairs == {"missed": {"missed": 3, "spurious": 1}}
