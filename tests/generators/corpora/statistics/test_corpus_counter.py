import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.generators.corpora.statistics import corpus_counter
from nerforge.generators.corpora.statistics.corpus_counter import CorpusCounter, Histogram, take_statistics
from nerforge.templates.domain import Entity, Sample


def sample(text: str, *entities: str) -> Sample:
    """Make a sample of entities such as ``dis:3-5``."""
    made = []
    for entity in entities:
        label, _, span = entity.partition(":")
        start, end = map(int, span.split("-"))
        made.append(Entity(label, text[start:end], start, end))
    return Sample("s-1", text, tuple(made))


def take(*samples: Sample) -> dict[str, Any]:
    return msgspec.to_builtins(take_statistics(lambda: (("train", each) for each in samples)))


def train(*samples: Sample) -> dict[str, Any]:
    counted: dict[str, Any] = take(*samples)["splits"]["train"]
    return counted


def unlabelled(*texts: str) -> dict[str, int]:
    """Count the places of 发热 and 发热门诊, each labelled five times, in texts without entities."""
    labelled = [sample("发热", "sym:0-2")] * 5 + [sample("发热门诊", "org:0-4")] * 5
    found = take(*labelled, *map(sample, texts))["unlabelled"]
    return {example["surface"]: example["unlabelled"] for example in found["examples"]}


def test_a_split_is_counted_by_rows_labels_and_sizes() -> None:
    counted = train(
        sample("患者发热，咳嗽", "sym:2-4", "sym:5-7"), sample("无"), sample("肺部感染", "dis:0-4")
    )
    assert (counted["samples"], counted["without_entities"]) == (3, 1)
    assert counted["entities"] == {"dis": 1, "sym": 2}
    characters, numbers = counted["characters"], counted["entities_per_sample"]
    assert (characters["total"], characters["largest"]) == (12, 7)
    assert {name: n for name, n in characters["bins"].items() if n} == {"1-9": 3}
    assert {name: n for name, n in numbers["bins"].items() if n} == {"0": 1, "1": 1, "2": 1}
    assert counted["entity_lengths"]["sym"]["bins"]["2"] == 2
    assert counted["entity_lengths"]["dis"]["largest"] == 4


def test_each_split_is_counted_apart_and_an_empty_one_is_there() -> None:
    taken = CorpusCounter()
    taken.add("test", sample("发热", "sym:0-2"))
    splits = msgspec.to_builtins(taken.counts().splits)
    assert {name: split["samples"] for name, split in splits.items()} == {"train": 0, "dev": 0, "test": 1}
    assert splits["train"]["entities"] == {}


@pytest.mark.parametrize(
    ("entities", "nested", "crossing", "same_span"),
    [
        (["a:0-2", "b:2-4"], {}, 0, {}),
        (["a:0-4", "b:0-2"], {"b": {"a": 1}}, 0, {}),
        (["a:0-4", "b:2-4"], {"b": {"a": 1}}, 0, {}),
        (["a:0-6", "b:0-4", "c:1-3"], {"b": {"a": 1}, "c": {"b": 1}}, 0, {}),
        (["a:0-3", "b:2-5"], {}, 1, {}),
        (["b:0-3", "a:0-3"], {}, 0, {"a + b": 1}),
        (["a:0-5", "b:1-3", "c:1-3"], {"b": {"a": 1}, "c": {"a": 1}}, 0, {"b + c": 1}),
        (["a:0-6", "b:1-4", "c:3-5"], {"b": {"a": 1}, "c": {"a": 1}}, 1, {}),
    ],
    ids=["touch", "same start", "same end", "innermost", "cross", "same span", "two in one", "cross in one"],
)
def test_overlaps_are_nested_crossing_or_of_one_span(
    entities: list[str], nested: object, crossing: int, same_span: object
) -> None:
    for order in (entities, entities[::-1]):
        counted = train(sample("甲乙丙丁戊己", *order))
        assert (counted["nested"], counted["crossing"], counted["same_span"]) == (nested, crossing, same_span)


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 7), st.integers(1, 5)), unique=True, max_size=8)
)
def test_overlaps_are_those_that_a_look_at_all_pairs_finds(spans: list[tuple[str, int, int]]) -> None:
    text = "甲乙丙丁戊己庚辛壬癸子丑"
    entities = {Entity(label, text[at : at + n], at, at + n) for label, at, n in spans}
    counted = train(Sample("s-1", text, tuple(entities)))
    places = [(entity.start or 0, entity.end or 0) for entity in entities]
    crossing = sum(a < c < b < d for a, b in places for c, d in places)
    inside = sum(any(c <= a and b <= d and (a, b) != (c, d) for c, d in places) for a, b in places)
    assert counted["crossing"] == crossing
    assert sum(sum(outer.values()) for outer in counted["nested"].values()) == inside


