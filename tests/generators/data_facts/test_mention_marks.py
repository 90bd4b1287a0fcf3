"""Marks of entities, compared with their definitions over all pairs."""

from hypothesis import given
from hypothesis import strategies as st

from nerforge.generators.data_facts.mention_marks import MARKS, mark_mentions
from nerforge.generators.data_facts.opened_data import DataSample
from nerforge.templates.domain import Entity, Sample

TEXT = "甲乙丙丁戊己庚辛"
spans = st.tuples(st.integers(0, 7), st.integers(1, 8)).filter(lambda span: span[0] < span[1])


def names(marks: int) -> set[str]:
    return {name for bit, name in enumerate(MARKS) if marks >> bit & 1}


def marks_of(*rows: tuple[str, str, list[Entity]]) -> list[list[set[str]]]:
    samples = [DataSample(split, Sample("x", text, tuple(entities))) for split, text, entities in rows]
    return [[names(mark) for mark in row] for row in mark_mentions(samples)]


def placed(label: str, start: int, end: int, text: str = TEXT) -> Entity:
    return Entity(label, text[start:end], start, end)


@given(st.lists(spans, max_size=6))
def test_overlaps_are_those_of_all_pairs(found: list[tuple[int, int]]) -> None:
    entities = [placed(f"L{at}", *span) for at, span in enumerate(found)]
    [marks] = marks_of(("train", TEXT, entities))
    for at, (start, end) in enumerate(found):
        others = [span for i, span in enumerate(found) if i != at]
        within = any(a <= start and end <= b and (a, b) != (start, end) for a, b in others)
        crossing = any(a < start < b < end or start < a < end < b for a, b in others)
        assert ("nested" in marks[at]) == within
        assert ("crossing" in marks[at]) == crossing
        assert ("same_span" in marks[at]) == ((start, end) in others)


def test_completed_and_normalised_entities_are_told_apart() -> None:
    [marks] = marks_of(("train", "烟台市", [Entity("City", "烟台", 0, 3), Entity("Province", "山东")]))
    assert marks == [{"normalised"}, {"inferred"}]


def test_words_of_training_are_seen_whatever_their_label() -> None:
    rows = [
        ("train", TEXT, [placed("A", 0, 2)]),
        ("test", TEXT, [placed("B", 0, 2), placed("A", 3, 5), Entity("A", "壬")]),
    ]
    [_, marks] = marks_of(*rows)
    assert [("unseen" in mark) for mark in marks] == [False, True, True]


def test_without_training_nothing_is_unseen() -> None:
    assert marks_of(("test", TEXT, [placed("A", 0, 2)])) == [[set()]]


def test_words_with_several_labels_are_marked_everywhere() -> None:
    rows = [("train", TEXT, [placed("A", 0, 2)]), ("dev", TEXT, [placed("B", 0, 2), placed("A", 4, 6)])]
    assert [[("several" in mark) for mark in row] for row in marks_of(*rows)] == [[True], [True, False]]


def test_two_labels_of_one_place_everywhere_are_no_contradiction() -> None:
    both = [placed("A", 0, 2), placed("B", 0, 2)]
    marks = marks_of(("train", TEXT, both), ("dev", TEXT, both))
    assert all(mark >= {"same_span"} and "several" not in mark for row in marks for mark in row)


def test_white_space_at_an_edge_is_marked() -> None:
    [marks] = marks_of(("train", "王芳 来", [placed("PER", 0, 3, "王芳 来"), placed("PER", 0, 2, "王芳 来")]))
    assert ["edge_space" in mark for mark in marks] == [True, False]
