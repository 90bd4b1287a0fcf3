import pytest

from nerforge.evaluation.baselines.dictionary import DictionaryOptions, DictionaryTagger
from nerforge.templates.domain import Entity, Sample
from nerforge.templates.tasks import load_task

POWER, NEWS, MEDICAL = (load_task(name).schema for name in ("power", "ccfbdci", "cmeee"))


def said(text: str, *labelled: tuple[str, str], value: str = "") -> Sample:
    """Make a sample that mentions each text where it first stands."""
    entities = (
        Entity(label, value or word, text.index(word), text.index(word) + len(word))
        for label, word in labelled
    )
    return Sample(text, text, tuple(entities))


def found(tagger: DictionaryTagger, text: str) -> list[tuple[str, str]]:
    return [(entity.label, entity.text) for entity in tagger.tag(text)]


def test_the_longest_surface_counts_with_its_most_frequent_label() -> None:
    samples = [
        said("去北京", ("GPE", "北京")),
        said("在北京", ("LOC", "北京")),
        said("到北京", ("GPE", "北京")),
        said("北京大学", ("ORG", "北京大学")),
    ]
    tagger = DictionaryTagger(samples, NEWS, DictionaryOptions())
    assert found(tagger, "北京大学在北京") == [("ORG", "北京大学"), ("GPE", "北京")]
    assert tagger.tag("北京") == [Entity("GPE", "北京", 0, 2)]


def test_a_surface_left_unlabelled_more_often_than_not_is_left_out() -> None:
    samples = [
        said("王说", ("PER", "王")),
        Sample("1", "国王"),
        Sample("2", "王朝"),
        said("李", ("PER", "李")),
    ]
    assert found(DictionaryTagger(samples, NEWS, DictionaryOptions()), "王和李") == [("PER", "李")]
    lenient = DictionaryOptions(max_unlabelled=1)
    assert found(DictionaryTagger(samples, NEWS, lenient), "王和李") == [("PER", "王"), ("PER", "李")]


def test_what_stands_inside_a_longer_mention_is_not_unlabelled_unless_mentions_nest() -> None:
    samples = [said("去北京", ("GPE", "北京")), *(said("北京大学", ("ORG", "北京大学")) for _ in range(3))]
    flat, nested = (DictionaryTagger(samples, NEWS, DictionaryOptions(nested=x)) for x in (False, True))
    assert found(flat, "北京") == [("GPE", "北京")]
    assert found(nested, "北京") == []


def test_rare_surfaces_are_left_out() -> None:
    samples = [said("甲", ("PER", "甲")), said("乙", ("PER", "乙")), said("乙来", ("PER", "乙"))]
    tagger = DictionaryTagger(samples, NEWS, DictionaryOptions(min_count=2))
    assert found(tagger, "甲乙") == [("PER", "乙")]
    assert tagger.notes() == ["2 surfaces in training, 1 left out as rare or unlabelled"]


def test_surfaces_nest_where_the_task_says_so() -> None:
    samples = [said("肺炎", ("dis", "肺炎"), ("bod", "肺"))]
    assert found(DictionaryTagger(samples, MEDICAL, DictionaryOptions()), "肺炎") == [
        ("dis", "肺炎"),
        ("bod", "肺"),
    ]
    flat = DictionaryOptions(nested=False)
    assert found(DictionaryTagger(samples, MEDICAL, flat), "肺炎") == [("dis", "肺炎")]


def test_a_normalised_mention_gets_its_value() -> None:
    samples = [said("菏泽市投诉", ("City", "菏泽市"), value="菏泽")]
    assert DictionaryTagger(samples, POWER, DictionaryOptions()).tag("菏泽市") == [
        Entity("City", "菏泽", 0, 3)
    ]


def station(name: str, city: str) -> list[Sample]:
    """Make two samples in which a station's city and province are inferred."""
    parents = (Entity("Province", "山东省"), Entity("City", city))
    return [
        Sample(
            text,
            text,
            (
                *parents,
                Entity("Substation", name, 0, len(name)),
                Entity("Indicator", text[-2:], len(name), 5),
            ),
        )
        for text in (f"{name}投诉", f"{name}意见")
    ]


def test_what_always_goes_with_a_mention_is_inferred() -> None:
    samples = [*station("麒麟所", "菏泽"), *station("崮山所", "济南")]
    tagger = DictionaryTagger(samples, POWER, DictionaryOptions())
    assert found(tagger, "麒麟所投诉") == [
        ("Province", "山东省"),
        ("City", "菏泽"),
        ("Substation", "麒麟所"),
        ("Indicator", "投诉"),
    ]


def test_nothing_is_inferred_from_a_mention_that_goes_with_several_values() -> None:
    samples = [*station("凤凰所", "菏泽"), *station("凤凰所", "济南"), *station("崮山所", "济南")]
    tagger = DictionaryTagger(samples, POWER, DictionaryOptions())
    assert found(tagger, "凤凰所投诉") == [
        ("Province", "山东省"),
        ("Substation", "凤凰所"),
        ("Indicator", "投诉"),
    ]


def test_a_label_that_the_sentence_mentions_is_not_inferred_too() -> None:
    samples = [*station("麒麟所", "菏泽"), *station("崮山所", "济南"), said("济南", ("City", "济南"))]
    tagger = DictionaryTagger(samples, POWER, DictionaryOptions())
    assert [value for label, value in found(tagger, "济南麒麟所") if label == "City"] == ["济南"]


def test_a_date_seen_once_implies_nothing() -> None:
    once = station("麒麟所", "菏泽")[0]
    dated = Sample("d", f"3月{once.text}", (Entity("Date", "3月", 0, 2), *once.entities[:2]))
    often = [said("今天麒麟", ("Date", "今天")), said("今天", ("Date", "今天"))]
    samples = [dated, *often, *station("麒麟所", "菏泽"), *station("崮山所", "济南")]
    assert found(DictionaryTagger(samples, POWER, DictionaryOptions()), "3月") == [("Date", "3月")]


def test_training_without_entities_finds_none() -> None:
    assert DictionaryTagger([Sample("1", "晴")], NEWS, DictionaryOptions()).tag("晴") == []


def test_a_dictionary_needs_no_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nerforge.foundation.optional.find_spec", lambda name: None)
    tagger = DictionaryTagger([said("今天麒麟", ("Date", "今天"))], NEWS, DictionaryOptions())
    assert [entity.text for entity in tagger.tag("今天晴")] == ["今天"]
