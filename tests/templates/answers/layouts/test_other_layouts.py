"""Answers that keep to no format at all, and whole conversations: what is read, and what is not."""

import pytest

from nerforge.templates.answers import load_format
from nerforge.templates.domain import Grounding, Outcome, ProblemKind
from nerforge.templates.tasks import load_task

NEWS = "外交部发言人陈丽华三日在北京表示，中国政府欢迎法国总统马丁访问上海。"
WARD = "患者咳嗽、咳痰三日，既往2型糖尿病、高血压，服二甲双胍"
LIHUA, MARTIN = ("PER", "陈丽华", 6), ("PER", "马丁", 27)
BEIJING, SHANGHAI = ("GPE", "北京", 12), ("GPE", "上海", 31)
MINISTRY = ("ORG", "外交部", 0)
COUGH, PHLEGM = ("sym", "咳嗽", 2), ("sym", "咳痰", 5)
DIABETES, PRESSURE, METFORMIN = ("dis", "2型糖尿病", 12), ("dis", "高血压", 18), ("dru", "二甲双胍", 23)
ONE = '{"entity_text": "陈丽华", "entity_label": "人名"}'


def read(name, task, text, answer):
    return load_format(name).decode(answer, text, load_task(task).schema)


def found(answer):
    return [(entity.label, entity.text, entity.start) for entity in answer.entities]


@pytest.mark.parametrize("name", ["json", "xml", "grouped"])
@pytest.mark.parametrize(
    ("answer", "entities"),
    [
        pytest.param(
            "陈丽华：人名；北京：地理实体；外交部：组织", [LIHUA, BEIJING, MINISTRY], id="labels behind"
        ),
        pytest.param("“北京”和“上海”是地理实体，“陈丽华”是人名", [BEIJING, SHANGHAI, LIHUA], id="a sentence"),
        pytest.param("陈丽华是人名，北京是地理实体。", [LIHUA, BEIJING], id="a sentence without quotes"),
        pytest.param("**人名**：\n- 陈丽华\n- 马丁", [LIHUA, MARTIN], id="heading and bullets"),
        pytest.param(
            "| 1 | 组织 | 外交部 |\n| 2 | 人名 | 陈丽华 |", [MINISTRY, LIHUA], id="table, label first"
        ),
        pytest.param("| 实体 | 类型 |\n|---|---|\n| 陈丽华 | 人名 |", [LIHUA], id="table, label last"),
        pytest.param("(陈丽华, 人名), (北京, 地理实体)", [LIHUA, BEIJING], id="pairs"),
        pytest.param("外交部,组织\n陈丽华,人名", [MINISTRY, LIHUA], id="comma separated"),
        pytest.param("实体1：陈丽华\n类型：人名", [LIHUA], id="named fields"),
        pytest.param("- entity_text: 陈丽华\n  entity_label: 人名", [LIHUA], id="like YAML"),
        pytest.param("组织：外交部（中国政府机构）", [MINISTRY], id="a remark behind"),
        pytest.param(
            "上述句子中的实体包含：\n人名实体：陈丽华，马丁\n组织实体：外交部",
            [LIHUA, MARTIN, MINISTRY],
            id="lists",
        ),
        pytest.param("<entity><text>陈丽华</text><label>人名</label></entity>", [LIHUA], id="elements"),
        pytest.param("1. **陈丽华** - 人名\n2. **北京** - 地理实体", [LIHUA, BEIJING], id="numbered, bold"),
    ],
)
def test_a_list_in_any_words_is_read(name, answer, entities):
    answer = read(name, "ccfbdci", NEWS, answer)
    assert sorted(found(answer)) == sorted(entities)
    assert answer.outcome is Outcome.REPAIRED
    assert ProblemKind.OTHER_FORMAT in {problem.kind for problem in answer.problems}


@pytest.mark.parametrize(
    ("answer", "entities"),
    [
        pytest.param("临床表现：咳嗽、咳痰", [COUGH, PHLEGM], id="a list that the sentence has, too"),
        pytest.param("Disease: 2型糖尿病, 高血压", [DIABETES, PRESSURE], id="another separator"),
        pytest.param(
            "“咳嗽”、“咳痰”属于临床表现，“2型糖尿病”和“高血压”属于疾病，“二甲双胍”属于药物。",
            [COUGH, PHLEGM, DIABETES, PRESSURE, METFORMIN],
            id="a sentence",
        ),
    ],
)
def test_a_list_of_one_label_is_taken_apart(answer, entities):
    assert found(read("json", "cmeee", WARD, answer)) == entities


