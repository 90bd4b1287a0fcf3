"""What a layout carries of a row, and what is counted as lost."""

import json
from collections.abc import Iterable, Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.conversion.carried_parts import CarriedParts, find_carried
from nerforge.generators.corpora.conversion.fitting import ConvertedRow, RowFitter
from nerforge.generators.corpora.conversion.losses import MEANINGS, LossCounter, LossKind
from nerforge.generators.corpora.conversion.overlapping_entities import find_lost
from nerforge.generators.corpora.reading.raw_rows import CompletedValue, RawEntity, RawRow

TEXT = "青岛市供电公司来人"
ORG, GPE, W = (
    RawEntity("ORG", "青岛市供电公司", 0, 7),
    RawEntity("GPE", "青岛市", 0, 3),
    RawEntity("W", "公司来", 5, 8),
)
NOTHING = CarriedParts(frozenset())
FULL = CarriedParts(frozenset(LossKind))


def write_labels(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write a layout of texts and labels alone, without any that share characters."""
    for row in rows:
        spans = sorted((e.start, e.end) for e in row.entities)
        if any(before[1] > after[0] for before, after in pairwise(spans)):
            raise UserError("overlaps")
        if "\n" in row.text or "|" in row.text:
            raise UserError(f"row {row.place}: has \x1b a line end or a bar")
        yield json.dumps([row.text, [e.label for e in row.entities]]).encode()


def write_everything(rows: Iterable[RawRow]) -> Iterator[bytes]:
    for row in rows:
        yield repr(row).encode()


def test_what_changes_no_byte_is_not_carried_and_what_is_refused_neither() -> None:
    assert find_carried(write_labels) == NOTHING
    assert find_carried(write_everything).kinds == {
        *(LossKind.ID, LossKind.META, LossKind.SPLIT, LossKind.SCORE),
        *(LossKind.NESTED, LossKind.CROSSING, LossKind.SAME_SPAN),
        *(LossKind.COMPLETED_VALUE, LossKind.NORMALISED_VALUE),
    }


def test_every_kind_of_loss_says_what_it_is() -> None:
    assert set(MEANINGS) == set(LossKind)


def fit(
    row: RawRow, carried: CarriedParts, *, sample_id: str = "s-1", **how: bool
) -> tuple[RawRow | None, dict[str, int]]:
    losses = LossCounter()
    fitted = RowFitter(write_labels, carried, losses, **how).fit(ConvertedRow("f:1", row, sample_id))
    return fitted, {kind: count.n for kind, count in losses.in_order().items()}


def test_a_layout_that_carries_all_gets_the_row_as_it_is() -> None:
    row = RawRow(
        1, TEXT, (ORG._replace(score=0.5), GPE), "dev", completed=(CompletedValue("P", "山东", 1),), id="a"
    )
    assert fit(row, FULL) == (row, {})


def test_details_are_taken_out_and_counted_one_by_one() -> None:
    row = RawRow(
        1,
        TEXT,
        (ORG._replace(score=0.5), W._replace(start=7, end=8, text="去")),
        "dev",
        id="a",
        meta={"n": 1},
    )
    fitted, lost = fit(row, NOTHING)
    assert fitted == RawRow(1, TEXT, (ORG, RawEntity("W", "来", 7, 8)))
    assert lost == {"normalised_value": 1, "score": 1, "id": 1, "meta": 1, "split": 1}
    assert fit(row._replace(id=None, meta=None, entities=()), NOTHING, says_split=False)[1] == {}


def test_the_longest_of_entities_that_share_characters_stays() -> None:
    row = RawRow(1, TEXT, (ORG, GPE._replace(label="LOC", end=7, text=ORG.text), GPE, W))
    fitted, lost = fit(row, NOTHING)
    assert fitted is not None
    assert fitted.entities == (ORG,)
    assert lost == {"nested": 1, "crossing": 1, "same_span": 1}


def test_a_value_that_no_text_says_keeps_its_place_among_the_entities_that_stay() -> None:
    completed = (CompletedValue("P", "山东", 0), CompletedValue("P", "鲁", 2), CompletedValue("P", "东", 3))
    carried = CarriedParts(frozenset({LossKind.COMPLETED_VALUE}))
    row = RawRow(1, TEXT, (ORG, GPE, RawEntity("W", "来", 7, 8)), completed=completed)
    fitted, lost = fit(row, carried)
    assert fitted is not None
    assert [added.before for added in fitted.completed] == [0, 1, 2]
    assert lost == {"nested": 1}
    assert fit(row, NOTHING)[1] == {"completed_value": 3, "nested": 1}


@pytest.mark.parametrize(
    ("text", "lost"),
    [("青岛\n市", {"line_break": 1}), ("青岛|市", {"refused": 1}), ("青|岛\n市", {"refused": 1})],
)
def test_a_row_that_the_layout_refuses_is_lost(text: str, lost: dict[str, int]) -> None:
    assert fit(RawRow(1, text, ()), NOTHING, tries_rows=True) == (None, lost)


def test_what_a_writer_says_cannot_reach_the_terminal_as_a_command() -> None:
    losses = LossCounter()
    fitter = RowFitter(write_labels, NOTHING, losses, tries_rows=True)
    for number in range(5):
        fitter.fit(ConvertedRow(f"f:{number}", RawRow(number, "a|b", ()), "s"))
    (count,) = losses.counts.values()
    assert count.n == 5
    assert [place.split(": ")[0] for place in count.places] == ["f:0", "f:1", "f:2"]
    assert "\x1b" not in "".join(count.places)


def test_ids_are_kept_unless_another_row_has_them() -> None:
    losses = LossCounter()
    fitter = RowFitter(write_everything, FULL, losses, needs_ids=True)
    stated = [None, "a", "a", "a", "s-2"]
    rows = [
        fitter.fit(ConvertedRow("f", RawRow(1, "x", (), id=id_), f"s-{n}")) for n, id_ in enumerate(stated)
    ]
    ids = [row.id for row in rows if row]
    assert ids == ["s-0", "a", "s-2", "s-3", "s-4"]
    assert losses.in_order()["repeated_id"].n == 3


def test_nothing_may_be_lost_where_that_is_strict() -> None:
    fitter = RowFitter(write_labels, NOTHING, LossCounter(is_strict=True))
    with pytest.raises(
        UserError, match=r"f:3: '青岛市' \(GPE\) at 0-3: .* the entity would be lost; leave out --strict"
    ):
        fitter.fit(ConvertedRow("f:3", RawRow(1, TEXT, (ORG, GPE)), "s"))


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(1, 9)), max_size=7))
def test_entities_that_stay_lie_side_by_side_and_any_other_one_meets_one_that_is_not_shorter(
    drawn: list[tuple[int, int]],
) -> None:
    entities = [RawEntity("A", None, start, start + length) for start, length in drawn]
    lost = {number for number, _ in find_lost(entities, NOTHING)}
    kept = [entity for number, entity in enumerate(entities) if number not in lost]
    assert all(a is b or a.end <= b.start or b.end <= a.start for a in kept for b in kept)
    for number in lost:
        gone = entities[number]
        met = [x for x in kept if x.start < gone.end and gone.start < x.end]
        assert any(x.end - x.start >= gone.end - gone.start for x in met)
    assert find_lost(entities, FULL) == []
