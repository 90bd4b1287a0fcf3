"""Errors of two systems are compared by their causes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerforge.evaluation.error_causes.cause_changes import CauseChange, cause_changes
from nerforge.evaluation.reading.wrong_samples import FoundCause, NamedEntity, WrongSample
from nerforge.foundation.errors import UserError

CITY, PERSON = NamedEntity("GPE", "上海", 3, 5), NamedEntity("PER", "张伟", 0, 2)
OTHER = NamedEntity("ORG", "上海", 3, 5)
places = st.none() | st.integers(0, 1)


def wrong(
    gold: list[NamedEntity], predicted: list[NamedEntity], *causes: FoundCause, name: str = "s"
) -> WrongSample:
    return WrongSample(name, "张伟在上海", gold, predicted, "clean", causes=list(causes))


@st.composite
def samples(draw: st.DrawFn) -> list[WrongSample]:
    found = []
    for name in draw(st.lists(st.sampled_from("abc"), unique=True)):
        pairs = draw(st.lists(st.tuples(places, places).filter(lambda pair: pair != (None, None))))
        causes = [FoundCause(draw(st.sampled_from(("unseen", "ambiguous"))), *pair) for pair in pairs]
        found.append(wrong([CITY, PERSON], [OTHER, CITY], *causes, name=name))
    return found


def test_what_b_mends_is_gone_and_what_it_breaks_is_new() -> None:
    a = [wrong([CITY, PERSON], [], FoundCause("unseen", 0, None), FoundCause("unseen", 1, None))]
    b = [wrong([CITY], [CITY, OTHER], FoundCause("ambiguous", None, 1)), wrong([CITY], [], name="t")]
    assert cause_changes(a, b) == [CauseChange("ambiguous", 0, 1, 0, 1), CauseChange("unseen", 2, 0, 2, 0)]


def test_an_error_of_both_is_neither_gone_nor_new_whatever_its_cause_and_answer() -> None:
    a = [wrong([CITY], [], FoundCause("unseen", 0, None))]
    b = [wrong([CITY], [OTHER], FoundCause("ambiguous", 0, 0))]
    assert cause_changes(a, b) == [CauseChange("ambiguous", 0, 1, 0, 0), CauseChange("unseen", 1, 0, 0, 0)]


def test_a_cause_of_a_later_version_is_counted_too() -> None:
    assert cause_changes([], [wrong([CITY], [], FoundCause("moon", 0, None))]) == [
        CauseChange("moon", 0, 1, 0, 1)
    ]


@settings(max_examples=50, deadline=None)
@given(samples(), samples())
def test_the_change_of_all_errors_is_what_is_new_less_what_is_gone(
    a: list[WrongSample], b: list[WrongSample]
) -> None:
    changes = cause_changes(a, b)
    assert sum(x.n_b - x.n_a for x in changes) == sum(x.new - x.gone for x in changes)
    back = {x.cause: x for x in cause_changes(b, a)}
    assert all(CauseChange(x.cause, x.n_b, x.n_a, x.new, x.gone) == back[x.cause] for x in changes)
    assert all((x.gone, x.new) == (0, 0) for x in cause_changes(a, a))


@pytest.mark.parametrize("cause", [FoundCause("unseen", 5, None), FoundCause("unseen", None, None)])
def test_a_cause_of_no_entity_is_refused(cause: FoundCause) -> None:
    with pytest.raises(UserError, match="sample s: a cause names an entity that is not there"):
        cause_changes([wrong([CITY], [], cause)], [])
