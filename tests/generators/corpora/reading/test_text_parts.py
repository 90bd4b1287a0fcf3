"""Records of one text, wherever they stand in a file."""

from nerforge.generators.corpora.reading.text_parts import TextPart, merge_parts, merge_values, notes_of


def parts_of(texts: str) -> list[TextPart[int] | str]:
    return [x if x == "-" else TextPart(n, (x,), n) for n, x in enumerate(texts, start=1)]


def test_parts_of_a_text_come_together_where_the_last_one_stands() -> None:
    groups = list(merge_parts(lambda: parts_of("aab-ca--c")))
    places = [x if isinstance(x, str) else [part.place for part in x] for x in groups]
    assert places == [[3], "-", [1, 2, 6], "-", "-", [5, 9]]


def test_a_text_that_appears_between_two_passes_is_not_lost() -> None:
    passes = iter(["ab", "abca"])
    groups = list(merge_parts(lambda: parts_of(next(passes))))
    assert sorted(part.place for group in groups if isinstance(group, list) for part in group) == [1, 2, 3, 4]


def test_values_that_two_parts_give_are_the_same_mentions() -> None:
    parts = [{"a": ["x", "y"], "b": []}, {"a": ["y", "y"], "b": ["z"]}, {"a": ["x"]}]
    assert merge_values(parts) == {"a": ["x", "y", "y"], "b": ["z"]}


def test_labels_of_which_records_disagree_are_noted() -> None:
    parts = [{"a": ["x", "y"], "b": []}, {"a": ["y", "x"], "b": ["z"]}, {"c": []}]
    assert notes_of(parts) == ("records_of_one_text", "records_of_one_text", "records_disagree")
    assert notes_of(parts[:1]) == ()