def test_a_list_keeps_what_the_sentence_does_not_say_and_counts_what_it_cannot_use():
    answer = read("json", "ccfbdci", NEWS, "人名：陈丽华\n地理实体：火星\n时间：三日")
    assert found(answer) == [LIHUA, ("GPE", "火星", None)]
    kinds = [problem.kind for problem in answer.problems]
    assert kinds == [ProblemKind.OTHER_FORMAT, ProblemKind.UNKNOWN_LABEL, ProblemKind.NOT_IN_TEXT]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            "外交部发言人陈丽华（人名）三日在北京（地理实体）表示，中国政府欢迎法国总统马丁访问上海。",
            id="labels",
        ),
        pytest.param("陈丽华(PER)三日在北京(GPE)表示", id="a part of it"),
        pytest.param(NEWS.replace("陈丽华", "**陈丽华**"), id="bold"),
    ],
)
def test_a_copy_in_which_nothing_says_where_entities_begin_is_unparsable_and_not_empty(answer):
    assert read("xml", "ccfbdci", NEWS, answer).outcome is Outcome.UNPARSABLE


@pytest.mark.parametrize("name", ["json", "xml", "bracket", "grouped", "occurrence"])
@pytest.mark.parametrize(
    "answer", ["[]", '{"entities": []}', "```json\n[]\n```", "没有找到任何实体。", "None"]
)
def test_every_format_understands_every_way_to_say_nothing(name, answer):
    assert read(name, "ccfbdci", NEWS, answer).outcome is Outcome.EMPTY


@pytest.mark.parametrize("name", ["json", "xml", "bracket", "grouped", "occurrence"])
@pytest.mark.parametrize(
    "answer",
    [
        "作为一个AI语言模型，我无法识别实体。",
        "No problem! Here are the entities:",
        "我不确定有没有实体",
        "I cannot find any way to read this sentence, please mention the entities you want.",
    ],
)
def test_a_refusal_is_no_word_for_nothing(name, answer):
    assert read(name, "ccfbdci", NEWS, answer).outcome is Outcome.UNPARSABLE


@pytest.mark.parametrize(
    "value", ["无", "没有", "None", "null", "N/A", "暂无", "未提及", "-", "没有找到任何实体"]
)
def test_a_value_that_says_that_there_is_none_is_no_entity(value):
    answers = (
        f'{{"entity_text": "{value}", "entity_label": "地点"}}',
        f'{{"地点": ["{value}"]}}',
        f'{{"地点": "{value}"}}',
    )
    for answer in answers:
        assert read("json", "ccfbdci", NEWS, answer).outcome is Outcome.EMPTY
        assert read("grouped", "ccfbdci", NEWS, answer).outcome is Outcome.EMPTY


def test_a_parent_that_says_that_there_is_none_is_not_inferred():
    answer = read(
        "xml", "power", "菏泽投诉", "<Company>无</Company><City>菏泽</City><Indicator>投诉</Indicator>"
    )
    assert found(answer) == [("City", "菏泽", 0), ("Indicator", "投诉", 2)]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            f"<|im_start|>user\n{NEWS}<|im_end|>\n<|im_start|>assistant\n{ONE}<|im_end|>", id="qwen"
        ),
        pytest.param(f"system\nYou help\nuser\n{NEWS}\nassistant\n{ONE}", id="without its tokens"),
        pytest.param(f"[gMASK]sop<|user|>\n{NEWS}<|assistant|>\n{ONE}", id="chatglm"),
        pytest.param(f"{ONE}<|im_end|>\n<|im_start|>user\n北京", id="a turn that goes on"),
        pytest.param(
            f'{ONE}\nHuman: 李四\nAssistant: {{"entity_text": "上海", "entity_label": "地点"}}',
            id="more turns",
        ),
        pytest.param(
            f'{ONE}\n\n句子：\n李四去了纽约\n{{"entity_text": "李四", "entity_label": "人名"}}',
            id="more prompts",
        ),
    ],
)
def test_of_a_conversation_the_first_answer_to_the_sentence_is_read(answer):
    assert found(read("json", "ccfbdci", NEWS, answer)) == [LIHUA]


EXAMPLE = "用标签括住实体，形如 <地点>实体</地点>。\n句子：\n"


def test_the_example_of_a_prompt_is_no_entity():
    tagged = NEWS.replace("陈丽华", "<人名>陈丽华</人名>")
    assert read("xml", "ccfbdci", NEWS, EXAMPLE + NEWS).outcome is Outcome.UNPARSABLE
    assert read("xml", "ccfbdci", NEWS, f"{EXAMPLE}{NEWS}\n{NEWS}").outcome is Outcome.EMPTY
    assert found(read("xml", "ccfbdci", NEWS, f"{EXAMPLE}{NEWS}\n{tagged}")) == [LIHUA]
    grouped = '形如 {"地点": ["实体原文"]}\n{"人名": ["陈丽华"]}'
    assert found(read("grouped", "ccfbdci", NEWS, grouped)) == [LIHUA]


