"""What the tags of an answer say, in whatever syntax and state: entities, problems, and parts."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.templates.answers import FORMATS, load_format
from nerforge.templates.answers.evidence import Evidence
from nerforge.templates.answers.tagged.inline import BRACKETS, XML
from nerforge.templates.answers.tagged.tag_reading import TagReading, read_tags
from nerforge.templates.domain import Entity, Outcome, PartKind, Problem, ProblemKind, Sample
from nerforge.templates.tasks import load_task

NEWS = load_task("ccfbdci").schema
MEDICAL = load_task("cmeee").schema
TEXT = "市长陈秋雨在云州视察红星机床厂"
MAYOR, CITY, PLANT = (
    Entity("PER", "陈秋雨", 2, 5),
    Entity("GPE", "云州", 6, 8),
    Entity("ORG", "红星机床厂", 10, 15),
)
UNKNOWN = Problem(ProblemKind.UNKNOWN_LABEL, "职务: 市长")


def tags_of(body: str, text: str = TEXT) -> TagReading:
    reading = read_tags(body, Evidence(text, NEWS), XML)
    assert reading is not None
    return reading


def parts_of(body: str, text: str = TEXT) -> list[tuple[PartKind, str]]:
    return [(part.kind, body[part.start : part.end]) for part in tags_of(body, text).parts]


MARKS = {
    "tags": "市长<人名>陈秋雨</人名>在<地理实体>云州</地理实体>视察红星机床厂",
    "tags in lines": "<人名>陈秋雨</人名>\n<地理实体>云州</地理实体>",
    "attributes": '市长<entity type="人名">陈秋雨</entity>在<span class="地理实体">云州</span>视察红星机床厂',
    "data attributes": '<mark data-label="人名">陈秋雨</mark>\n<mark data-label="地理实体">云州</mark>',
    "values in attributes": '<人名 text="陈秋雨"/>\n<entity type="地理实体" text="云州"/>',
    "colons in tags": "<人名: 陈秋雨>\n<地理实体：云州>",
    "colons in tags of a copy": "市长<人名: 陈秋雨>在<云州|地理实体>视察红星机床厂",
    "commas in tags": "<陈秋雨, 人名>\n<云州，地理实体>",
    "brackets": "市长[陈秋雨|人名]在【云州|地理实体】视察红星机床厂",
    "brackets in lines": "[陈秋雨|人名]\n[云州|地理实体]",
    "brackets with the label first": "[人名: 陈秋雨]\n[地理实体：云州]",
    "brackets with a blank": "[PER 陈秋雨]、[云州 GPE]",
    "brackets with two names": "[陈秋雨|人名|PER] [云州|地理实体/GPE]",
    "links": "市长[陈秋雨](人名)在[云州](地理实体)视察红星机床厂",
    "labels behind brackets": "市长[陈秋雨]人名在[云州]地理实体视察红星机床厂",
    "braces": "市长{陈秋雨|人名}在{云州|地理实体}视察红星机床厂",
    "round brackets": "市长((陈秋雨:人名))在((云州:地理实体))视察红星机床厂",
    "tags in brackets": "市长[人名]陈秋雨[/人名]在[地理实体]云州[/地理实体]视察红星机床厂",
    "ends of BIO tags": "市长[B-人名]陈秋雨[E-人名]在[B-地理实体]云州[E-地理实体]视察红星机床厂",
    "bold words": "市长**陈秋雨**(人名)在**云州**（地理实体）视察红星机床厂",
    "bold words of HTML": "市长<b>陈秋雨</b>(人名)在<strong>云州</strong>（地理实体）视察红星机床厂",
    "quotes": "市长“陈秋雨”（人名）在「云州」（地理实体）视察红星机床厂",
    "two syntaxes": "市长<人名>陈秋雨</人名>在[云州|地理实体]视察红星机床厂",
    "a list of HTML": "<ul>\n<li><人名>陈秋雨</人名></li>\n<li><地理实体>云州</地理实体></li>\n</ul>",
    "bold inside": "市长<人名><b>陈秋雨</b></人名>在<地理实体>云州</地理实体>视察红星机床厂",
}


@pytest.mark.parametrize("name", ["xml", "bracket", "json", "grouped"])
@pytest.mark.parametrize("answer", MARKS.values(), ids=MARKS)
def test_marks_of_any_kind_are_read_whatever_was_asked_for(answer, name):
    read = load_format(name).decode(answer, TEXT, NEWS)
    assert set(read.entities) == {MAYOR, CITY}
    assert not any(problem.kind.loses for problem in read.problems)


UNKNOWN_MARKS = {
    "tags": "<职务>市长</职务><人名>陈秋雨</人名>在<地理实体>云州</地理实体>视察红星机床厂",
    "loose tags": "< 职务 >市长</ 职务><人名>陈秋雨</人名>在<地理实体>云州</地理实体>视察红星机床厂",
    "tags in lines": "<人名>陈秋雨</人名>\n<职务>市长</职务>\n<地理实体>云州</地理实体>",
    "attributes": '<e type="职务">市长</e><人名>陈秋雨</人名>在<地理实体>云州</地理实体>视察红星机床厂',
    "values in attributes": '<职务 text="市长"/><人名 text="陈秋雨"/>\n<地理实体 text="云州"/>',
    "colons in tags": "<职务：市长>\n<人名：陈秋雨>\n<地理实体：云州>",
    "brackets": "[市长|职务][陈秋雨|人名]在[云州|地理实体]视察红星机床厂",
    "label first": "[职务: 市长]\n[人名: 陈秋雨]\n[地理实体: 云州]",
    "links": "[市长](职务)[陈秋雨](人名)在[云州](地理实体)视察红星机床厂",
    "tags in brackets": "[职务]市长[/职务][人名]陈秋雨[/人名]在[地理实体]云州[/地理实体]视察红星机床厂",
}


@pytest.mark.parametrize("name", ["xml", "bracket", "json"])
@pytest.mark.parametrize("answer", UNKNOWN_MARKS.values(), ids=UNKNOWN_MARKS)
def test_an_unknown_label_is_named_with_its_value_and_costs_no_other_entity(answer, name):
    read = load_format(name).decode(answer, TEXT, NEWS)
    assert set(read.entities) == {MAYOR, CITY}
    assert [problem for problem in read.problems if problem.kind.loses] == [UNKNOWN]


@pytest.mark.parametrize("answer", ["<职务>市长</职务>", "[市长|职务]", '<entity type="职务">市长</entity>'])
def test_an_answer_with_an_unknown_label_alone_is_not_empty(answer):
    read = load_format("xml").decode(answer, TEXT, NEWS)
    assert (read.entities, read.outcome) == ((), Outcome.REPAIRED)
    assert UNKNOWN in read.problems


def test_an_unknown_label_may_stand_within_another_or_around_it():
    inside = tags_of("<组织><职务>市长</职务>陈秋雨</组织>在云州视察红星机床厂")
    assert [entity.text for entity in inside.entities] == ["市长陈秋雨"]
    assert UNKNOWN in inside.problems
    around = tags_of("<头衔>市长<人名>陈秋雨</人名></头衔>在云州视察红星机床厂")
    assert around.entities == [MAYOR]
    assert Problem(ProblemKind.UNKNOWN_LABEL, "头衔: 市长陈秋雨") in around.problems


@pytest.mark.parametrize(
    "answer",
    [
        "市长<人名>陈秋雨</人名>在<b>云州</b>视察红星机床厂",
        "市长<人名>陈秋雨</人名>在**云州**视察红星机床厂",
        "市长<人名>陈秋雨</人名>在@@云州##视察红星机床厂",
        "市长<人名>陈秋雨</人名>在<entity>云州</entity>视察红星机床厂",
    ],
)
def test_a_mark_without_a_label_is_a_problem(answer):
    reading = tags_of(answer)
    assert reading.entities == [MAYOR]
    assert [p for p in reading.problems if p.kind.loses] == [Problem(ProblemKind.UNREAD, "云州")]
    assert (PartKind.PROBLEM, "云州") in parts_of(answer)
    read = load_format("xml").decode(answer, TEXT, NEWS)
    assert read.entities == (MAYOR,)
    assert Problem(ProblemKind.UNREAD, "云州") in read.problems


@pytest.mark.parametrize("name", ["xml", "bracket"])
@pytest.mark.parametrize(
    "answer",
    [
        "市长@@陈秋雨##在云州视察红星机床厂",
        "市长<b>陈秋雨</b>在云州视察红星机床厂",
        "市长**陈秋雨**在云州视察红星机床厂",
    ],
)
def test_an_answer_with_marks_alone_that_say_no_label_is_never_empty(answer, name):
    read = load_format(name).decode(answer, TEXT, NEWS)
    assert read.outcome is Outcome.UNPARSABLE


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("value", ["肾病, 晚期", "肾病（晚期）", "“白肺”", "P/F、偏低", "发热|咳嗽"])
def test_a_tagged_value_with_marks_in_it_stays_whole(name, value):
    text = f"患者有{value}，又有气促"
    wanted = {("dis", value), ("sym", "气促")}
    for answer in (
        f"<疾病>{value}</疾病>\n<临床表现>气促</临床表现>",
        f"[气促|临床表现]\n[{value}|疾病]",
        f"<疾病>{value}</疾病>, <临床表现>气促</临床表现>",
    ):
        read = load_format(name).decode(answer, text, MEDICAL)
        assert {(entity.label, entity.text) for entity in read.entities} == wanted


def test_each_character_of_a_tagged_copy_is_in_one_part():
    assert parts_of("<职务>市长</职务><组织>红<人名>陈</人名></组织>，") == [
        (PartKind.PROBLEM, "<职务>"),
        (PartKind.PROBLEM, "市长"),
        (PartKind.PROBLEM, "</职务>"),
        (PartKind.LABEL, "<组织>"),
        (PartKind.VALUE, "红"),
        (PartKind.LABEL, "<人名>"),
        (PartKind.VALUE, "陈"),
        (PartKind.LABEL, "</人名>"),
        (PartKind.LABEL, "</组织>"),
        (PartKind.FRAME, "，"),
    ]


def test_dropped_tags_are_problems_and_frames_are_frame():
    assert parts_of("<p>市长<人名>陈秋雨</人名>在</组织>云州视察<组织>红星</p>") == [
        (PartKind.FRAME, "<p>"),
        (PartKind.FRAME, "市长"),
        (PartKind.LABEL, "<人名>"),
        (PartKind.VALUE, "陈秋雨"),
        (PartKind.LABEL, "</人名>"),
        (PartKind.FRAME, "在"),
        (PartKind.PROBLEM, "</组织>"),
        (PartKind.FRAME, "云州视察"),
        (PartKind.PROBLEM, "<组织>"),
        (PartKind.FRAME, "红星"),
        (PartKind.FRAME, "</p>"),
    ]


def test_words_that_the_sentence_does_not_say_are_left_to_other_readers():
    kinds = parts_of("<人名>陈秋雨</人名>：从前的站长\n<地理实体>云州</地理实体>")
    assert all("站长" not in words for _, words in kinds)


def test_words_around_a_copy_are_chatter():
    kinds = parts_of("标注如下：\n市长<人名>陈秋雨</人名>在云州视察红星机床厂")
    assert kinds[0] == (PartKind.CHATTER, "标注如下：\n")


@pytest.mark.parametrize(
    "answer", ["标题：<b>无</b>", "1 < 2 > 1", "没有找到", "", "[1]", '{"人名": ["陈秋雨"]}']
)
def test_an_answer_without_tags_of_a_label_has_no_reading(answer):
    assert read_tags(answer, Evidence(TEXT, NEWS), XML) is None


def test_a_word_for_nothing_in_a_tag_says_that_there_is_none():
    reading = tags_of("<人名>无</人名>\n<地理实体>没有</地理实体>")
    assert reading.says_nothing
    assert not any(problem.kind.loses for problem in reading.problems)


def test_a_list_of_tags_is_not_taken_for_a_truncated_copy():
    reading = tags_of("<人名>陈秋雨</人名>\n<地理实体>云州</地理实体>", "陈秋雨云州视察")
    assert not any(problem.kind is ProblemKind.CUT_OFF for problem in reading.problems)


PIECES = [
    "肺",
    "炎",
    "急性",
    "<疾病>",
    "[",
    "]",
    "|疾病]",
    "\\",
    "&lt;",
    "<",
    "，",
    "（",
    "）",
    "/",
    "：",
    "P<0.05",
]


@st.composite
def flat_samples(draw):
    """Entities side by side in a text with signs of both syntaxes."""
    text, entities = "", []
    for words, label in draw(
        st.lists(
            st.tuples(
                st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join),
                st.sampled_from(["", *MEDICAL.names]),
            ),
            max_size=6,
        )
    ):
        if label:
            entities.append(Entity(label, words, len(text), len(text) + len(words)))
        text += words
    return Sample("a", text, tuple(entities))


@given(flat_samples(), st.sampled_from(["xml", "bracket"]))
def test_the_parts_of_an_answer_follow_one_another_and_hold_its_values(sample, name):
    answer = load_format(name).encode(sample, MEDICAL)
    syntax = {"xml": XML, "bracket": BRACKETS}[name]
    reading = read_tags(answer, Evidence(sample.text, MEDICAL), syntax)
    assert (reading is None) <= (not sample.entities)
    ends = [0]
    for part in reading.parts if reading else ():
        assert ends[-1] <= part.start < part.end <= len(answer)
        ends.append(part.end)
    tokens = syntax.tokens(answer, MEDICAL)
    assert "".join(answer[token.start : token.end] for token in tokens) == answer
    assert "".join(token.words for token in tokens) == sample.text


@given(st.lists(st.sampled_from(PIECES[:3] + PIECES[10:13]), max_size=8), st.data())
def test_a_loose_reading_of_a_native_answer_finds_what_the_strict_one_does(pieces, data):
    text = "".join(pieces)
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=4, unique=True).map(sorted))
    labels = data.draw(st.lists(st.sampled_from(MEDICAL.names), min_size=4, max_size=4))
    entities = tuple(
        Entity(label, text[a:b], a, b) for a, b, label in zip(cuts[::2], cuts[1::2], labels, strict=False)
    )
    for name, syntax in (("xml", XML), ("bracket", BRACKETS)):
        answer = load_format(name).encode(Sample("a", text, entities), MEDICAL)
        reading = read_tags(answer, Evidence(text, MEDICAL), syntax)
        assert Counter(reading.entities if reading else ()) == Counter(entities)