def test_entities_without_a_span_are_counted_and_have_no_length() -> None:
    counted = train(Sample("s-1", "麒麟投诉", (Entity("City", "菏泽"),)))
    assert (counted["without_span"], counted["entities"]) == (1, {"City": 1})
    assert counted["entity_lengths"] == {}


@pytest.mark.parametrize(
    ("number", "name"), [(1, "1"), (6, "6"), (7, "7-8"), (8, "7-8"), (9, "9-10"), (31, "31+"), (900, "31+")]
)
def test_a_number_is_counted_in_the_bin_that_names_it(number: int, name: str) -> None:
    histogram = Histogram((1, 2, 3, 4, 5, 6, 7, 9, 11, 16, 21, 31))
    histogram.add(number)
    bins = histogram.counts().bins
    assert (bins[name], sum(bins.values())) == (1, 1)


def test_conflicts_are_surfaces_that_have_another_label_elsewhere() -> None:
    found = take(
        *[sample("血糖", "ite:0-2")] * 5,
        sample("血糖", "bod:0-2"),
        *[sample("水肿", "sym:0-2"), sample("水肿", "dis:0-2")] * 2,
        sample("肺炎", "dis:0-2"),
    )["conflicts"]
    assert {key: found[key] for key in ("surfaces", "mentions", "mentions_against")} == {
        "surfaces": 2,
        "mentions": 10,
        "mentions_against": 3,
    }
    assert [list(example.items()) for example in found["examples"]] == [
        [("surface", "水肿"), ("labels", {"dis": 2, "sym": 2})],
        [("surface", "血糖"), ("labels", {"ite": 5, "bod": 1})],
    ]


def test_two_labels_that_a_span_always_has_are_no_conflict() -> None:
    both = sample("血糖", "ite:0-2", "bod:0-2")
    assert take(both, both)["conflicts"]["surfaces"] == 0
    mixed = take(both, both, sample("血糖", "ite:0-2"))["conflicts"]
    assert mixed["examples"][0]["labels"] == {"bod + ite": 2, "ite": 1}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("他发热，又发热", {"发热": 2}),
        ("发热门诊", {"发热门诊": 1}),
        ("发热门", {"发热": 1}),
        ("发热发热门诊", {"发热": 1, "发热门诊": 1}),
        ("发", {}),
        ("😀发热😀", {"发热": 1}),
    ],
    ids=["twice", "longest", "nearly the longest", "side by side", "too short", "emoji"],
)
def test_unlabelled_places_are_counted_once_with_the_longest_surface(
    text: str, found: dict[str, int]
) -> None:
    assert unlabelled(text) == found


def test_a_place_that_touches_an_entity_is_not_unlabelled() -> None:
    often = [sample("发热", "sym:0-2")] * 5
    assert take(*often, sample("高发热病", "dis:0-4"))["unlabelled"]["occurrences"] == 0
    assert take(*often, sample("高发热病", "dis:0-2"))["unlabelled"]["occurrences"] == 0
    assert take(*often, sample("发热发热发热", "sym:2-4"))["unlabelled"]["occurrences"] == 2
    nested = sample("甲乙发热丙发热", "dis:0-5", "bod:1-2")
    assert take(*often, nested)["unlabelled"]["occurrences"] == 1
    unordered = sample("发热甲乙发热", "dis:4-6", "sym:0-2")
    assert take(*often, unordered)["unlabelled"]["occurrences"] == 0


