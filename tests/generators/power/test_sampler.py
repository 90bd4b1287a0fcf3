"""The sampler: no text twice, no text with two answers, equal shares, and nothing that was not certain."""

import json
import random
from collections import Counter
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.power.gazetteer import Gazetteer, Place, read_gazetteer
from generators.power.sampler import (
    Tables,
    Template,
    allocate,
    count_sentences,
    load_tables,
    read_lines,
    read_templates,
    sample_power,
    strata,
    unclear_surfaces,
)
from templates.answers import is_lossless, load_format
from templates.domain import Entity, EntityKind, Outcome
from templates.errors import UsageError, UserError
from templates.tasks import load_task

POWER = load_task("power").schema
XML = load_format("xml")
TEMPLATES = read_templates()
SHANDONG = read_gazetteer()
CHAT_CASES = Path(__file__).parents[3].parent / "shared" / "cases" / "power_chat_cases.json"

TINY = Gazetteer(
    [
        Place("山东省", "菏泽", "巨野县供电公司", "凤凰供电所"),
        Place("山东省", "菏泽", "鄄城县供电公司", "凤凰供电所"),
        Place("山东省", "济南", "市中区供电公司", "泺源供电所"),
        Place("山东省", "枣庄", "市中区供电公司", "永安供电所"),
    ]
)
COLLIDING = Gazetteer(
    [
        Place("甲省", "乙", "市丙供电公司", "丁供电所"),
        Place("甲省", "乙", "丙供电公司", "戊供电所"),
    ]
)


def small(gazetteer):
    dates = {"relative_day": ("今天",), "month": ("3月", "4月")}
    return Tables(gazetteer, dates, ("投诉", "意见百万户量"), ("个数", "总数"))


def draw(n, tables, seed=0, templates=TEMPLATES):
    return sample_power(n, templates, tables, random.Random(seed))


def every_text(gazetteer):
    """All texts that the twelve templates make, spelled out by hand."""
    tables = small(gazetteer)
    dates = ["", *(date for members in tables.dates.values() for date in members)]
    texts = set()
    for place, date, indicator, total in product(gazetteer.places, dates, tables.indicators, tables.totals):
        for city in (place.city, place.city + "市"):
            for where in (
                city + place.company + place.substation,
                city,
                place.company,
                city + place.company,
                city + place.substation,
                place.substation,
            ):
                texts.add(date + where + indicator + total)
    return texts


@pytest.fixture(scope="module")
def samples():
    """Twenty-six of each template: two of each class of dates where it has one."""
    return draw(12 * 26, load_tables(SHANDONG))


@pytest.fixture(scope="module")
def whole_province():
    """Every query that the embedded gazetteer makes with one date, one indicator and one counting word."""
    tables = Tables(SHANDONG, {"month": ("3月",)}, ("投诉",), ("个数",))
    templates = [template for template in TEMPLATES if "date" not in template.slots]
    return draw(count_sentences(templates, tables), tables, templates=templates)


def test_the_twelve_base_templates_are_shipped():
    where = [
        "{city}{company}{substation}",
        "{city}",
        "{company}",
        "{city}{company}",
        "{city}{substation}",
        "{substation}",
    ]
    expected = [f"{date}{place}{{indicator}}{{total}}" for date in ("", "{date}") for place in where]
    assert [template.text for template in TEMPLATES] == expected


def test_the_shipped_words_are_those_of_the_domain():
    tables = load_tables(TINY)
    assert tables.indicators == ("投诉", "意见", "投诉百万户量", "意见百万户量")
    assert tables.totals == ("个数", "总数", "数量")


def test_a_table_may_hold_comments_and_blank_lines(tmp_path):
    (tmp_path / "t.txt").write_text("# 指标\n\n 投诉 \n意见\n", encoding="utf-8")
    assert read_lines(tmp_path / "t.txt") == ["投诉", "意见"]


def test_a_template_is_read_into_its_slots(tmp_path):
    (tmp_path / "t.txt").write_text("# 说明\n{city}{indicator}\n", encoding="utf-8")
    assert read_templates(tmp_path / "t.txt") == [Template("{city}{indicator}", ("city", "indicator"))]


@pytest.mark.parametrize(
    "line", ["{city}的{indicator}", "{town}{indicator}", "{company}{city}", "{city}{city}", "{city", "投诉"]
)
def test_a_template_that_is_not_made_of_slots_in_order_is_refused(tmp_path, line):
    (tmp_path / "t.txt").write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"t\.txt: template '.*'; expected some of \{date\} \{city\}"):
        read_templates(tmp_path / "t.txt")


