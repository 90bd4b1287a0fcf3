"""The xml format: literal answers as they are written, and as models break them."""

import pytest

from nerforge.templates.answers import CannotEncodeError, is_lossless, load_format
from nerforge.templates.domain import Answer, Entity, Outcome, Problem, ProblemKind, Sample
from nerforge.templates.tasks import load_task

XML = load_format("xml")
CMEEE = load_task("cmeee").schema
POWER = load_task("power").schema

FEVER = Entity("sym", "发热", 2, 4)
COUGH = Entity("sym", "咳嗽", 7, 9)
TEXT = "患者发热三天后咳嗽"


def cannot_encode(message):
    return pytest.raises(CannotEncodeError, match=message)


@pytest.mark.parametrize(
    ("text", "entities", "golden"),
    [
        pytest.param(
            "菏泽市意见百万户量总数",
            (
                Entity("Province", "山东省"),
                Entity("City", "菏泽", 0, 3),
                Entity("Indicator", "意见百万户量", 3, 9),
            ),
            "<Province>山东省</Province><City>菏泽</City><Indicator>意见百万户量</Indicator>总数",
            id="normalised city",
        ),
        pytest.param(
            "菏泽投诉",
            (Entity("Province", "山东省"), Entity("City", "菏泽", 0, 2), Entity("Indicator", "投诉", 2, 4)),
            "<Province>山东省</Province><City>菏泽</City><Indicator>投诉</Indicator>",
            id="city as it is said",
        ),
        pytest.param(
            "麒麟供电所投诉百万户量个数",
            (
                Entity("Province", "山东省"),
                Entity("City", "菏泽"),
                Entity("Company", "巨野县供电公司"),
                Entity("Substation", "麒麟供电所", 0, 5),
                Entity("Indicator", "投诉百万户量", 5, 11),
            ),
            "<Province>山东省</Province><City>菏泽</City><Company>巨野县供电公司</Company>"
            "<Substation>麒麟供电所</Substation><Indicator>投诉百万户量</Indicator>个数",
            id="all parents inferred",
        ),
        pytest.param(
            "本月菏泽市巨野县供电公司麒麟供电所投诉个数",
            (
                Entity("Date", "本月", 0, 2),
                Entity("Province", "山东省"),
                Entity("City", "菏泽", 2, 5),
                Entity("Company", "巨野县供电公司", 5, 12),
                Entity("Substation", "麒麟供电所", 12, 17),
                Entity("Indicator", "投诉", 17, 19),
            ),
            "<Date>本月</Date><Province>山东省</Province><City>菏泽</City><Company>巨野县供电公司</Company>"
            "<Substation>麒麟供电所</Substation><Indicator>投诉</Indicator>个数",
            id="parents after a date",
        ),
        pytest.param(
            "菏泽麒麟供电所意见",
            (
                Entity("Province", "山东省"),
                Entity("City", "菏泽", 0, 2),
                Entity("Company", "巨野县供电公司"),
                Entity("Substation", "麒麟供电所", 2, 7),
                Entity("Indicator", "意见", 7, 9),
            ),
            "<Province>山东省</Province><City>菏泽</City><Company>巨野县供电公司</Company>"
            "<Substation>麒麟供电所</Substation><Indicator>意见</Indicator>",
            id="company inferred between two mentions",
        ),
        pytest.param(
            "济南市中区供电公司投诉",
            (
                Entity("City", "济南", 0, 2),
                Entity("Company", "市中区供电公司", 2, 9),
                Entity("Indicator", "投诉", 9, 11),
            ),
            "<City>济南</City><Company>市中区供电公司</Company><Indicator>投诉</Indicator>",
            id="a company that begins with the suffix of a city",
        ),
        pytest.param(
            "日照供电所投诉",
            (
                Entity("City", "日照"),
                Entity("Substation", "日照供电所", 0, 5),
                Entity("Indicator", "投诉", 5, 7),
            ),
            "<City>日照</City><Substation>日照供电所</Substation><Indicator>投诉</Indicator>",
            id="an inferred city that the next entity begins with",
        ),
        pytest.param(
            "<City>区供电公司&lt;",
            (Entity("City", "<City>&amp;"), Entity("Company", "<City>区供电公司", 0, 11)),
            "<City>&lt;City>&amp;amp;</City><Company>&lt;City>区供电公司</Company>&amp;lt;",
            id="literal tags and escapes in an inferred value",
        ),
        pytest.param(
            "昨天",
            (Entity("Date", "昨天", 0, 2), Entity("Province", "山东省")),
            "<Date>昨天</Date><Province>山东省</Province>",
            id="inferred after the last mention",
        ),
    ],
)
def test_a_power_answer_is_written_so_and_read_back(text, entities, golden):
    assert XML.encode(Sample("a", text, entities), POWER) == golden
    assert XML.decode(golden, text, POWER) == Answer(entities, Outcome.CLEAN)


