"""Values that a file states without their places."""

from collections.abc import Mapping, Sequence

import pytest

from nerforge.generators.corpora.aligning.value_placing import overlap, place_values
from nerforge.generators.corpora.reading.raw_rows import RawRow
from nerforge.generators.corpora.reading.row_reports import ReadReport
from nerforge.templates.tasks import task_of_labels

SCHEMA = task_of_labels("corpus", ["city", "person", "school"], nested=False).schema


@pytest.mark.parametrize(
    ("text", "values", "is_nested"),
    [
        ("上海大学", {"school": ["上海大学"], "city": ["上海"]}, True),
        ("上海大学在上海", {"school": ["上海大学"], "city": ["上海"]}, False),
        ("上海大学在上海", {"school": ["上海大学"], "city": ["上海", "上海"]}, True),
        ("上海来人", {"city": ["上海"], "person": ["上海"]}, True),
        ("上海来人", {"city": ["上海", "上海"], "person": []}, False),
        ("雨停了", {"city": ["上海"]}, False),
    ],
)
def test_values_that_must_share_characters_nest(
    text: str, values: Mapping[str, Sequence[str]], is_nested: bool
) -> None:
    assert overlap(text, values) is is_nested


def test_values_of_long_texts_are_compared_in_linear_time() -> None:
    text = "".join(f"<{n}>" for n in range(40_000))
    assert overlap(text, {"city": [f"<{n}>" for n in range(0, 40_000, 20)]}) is False


def test_repeated_values_take_repeated_mentions_and_no_more() -> None:
    report = ReadReport()
    row = RawRow(1, "Ana met Bo; Ana left.", (), values={"person": ["Ana", "Ana", "Ana", "bo"], "city": []})
    placed = place_values(row, SCHEMA, report)
    assert [(e.text, e.start) for e in placed.entities] == [("Ana", 0), ("Bo", 8), ("Ana", 12)]
    assert [grounding.value for grounding in placed.entities.values()] == ["exact", "normalised", "exact"]
    assert (placed.n_stated, placed.faults) == (4, [])


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"person": ["Carlos"]}, "lost"),
        ({"person": [" "]}, "empty_entity"),
        ({"animal": ["Ana"]}, "unknown_label"),
    ],
)
def test_what_cannot_be_placed_is_a_fault(values: Mapping[str, Sequence[str]], reason: str) -> None:
    report = ReadReport()
    placed = place_values(RawRow(1, "Ana met Bo.", (), values=values), SCHEMA, report)
    assert ([fault.reason for fault in placed.faults], report.faulty_entities) == ([reason], {reason: 1})


def test_an_unknown_label_without_values_says_nothing() -> None:
    placed = place_values(RawRow(1, "Ana", (), values={"animal": [], "city": []}), SCHEMA, ReadReport())
    assert placed == ({}, [], 0)