@pytest.mark.parametrize(
    ("answer", "entities"),
    [
        pytest.param(NEWS.replace("外交部", "<组织> 外交部</组织>"), [MINISTRY], id="a space inside"),
        pytest.param(
            "发言人<人名>陈丽华</人名>访问<地理实体>上海 </地理实体>",
            [LIHUA, SHANGHAI],
            id="not the sentence",
        ),
        pytest.param(NEWS.replace("陈丽华", "<人名>陈丽华<人名/>"), [LIHUA], id="slash at the wrong side"),
    ],
)
def test_no_tagged_entity_is_lost_without_a_word(answer, entities):
    answer = read("xml", "ccfbdci", NEWS, answer)
    assert found(answer) == entities
    assert answer.outcome is Outcome.REPAIRED


@pytest.mark.parametrize(
    "mention", ["[陈丽华|人名|PER]", "[人名|陈丽华]", "[人名：陈丽华]", "[ 陈丽华 | 人名 ]", "[陈丽华](人名)"]
)
def test_brackets_are_read_however_they_name_the_label(mention):
    assert found(read("bracket", "ccfbdci", NEWS, NEWS.replace("陈丽华", mention))) == [LIHUA]


@pytest.mark.parametrize(
    "answer",
    [
        '{"陈丽华": {"type": "人名"}, "马丁": {"type": "人名"}}',
        '[{"label": "人名", "entities": ["陈丽华", "马丁"]}]',
        '[{"label": "人名", "values": ["陈丽华", "马丁"]}]',
        '[["陈丽华", "人名", 6, 9], ["马丁", "人名", 27, 29]]',
        '{"label": {"人名": {"陈丽华": [[6, 8]], "马丁": [[27, 28]]}}}',
        '{"entity_text": "陈丽华、马丁", "entity_label": "人名"}',
        '{"entity_text": ["陈丽华", "马丁"], "entity_names": ["人名", "姓名"]}',
        '{"result": "[{\\"entity_text\\": \\"陈丽华、马丁\\", \\"entity_label\\": \\"PER\\"}]"}',
    ],
)
def test_json_is_read_in_any_arrangement(answer):
    assert sorted(found(read("json", "ccfbdci", NEWS, answer))) == [LIHUA, MARTIN]


@pytest.mark.parametrize(
    ("number", "starts", "kinds"),
    [
        pytest.param('"第2次"', [3], [ProblemKind.OTHER_LAYOUT], id="words"),
        pytest.param("2.0", [3], [ProblemKind.OTHER_LAYOUT], id="fraction"),
        pytest.param("[1, 2]", [0, 3], [ProblemKind.OTHER_LAYOUT], id="list"),
        pytest.param("5", [0], [ProblemKind.NOT_IN_TEXT], id="more than there are"),
    ],
)
def test_an_occurrence_is_read_or_its_fault_is_said(number, starts, kinds):
    line = f'{{"entity_text": "上海", "entity_label": "地理实体", "occurrence": {number}}}'
    answer = read("occurrence", "ccfbdci", "上海到上海", line)
    assert [entity.start for entity in answer.entities] == starts
    assert [problem.kind for problem in answer.problems] == kinds


@pytest.mark.parametrize("name", ["json", "xml"])
def test_a_city_that_was_not_normalised_is_placed_and_not_credited(name):
    answers = {"json": '{"entity_text": "菏泽市", "entity_label": "City"}', "xml": "<City>菏泽市</City>投诉"}
    answer = read(name, "power", "菏泽投诉", answers[name])
    assert found(answer) == [("City", "菏泽市", 0)]
    assert answer.groundings == (Grounding.FUZZY,)


def test_an_entity_tagged_before_the_copy_of_the_sentence_is_kept():
    answer = read(
        "xml",
        "power",
        "菏泽投诉",
        "<Date>上天</Date><Province>山东省</Province><City>菏泽</City><Indicator>投诉</Indicator>",
    )
    assert found(answer) == [
        ("Date", "上天", None),
        ("Province", "山东省", None),
        ("City", "菏泽", 0),
        ("Indicator", "投诉", 2),
    ]


def test_an_entity_tagged_on_another_line_than_the_copy_is_counted():
    answer = read("xml", "ccfbdci", NEWS, f"<人名>李四</人名>\n{NEWS.replace('马丁', '<人名>马丁</人名>')}")
    assert found(answer) == [MARTIN]
    assert (ProblemKind.OUTSIDE, "李四") in {(problem.kind, problem.detail) for problem in answer.problems}


@pytest.mark.parametrize("name", ["xml", "bracket"])
def test_a_tagged_value_that_the_sentence_does_not_say_gets_no_credit_for_its_place(name):
    mention = {"xml": "<Date>2024年6月6日</Date>投诉", "bracket": "[2024年6月6日|Date]投诉"}
    answer = read(name, "power", "2024年6月4日投诉", mention[name])
    assert found(answer) == [("Date", "2024年6月6日", 0)]
    assert answer.groundings == (Grounding.FUZZY,)
    assert ProblemKind.NOT_IN_TEXT in {problem.kind for problem in answer.problems}