@pytest.mark.parametrize(
    ("text", "entities", "golden"),
    [
        pytest.param(
            "证明细胞减少明显",
            (Entity("sym", "细胞减少", 2, 6), Entity("bod", "细胞", 2, 4)),
            "证明<临床表现><身体>细胞</身体>减少</临床表现>明显",
            id="nested at the start",
        ),
        pytest.param(
            "急性肺炎",
            (Entity("dis", "急性肺炎", 0, 4), Entity("dis", "肺炎", 2, 4), Entity("bod", "肺", 2, 3)),
            "<疾病>急性<疾病><身体>肺</身体>炎</疾病></疾病>",
            id="three deep, one label twice",
        ),
        pytest.param(
            "细胞",
            (Entity("bod", "细胞", 0, 2), Entity("dis", "细胞", 0, 2)),
            "<身体><疾病>细胞</疾病></身体>",
            id="two labels on one span",
        ),
        pytest.param(
            "发热咳嗽",
            (Entity("sym", "发热", 0, 2), Entity("sym", "咳嗽", 2, 4)),
            "<临床表现>发热</临床表现><临床表现>咳嗽</临床表现>",
            id="touching",
        ),
        pytest.param(
            'P<0.05且“肺\n炎”\\ "&',
            (Entity("dis", "肺\n炎", 8, 11),),
            'P<0.05且“<疾病>肺\n炎</疾病>”\\ "&',
            id="quotes, newline, backslash and a smaller-than sign stand as they are",
        ),
        pytest.param(
            "写<疾病>或</疾病>：肺炎",
            (Entity("dis", "肺炎", 12, 14),),
            "写&lt;疾病>或&lt;/疾病>：<疾病>肺炎</疾病>",
            id="literal tags in the text",
        ),
        pytest.param(
            "<b>&lt;&amp;&gt;&nbsp;",
            (Entity("ite", "&lt;", 3, 7),),
            "<b><医学检验项目>&amp;lt;</医学检验项目>&amp;amp;&gt;&nbsp;",
            id="literal escapes in the text",
        ),
        pytest.param(
            "<疾病>",
            (Entity("dis", "疾病", 1, 3),),
            "<<疾病>疾病</疾病>>",
            id="an entity between angle brackets",
        ),
        pytest.param(
            "&lt;",
            (Entity("ite", "lt;", 1, 4),),
            "&<医学检验项目>lt;</医学检验项目>",
            id="an entity within what looks like an escape",
        ),
        pytest.param("😀肺𠮷", (Entity("bod", "肺𠮷", 1, 3),), "😀<身体>肺𠮷</身体>", id="astral characters"),
        pytest.param(" 肺 ", (Entity("bod", "肺", 1, 2),), " <身体>肺</身体> ", id="spaces around"),
    ],
)
def test_a_nested_answer_is_written_so_and_read_back(text, entities, golden):
    assert XML.encode(Sample("a", text, entities), CMEEE) == golden
    assert XML.decode(golden, text, CMEEE) == Answer(entities, Outcome.CLEAN)


@pytest.mark.parametrize("text", ["天气很好", "P<0.05", " \n", "😀", "没有找到任何实体"])
def test_a_sentence_without_entities_is_its_own_answer(text):
    assert XML.encode(Sample("a", text), CMEEE) == text
    assert XML.decode(text, text, CMEEE) == Answer((), Outcome.EMPTY)


def test_a_crossing_entity_cannot_be_tagged():
    entities = (Entity("dis", "急性肺", 0, 3), Entity("dis", "肺炎", 2, 4))
    with cannot_encode("^crossing entities$"):
        XML.encode(Sample("a", "急性肺炎", entities), CMEEE)


def test_entities_out_of_reading_order_cannot_be_tagged():
    with cannot_encode("^crossing entities$"):
        XML.encode(Sample("a", TEXT, (COUGH, FEVER)), CMEEE)


@pytest.mark.parametrize(
    "inner",
    [
        pytest.param((Entity("City", "菏泽", 0, 3),), id="normalised"),
        pytest.param((Entity("Province", "山东省"), Entity("City", "菏泽市", 0, 3)), id="inferred"),
    ],
)
def test_a_value_that_is_not_copied_cannot_lie_inside_an_entity(inner):
    outer = Entity("Company", "菏泽市供电公司", 0, 7)
    with cannot_encode("^a normalised or inferred entity inside another$"):
        XML.encode(Sample("a", "菏泽市供电公司", (outer, *inner)), POWER)