def test_places_that_share_characters_are_counted_once() -> None:
    often = [sample("甲乙", "a:0-2")] * 5 + [sample("乙丙", "a:0-2")] * 5
    assert take(*often, sample("甲乙丙"))["unlabelled"]["examples"] == [
        {"surface": "甲乙", "labelled": 5, "unlabelled": 1}
    ]


@pytest.mark.parametrize(
    ("text", "n"),
    [("做CT检查", 1), ("ACTH升高", 0), ("CT2", 0), ("ＡCT", 0), ("CT", 1), ("CTCT", 0)],
    ids=["word", "inside", "before a digit", "full width", "alone", "doubled"],
)
def test_letters_are_found_as_whole_words(text: str, n: int) -> None:
    assert take(*[sample("CT", "pro:0-2")] * 5, sample(text))["unlabelled"]["occurrences"] == n


def test_rare_surfaces_and_single_characters_are_not_searched_for() -> None:
    rare, single = [sample("发热", "sym:0-2")] * 4, [sample("肺", "bod:0-1")] * 9
    found = take(*rare, *single, sample("发热与肺"))["unlabelled"]
    assert (found["surfaces_labelled_often"], found["occurrences"]) == (0, 0)


def test_the_first_examples_have_many_places_of_both_kinds() -> None:
    often = [sample("甲乙", "a:0-2")] * 50 + [sample("丙丁", "a:0-2")] * 10 + [sample("戊己", "a:0-2")] * 5
    places = sample("，".join(["甲乙"] + ["丙丁"] * 10 + ["戊己"] * 4))
    examples = take(*often, places)["unlabelled"]["examples"]
    assert examples == [
        {"surface": "丙丁", "labelled": 10, "unlabelled": 10},
        {"surface": "戊己", "labelled": 5, "unlabelled": 4},
        {"surface": "甲乙", "labelled": 50, "unlabelled": 1},
    ]


def test_only_the_most_frequent_surfaces_are_searched_for_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(corpus_counter, "MAX_SEARCHED", 1)
    found = take(*[sample("发热", "sym:0-2")] * 5, *[sample("咳嗽", "sym:0-2")] * 6, sample("发热咳嗽"))[
        "unlabelled"
    ]
    assert (found["surfaces_labelled_often"], found["surfaces_searched"]) == (2, 1)
    assert [example["surface"] for example in found["examples"]] == ["咳嗽"]


def test_without_a_second_pass_nothing_is_said_of_unlabelled_places() -> None:
    taken = CorpusCounter()
    taken.add("train", sample("发热", "sym:0-2"))
    assert taken.counts().unlabelled is None


def test_surfaces_beyond_the_bound_are_counted_but_not_followed() -> None:
    taken = CorpusCounter(max_surfaces=1)
    for each in (sample("发热", "sym:0-2"), sample("咳嗽", "sym:0-2"), sample("发热", "dis:0-2")):
        taken.add("train", each)
    counted = msgspec.to_builtins(taken.counts())
    assert counted["surfaces"] == {"followed": 1, "at_most": 1, "mentions_not_followed": 1}
    assert counted["splits"]["train"]["entities"] == {"dis": 1, "sym": 2}
    assert counted["conflicts"]["surfaces"] == 1


def test_a_surface_that_fills_a_page_is_not_followed() -> None:
    counted = take(sample("长" * 500, "dis:0-500"))
    assert counted["surfaces"]["mentions_not_followed"] == 1
    assert counted["splits"]["train"]["entity_lengths"]["dis"]["bins"]["31+"] == 1


def test_the_order_of_samples_changes_nothing() -> None:
    samples = [
        sample("血糖高", "ite:0-2"),
        sample("血糖", "bod:0-2"),
        sample("水肿", "sym:0-2"),
        sample("水肿", "dis:0-2"),
    ]
    assert json.dumps(take(*samples)) == json.dumps(take(*samples[::-1]))


def test_no_samples_give_counts_of_nothing() -> None:
    counted = take()
    assert counted["conflicts"] == {"surfaces": 0, "mentions": 0, "mentions_against": 0, "examples": []}
    assert counted["unlabelled"]["occurrences"] == 0
