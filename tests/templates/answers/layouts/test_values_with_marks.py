"""Values that hold separators, brackets and quotes, or begin like a link, in layouts of all kinds."""

import pytest

from nerforge.templates.domain import ProblemKind
from tests.templates.answers.answer_cases import named, read_as

WARD = "有机酸血症患儿手、脚末梢发凉，予镇咳、祛痰药及（去甲）万古霉素，查抗链“O”，转《新生儿科》。"
COUGH, LIMBS, DRUG, TEST = "镇咳、祛痰药", "手、脚末梢", "（去甲）万古霉素", "抗链“O”"
ALL = [(LIMBS, "bod"), (COUGH, "dru"), (DRUG, "dru"), (TEST, "ite")]
ROWS = [(LIMBS, "身体"), (COUGH, "药物"), (DRUG, "药物"), (TEST, "医学检验项目")]


LAYOUTS = {
    "arrows": "\n".join(f"{value} -> {label}" for value, label in ROWS),
    "labels first": "\n".join(f"- {label}：{value}" for value, label in ROWS),
    "pairs": "\n".join(f"({value}, {label})" for value, label in ROWS),
    "wide pairs": "\n".join(f"（{value}，{label}）" for value, label in ROWS),
    "square pairs": "\n".join(f"[{value}, {label}]" for value, label in ROWS),
    "labels in brackets": "\n".join(f"{n}. {value}（{label}）" for n, (value, label) in enumerate(ROWS, 1)),
    "labels in one line": "；".join(f"{value} [{label}]" for value, label in ROWS),
    "tags in lines": "\n".join(f"- <{label}>{value}</{label}>" for value, label in ROWS),
    "a table": "实体 | 类型\n---|---\n" + "\n".join(f"{value} | {label}" for value, label in ROWS),
    "offsets": "\n".join(f"{value}\t{label}\t{WARD.index(value)}" for value, label in ROWS),
    "CSV": "text,label\n" + "\n".join(f'"{value}",{label}' for value, label in ROWS),
    "bare CSV": "\n".join(f"{value},{label}" for value, label in ROWS),
    "verdicts": "\n".join(f"{n}. {value} | True | {label}" for n, (value, label) in enumerate(ROWS, 1)),
    "flow YAML": "\n".join(f"- {{text: {value}, type: {label}}}" for value, label in ROWS),
    "block YAML": "实体:\n" + "\n".join(f"- text: {value}\n  type: {label}" for value, label in ROWS),
    "headings": f"**身体**\n- {LIMBS}\n**药物**\n- {COUGH}\n- {DRUG}\n**医学检验项目**\n- {TEST}",
    "quoted lists": f"“{LIMBS}”（身体）\n“{COUGH}”、“{DRUG}”（药物）\n「{TEST}」（医学检验项目）",
    "grouped YAML": f"身体: [{LIMBS}]\n药物: [{COUGH}, {DRUG}]\n医学检验项目: [{TEST}]",
}


@pytest.mark.parametrize("answer", LAYOUTS.values(), ids=LAYOUTS)
def test_a_value_with_marks_is_read_whole(answer):
    assert sorted(named(read_as(answer, WARD, "cmeee"))) == sorted(ALL)
    assert not any(problem.kind.loses for problem in read_as(answer, WARD, "cmeee").problems)


@pytest.mark.parametrize(
    ("answer", "entities"),
    [
        pytest.param(
            "疾病：有机酸血症；身体：手、脚末梢", [("有机酸血症", "dis"), (LIMBS, "bod")], id="begins like 有"
        ),
        pytest.param(
            "有机酸血症、高热（疾病）", [("有机酸血症", "dis"), ("高热", "dis")], id="at the line's start"
        ),
        pytest.param("《新生儿科》 【科室】", [("《新生儿科》", "dep")], id="brackets of its own"),
        pytest.param("身体 -> 手、脚末梢", [(LIMBS, "bod")], id="a piece too short for a value"),
    ],
)
def test_a_value_keeps_its_ends(answer, entities):
    assert named(read_as(answer, WARD + "高热", "cmeee")) == entities


def test_one_list_of_values_is_ambiguous_where_the_sentence_says_it_whole():
    answer = read_as("药物：镇咳药、祛痰药", "予镇咳药、祛痰药", "cmeee")
    assert named(answer) == [("镇咳药", "dru"), ("祛痰药", "dru")]
    assert ProblemKind.AMBIGUOUS_LIST in {problem.kind for problem in answer.problems}


NEWS = "王建国三日属于云州市水利部，他不认为云河已到警戒水位。"


@pytest.mark.parametrize(
    ("answer", "entities"),
    [
        pytest.param(
            "王建国 => 人名，属于人名\n水利部 => 组织，是组织的名称",
            [("王建国", "PER"), ("水利部", "ORG")],
            id="remarks that name the label",
        ),
        pytest.param(
            "属于人名的有'王建国'。属于组织的有'水利部'。",
            [("王建国", "PER"), ("水利部", "ORG")],
            id="a link that is said",
        ),
        pytest.param(
            "1. 王建国 | True | 人名 | 句中的人名\n2. 三日 | False | None | 只是时间，不是地点",
            [("王建国", "PER")],
            id="verdicts with reasons",
        ),
        pytest.param(
            "1. 三日 | 否 | 无 | 不是地点\n2. 水位 | 否 | - | 普通词语", [], id="only denied candidates"
        ),
        pytest.param(
            "类型,实体,依据,置信度\n人名,王建国,王建国三日属于,0.9\n组织,水利部,云州市水利部，他,0.8",
            [("王建国", "PER"), ("水利部", "ORG")],
            id="evidence in a table",
        ),
        pytest.param(
            "- text: 王建国\n  label: 人名\n  原文: 王建国三日属于\n  confidence: 0.9",
            [("王建国", "PER")],
            id="evidence in fields",
        ),
        pytest.param(
            f"- entity: 云河\n  type: 地点\n  evidence: {NEWS}\n  start: 19",
            [("云河", "LOC")],
            id="the sentence as evidence",
        ),
        pytest.param("好的，我来识别这句话中的实体。\n\n无", [], id="nothing behind an opening"),
    ],
)
def test_what_explains_an_entity_is_none(answer, entities):
    read = read_as(answer, NEWS)
    assert named(read) == entities
    assert not any(problem.kind.loses for problem in read.problems)


@pytest.mark.parametrize(
    "answer",
    [
        '{"entity_text": "王建国", "entity_label": "人名", "entity_label": "组织"}',
        '{"entity_text": "王建国", "entity_text": "水利部", "entity_label": "人名"}',
    ],
)
def test_a_key_that_comes_twice_is_no_clean_answer(answer):
    assert any(problem.kind.loses for problem in read_as(answer, NEWS).problems)


def test_tags_in_lines_are_found_as_values_are():
    text = "前突变型基因与母源性前突变型基因不同，基因缩减"
    answer = "<身体>母源性前突变型基因</身体>\n<身体>前突变型基因</身体>\n<身体>基因</身体>"
    lines = "\n".join(
        f'{{"entity_text": "{value}", "entity_label": "身体"}}'
        for value in ("母源性前突变型基因", "前突变型基因", "基因")
    )
    assert read_as(answer, text, "cmeee", "xml").entities == read_as(lines, text, "cmeee").entities