def test_an_entity_that_contradicts_its_sentence_is_not_written():
    with pytest.raises(ValueError, match=r"entity '咳嗽' \(sym\) at 2-4: the text says '发热'"):
        XML.encode(Sample("a", TEXT, (Entity("sym", "咳嗽", 2, 4),)), CMEEE)


@pytest.mark.parametrize(
    ("answer", "entities", "outcome", "problems"),
    [
        pytest.param("", (), Outcome.UNPARSABLE, [ProblemKind.NO_ANSWER], id="empty"),
        pytest.param("\n ", (), Outcome.UNPARSABLE, [ProblemKind.NO_ANSWER], id="blank"),
        pytest.param(
            "\n患者<临床表现>发热</临床表现>三天后咳嗽\n", (FEVER,), Outcome.CLEAN, [], id="newlines around"
        ),
        pytest.param(
            "患者<临床表现>发热</临床表现>三天后<临床表现>咳",
            (FEVER,),
            Outcome.SALVAGED,
            [ProblemKind.CUT_OFF],
            id="cut off in the second entity",
        ),
        pytest.param(
            "患者<临床表现>发热</临床表现>三天后<临床表现>咳嗽</临床",
            (FEVER, COUGH),
            Outcome.SALVAGED,
            [ProblemKind.CUT_OFF],
            id="cut off in the last tag",
        ),
        pytest.param(
            "患者<临床表现>发热</临床表现>三天后<临床表现>咳嗽",
            (FEVER,),
            Outcome.SALVAGED,
            [ProblemKind.CUT_OFF],
            id="cut off before the last tag",
        ),
        pytest.param(
            "患者<临床表现>发",
            (),
            Outcome.UNPARSABLE,
            [ProblemKind.CUT_OFF],
            id="cut off in the only entity",
        ),
        pytest.param(
            "患者<感觉>发热</感觉>三天后<临床表现>咳嗽</临床表现>",
            (COUGH,),
            Outcome.REPAIRED,
            [ProblemKind.UNKNOWN_LABEL],
            id="unknown label",
        ),
        pytest.param(
            "患者<sym>发热</sym>三天后咳嗽",
            (FEVER,),
            Outcome.REPAIRED,
            [ProblemKind.LABEL_VARIANT, ProblemKind.LABEL_VARIANT],
            id="gold name in place of the answer name",
        ),
        pytest.param(
            "患者<疾病></疾病><临床表现>发热</临床表现>三天后咳嗽",
            (FEVER,),
            Outcome.REPAIRED,
            [ProblemKind.EMPTY_VALUE],
            id="empty value",
        ),
        pytest.param(
            "患者<临床表现>发热</临床表现>三天后</疾病>咳嗽",
            (FEVER,),
            Outcome.REPAIRED,
            [ProblemKind.BAD_TAG],
            id="closing tag without an opening one",
        ),
        pytest.param(
            "病人<临床表现>发热</临床表现>三天后<临床表现>咳嗽</临床表现>",
            (FEVER, COUGH),
            Outcome.REPAIRED,
            [ProblemKind.TEXT_DRIFT],
            id="text drift",
        ),
        pytest.param(
            "<临床表现>发热</临床表现>",
            (FEVER,),
            Outcome.REPAIRED,
            [ProblemKind.TEXT_DRIFT],
            id="the entity alone",
        ),
        pytest.param(
            "患者<临床表现>头痛</临床表现>三天后咳嗽",
            (Entity("sym", "头痛"),),
            Outcome.REPAIRED,
            [ProblemKind.TEXT_DRIFT, ProblemKind.NOT_IN_TEXT],
            id="value that the sentence does not say",
        ),
        pytest.param(
            "病人<临床表现><疾病>发热</疾病></临床表现>三天后咳嗽",
            (FEVER, Entity("dis", "发热", 2, 4)),
            Outcome.REPAIRED,
            [ProblemKind.TEXT_DRIFT],
            id="text drift around nested entities",
        ),
        pytest.param("答案：无", (), Outcome.EMPTY, [ProblemKind.CHATTER], id="nothing in other words"),
        pytest.param("好的，明白", (), Outcome.UNPARSABLE, [ProblemKind.TEXT_DRIFT], id="another sentence"),
    ],
)
def test_a_broken_answer_gives_what_can_be_saved(answer, entities, outcome, problems):
    read = XML.decode(answer, TEXT, CMEEE)
    assert read.entities == entities
    assert read.outcome is outcome
    assert [problem.kind for problem in read.problems] == problems