@given(sizes=st.lists(st.integers(0, 50), min_size=1, max_size=8), data=st.data())
def test_draws_are_shared_evenly_within_the_sizes(sizes, data):
    n = data.draw(st.integers(0, sum(sizes)))
    shares = allocate(n, sizes)
    assert sum(shares) == n
    assert all(0 <= share <= size for share, size in zip(shares, sizes, strict=True))
    open_shares = [share for share, size in zip(shares, sizes, strict=True) if share < size]
    assert all(share >= max(shares) - 1 for share in open_shares)


def test_what_is_left_over_goes_to_the_largest():
    assert allocate(5, [9, 7, 8]) == [2, 1, 2]


def test_more_draws_than_there_are_cannot_be_shared():
    with pytest.raises(ValueError, match=r"^7 draws from 6$"):
        allocate(7, [1, 2, 3])


def test_a_stratum_numbers_each_of_its_choices_once():
    for group in strata(TEMPLATES, small(TINY)):
        for stratum in group:
            choices = {tuple(stratum.choose(index)) for index in range(stratum.size)}
            assert choices == set(product(*stratum.axes))


def test_texts_are_distinct(samples):
    assert len(samples) == 312
    assert len({sample.text for sample in samples}) == 312


def test_ids_come_from_position_and_text(samples):
    assert [sample.id[:13] for sample in samples] == [f"power-{i:06d}-" for i in range(312)]
    assert len({sample.id[13:] for sample in samples}) == 312


def test_templates_get_equal_shares(samples):
    assert Counter(sample.meta["template"] for sample in samples) == {t.text: 26 for t in TEMPLATES}


def test_classes_of_dates_get_equal_shares_of_their_template(samples):
    dated = Counter(
        (sample.meta["template"], sample.meta["date_class"])
        for sample in samples
        if sample.meta["date_class"] is not None
    )
    assert len(dated) == 6 * 13
    assert set(dated.values()) == {2}


def test_samples_do_not_stand_in_the_order_of_the_templates(samples):
    order = [sample.meta["template"] for sample in samples]
    assert order != sorted(order, key=[template.text for template in TEMPLATES].index)


def test_what_a_small_template_cannot_give_the_others_do():
    shares = Counter(sample.meta["template"] for sample in draw(160, small(TINY)))
    exhausted = {"{company}{indicator}{total}": 12, "{substation}{indicator}{total}": 12}
    assert {text: shares.pop(text) for text in exhausted} == exhausted
    assert len(shares) == 10 and set(shares.values()) == {13, 14}


def test_one_seed_gives_the_same_samples_and_another_seed_others():
    tables = load_tables(SHANDONG)
    assert draw(50, tables, seed=1) == draw(50, tables, seed=1)
    assert draw(50, tables, seed=1) != draw(50, tables, seed=2)


@pytest.mark.parametrize("seed", range(3))
def test_every_distinct_text_can_be_asked_for_and_none_more(seed):
    gazetteer = TINY
    expected = every_text(gazetteer)
    drawn = draw(len(expected), small(gazetteer), seed)
    assert len(drawn) == len(expected)
    assert {sample.text for sample in drawn} == expected
    with pytest.raises(UsageError, match=f"--rows {len(expected) + 1}: the templates and tables make"):
        draw(len(expected) + 1, small(gazetteer), seed)


def test_a_mention_that_can_be_read_in_two_ways_is_left_out_whatever_the_seed():
    assert unclear_surfaces(TEMPLATES, COLLIDING) == {"乙市丙供电公司"}
    n = count_sentences(TEMPLATES, small(COLLIDING))
    texts = {sample.text for sample in draw(n, small(COLLIDING))}
    left_out = {text for text in every_text(COLLIDING) if "乙市丙供电公司" in text and "供电所" not in text}
    assert texts == every_text(COLLIDING) - left_out
    assert len(left_out) == 16


def test_tables_that_make_one_text_in_two_ways_are_refused():
    tables = Tables(TINY, {"relative_day": ("今天",)}, ("投诉", "投诉总"), ("数", "总数"))
    with pytest.raises(UserError, match=r"make '.*投诉总数' in two ways"):
        draw(count_sentences(TEMPLATES, tables), tables)


@pytest.mark.parametrize("n", [0, -1])
def test_no_samples_cannot_be_asked_for(n):
    total = count_sentences(TEMPLATES, small(TINY))
    with pytest.raises(UsageError, match=f"--rows {n}: .* ask for 1 to {total}$"):
        draw(n, small(TINY))


def test_a_text_has_the_same_answer_whatever_the_seed():
    n = len(every_text(TINY))
    first, second = ({s.text: s.entities for s in draw(n, small(TINY), seed)} for seed in (1, 2))
    assert first == second


def test_no_two_choices_of_the_embedded_gazetteer_make_one_text(whole_province):
    assert len({sample.text for sample in whole_province}) == len(whole_province) > 9_000