def test_a_problem_shows_the_piece_that_it_is_about():
    read = XML.decode("患者</疾病>发热<疾病></疾病>三天后咳嗽<身体>", TEXT, CMEEE)
    assert read.problems == (
        Problem(ProblemKind.BAD_TAG, "</疾病>"),
        Problem(ProblemKind.EMPTY_VALUE, "</疾病>"),
        Problem(ProblemKind.CUT_OFF, "<身体>"),
    )


def test_the_tag_tells_which_of_two_mentions_is_meant():
    sample = Sample("a", "发热三天，再发热", (Entity("sym", "发热", 6, 8),))
    assert is_lossless(XML, sample, XML.encode(sample, CMEEE), CMEEE)


def test_drifted_mentions_are_placed_in_order():
    read = XML.decode("<临床表现>发热</临床表现>三日，再<临床表现>发热</临床表现>", "发热三天，再发热", CMEEE)
    assert read.entities == (Entity("sym", "发热", 0, 2), Entity("sym", "发热", 6, 8))


def test_a_city_written_out_in_the_answer_is_placed_as_it_was_written():
    read = XML.decode("<City>菏泽市</City><Indicator>投诉</Indicator>", "菏泽市投诉", POWER)
    assert read == Answer((Entity("City", "菏泽市", 0, 3), Entity("Indicator", "投诉", 3, 5)), Outcome.CLEAN)


def test_spaces_that_the_answer_dropped_do_not_move_the_spans():
    read = XML.decode("患者<临床表现>发热</临床表现>", "  患者发热 ", CMEEE)
    assert read.entities == (Entity("sym", "发热", 4, 6),)


def test_spaces_that_the_answer_added_do_not_move_the_spans():
    read = XML.decode("\n患者<临床表现>发热</临床表现>", "  患者发热 ", CMEEE)
    assert read == Answer((Entity("sym", "发热", 4, 6),), Outcome.CLEAN)


def test_tags_deeper_than_any_sentence_nests_are_counted_and_ignored():
    read = XML.decode("<疾病>" * 5_000 + TEXT, TEXT, CMEEE)
    assert read.outcome is Outcome.UNPARSABLE
    assert {problem.kind for problem in read.problems} == {ProblemKind.BAD_TAG}
    assert len(read.problems) == 5_000
    assert XML.decode("<疾病>" * 500 + "x" + "</疾病>" * 500, "x", CMEEE).entities


def test_an_answer_cut_off_between_tags_keeps_its_positions():
    read = XML.decode("发热三天，再<临床表现>发热</临床表现>，", "发热三天，再发热，后咳嗽", CMEEE)
    assert read.entities == (Entity("sym", "发热", 6, 8),)
    assert (read.outcome, [problem.kind for problem in read.problems]) == (
        Outcome.SALVAGED,
        [ProblemKind.CUT_OFF],
    )


def test_spaces_around_the_sentence_that_the_answer_lacks_do_not_move_a_repeated_mention():
    read = XML.decode("发热三天，再<临床表现>发热</临床表现>", " 发热三天，再发热", CMEEE)
    assert read == Answer((Entity("sym", "发热", 7, 9),), Outcome.CLEAN)


@pytest.mark.parametrize("text", ["患者发热 ", " 患者发热 ", "患者发热\n"])
def test_spaces_after_the_sentence_that_the_answer_lacks_do_not_make_it_cut_off(text):
    start = text.index("发热")
    read = XML.decode("患者<临床表现>发热</临床表现>", text, CMEEE)
    assert read == Answer((Entity("sym", "发热", start, start + 2),), Outcome.CLEAN)


def test_a_cut_is_counted_beside_another_problem():
    read = XML.decode("<疾病></疾病>患者<临床表现>发热</临床表现>三", TEXT, CMEEE)
    assert (read.entities, read.outcome) == ((FEVER,), Outcome.SALVAGED)
    assert [problem.kind for problem in read.problems] == [ProblemKind.EMPTY_VALUE, ProblemKind.CUT_OFF]


def test_a_city_that_bears_its_provinces_name_is_the_one_that_is_mentioned():
    sample = Sample(
        "s",
        "北京市投诉",
        (Entity("Province", "北京市"), Entity("City", "北京", 0, 3), Entity("Indicator", "投诉", 3, 5)),
    )
    assert is_lossless(XML, sample, XML.encode(sample, POWER), POWER)


def test_the_words_for_no_entity_are_understood_in_this_format_too():
    assert XML.decode("没有找到任何实体", TEXT, CMEEE) == Answer((), Outcome.EMPTY)