def test_every_sample_agrees_with_the_schema_and_is_read_back_from_tags(samples, whole_province):
    for sample in (*samples, *whole_province):
        answer = XML.encode(sample, POWER)
        assert is_lossless(XML, sample, answer, POWER), answer


def said(sample, label):
    """The value that the sentence itself names, or None."""
    return next((entity.text for entity in sample.entities if entity.label == label and entity.span), None)


def test_a_parent_is_completed_exactly_where_all_places_agree_on_it(whole_province):
    levels = ("Province", "City", "Company", "Substation")
    for sample in whole_province[::60]:
        query = [said(sample, level) for level in levels]
        places = [p for p in SHANDONG.places if all(q in (None, v) for q, v in zip(query, p, strict=True))]
        lowest = max(i for i, value in enumerate(query) if value)
        certain = {
            level: values.pop()
            for level, values in zip(levels[:lowest], map(set, zip(*places, strict=True)), strict=False)
            if len(values) == 1
        }
        answered = {e.label: e.text for e in sample.entities if e.label in levels[:lowest]}
        assert answered == certain, sample
        assert len(sample.meta["left_open"]) == lowest - len(certain)


def answer_to(text, tables):
    n = len(every_text(tables.gazetteer))
    return next(XML.encode(s, POWER) for s in draw(n, tables) if s.text == text)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        pytest.param(
            "凤凰供电所投诉个数",
            "<Province>山东省</Province><City>菏泽</City><Substation>凤凰供电所</Substation>"
            "<Indicator>投诉</Indicator>个数",
            id="company left open",
        ),
        pytest.param(
            "3月市中区供电公司投诉个数",
            "<Date>3月</Date><Province>山东省</Province><Company>市中区供电公司</Company>"
            "<Indicator>投诉</Indicator>个数",
            id="city left open",
        ),
        pytest.param(
            "济南市市中区供电公司投诉总数",
            "<Province>山东省</Province><City>济南</City><Company>市中区供电公司</Company>"
            "<Indicator>投诉</Indicator>总数",
            id="long city",
        ),
        pytest.param(
            "今天永安供电所意见百万户量个数",
            "<Date>今天</Date><Province>山东省</Province><City>枣庄</City><Company>市中区供电公司</Company>"
            "<Substation>永安供电所</Substation><Indicator>意见百万户量</Indicator>个数",
            id="all parents",
        ),
        pytest.param(
            "菏泽鄄城县供电公司凤凰供电所投诉个数",
            "<Province>山东省</Province><City>菏泽</City><Company>鄄城县供电公司</Company>"
            "<Substation>凤凰供电所</Substation><Indicator>投诉</Indicator>个数",
            id="nothing but the province to complete",
        ),
    ],
)
def test_a_query_is_answered_exactly_so(text, answer):
    assert answer_to(text, small(TINY)) == answer


def test_the_meta_data_says_what_was_left_open():
    left_open = {s.text: s.meta["left_open"] for s in draw(len(every_text(TINY)), small(TINY))}
    assert left_open["凤凰供电所投诉个数"] == ["company"]
    assert left_open["市中区供电公司投诉个数"] == ["city"]
    assert left_open["菏泽投诉个数"] == []


def test_a_counting_word_stays_outside_the_entities(samples):
    for sample in samples:
        assert sample.text[sample.entities[-1].end :] in ("个数", "总数", "数量")
        assert sample.entities[-1].label == "Indicator"


def test_a_city_is_normalised_exactly_where_its_suffix_is_said(samples):
    for sample in samples:
        city = next((entity for entity in sample.entities if entity.label == "City"), Entity("City", "x"))
        if POWER.kind(city, sample.text) is EntityKind.NORMALISED:
            assert sample.text[city.start : city.end] == city.text + "市"
    kinds = Counter(POWER.kind(e, s.text) for s in samples for e in s.entities if e.label == "City")
    assert set(kinds) == set(EntityKind)


@pytest.mark.skipif(not CHAT_CASES.exists(), reason=f"the published chat cases are not at {CHAT_CASES}")
def test_the_published_chat_cases_have_the_parents_of_the_embedded_gazetteer():
    cases = json.loads(CHAT_CASES.read_text(encoding="utf-8"))
    assert len(cases) == 12
    for case in cases:
        answer = XML.decode(case["expected"], case["query"], POWER)
        if any(
            entity.label == "Substation" and entity.text not in case["query"] for entity in answer.entities
        ):
            continue  # The sampler writes substations in full only.
        assert answer.outcome is Outcome.CLEAN, case
        mentioned = {entity.label: entity.text for entity in answer.entities if entity.span}
        completed = {entity.label: entity.text for entity in answer.entities if not entity.span}
        parents = SHANDONG.parents(*map(mentioned.get, ("City", "Company", "Substation")))
        for label, value in completed.items():
            assert getattr(parents, label.lower()) == value, case
