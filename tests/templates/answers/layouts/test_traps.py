"""Answers that look like another layout, or whose remarks look like entities."""

import time

import pytest

from tests.templates.answers.answer_cases import named, read_as

VISIT = "中国外交部长王毅15日在北京会见美国国务卿布林肯，随后前往长江三峡考察。"
MEETING = "出席会议的有王毅、布林肯、李强，地点在长江、黄河附近。"
WARD = "患者有发热、咳嗽，无胸闷，查AST/ALT、GGT升高，是肺炎（重症），（左）肾炎，予（去甲）万古霉素。"
PRESENT = [("王毅", "PER"), ("布林肯", "PER"), ("李强", "PER"), ("长江", "LOC"), ("黄河", "LOC")]
WANG, BLINKEN, BEIJING, USA = ("王毅", "PER"), ("布林肯", "PER"), ("北京", "GPE"), ("美国", "GPE")


@pytest.mark.parametrize(
    ("answer", "entities"),
    [
        pytest.param(
            "**1. 人名**\n- 王毅\n\n**2. 地理实体**\n- 北京\n\n没有其他实体。",
            [WANG, BEIJING],
            id="bold, numbered",
        ),
        pytest.param(
            "**一、人名**\n- 王毅\n**二、地理实体**\n- 北京", [WANG, BEIJING], id="bold, Chinese numbers"
        ),
        pytest.param(
            "1. 布林肯：人名\n2. 北京：地理实体，更正为：地理实体\n3. 美国：地理实体",
            [BLINKEN, BEIJING, USA],
            id="amended item",
        ),
        pytest.param(
            "- 中国：地理实体\n- 外交部：组织\n- 三峡：地点\n- 国务卿：组织\n最终答案：\n- 王毅：人名",
            [WANG],
            id="final answer",
        ),
        pytest.param("北京：不是组织，是地理实体", [BEIJING], id="not this label but that"),
        pytest.param(
            "人名：@@王毅##；组织：@@中国外交部##", [WANG, ("中国外交部", "ORG")], id="marks in pairs"
        ),
        pytest.param(
            "实体：王毅，类型：人名\n名称：北京，类型：地理实体", [WANG, BEIJING], id="fields of other names"
        ),
        pytest.param("王 B-PER\n毅 I-PER\n北 B-GPE\n京 I-GPE", [WANG, BEIJING], id="BIO"),
    ],
)
def test_a_visit_is_read(answer, entities):
    assert named(read_as(answer, VISIT)) == entities


@pytest.mark.parametrize(
    "answer",
    [
        "以下是句中的人名和地点：\n人名：王毅、布林肯、李强\n地点：长江、黄河",
        "人名：王毅、布林肯、李强\n地点：长江、黄河\n说明：只有人名和地点。共有3个人名。",
        "### 人名\n- 王毅、布林肯、李强\n### 地点\n- 长江、黄河\n### 组织\n- 无\n### 地理实体\n- 无",
        "| 类型 | 实体 | 数量 |\n|---|---|---|\n| 人名 | 王毅、布林肯、李强 | 3 |\n| 地点 | 长江、黄河 | 2 |",
    ],
    ids=["labels in the opening", "labels in the closing", "nothing under headings", "counts"],
)
def test_a_list_behind_its_label_is_taken_apart(answer):
    assert named(read_as(answer, MEETING)) == PRESENT


@pytest.mark.parametrize(
    ("answer", "entities"),
    [
        pytest.param(
            "发热：没有特异性的临床表现\n咳嗽：无需隔离的临床表现",
            [("发热", "sym"), ("咳嗽", "sym")],
            id="negations",
        ),
        pytest.param(
            '{"医学检验项目": "AST/ALT、GGT"}', [("AST/ALT", "ite"), ("GGT", "ite")], id="a slash in a value"
        ),
        pytest.param("[(（去甲）万古霉素, 药物)]", [("（去甲）万古霉素", "dru")], id="brackets in a tuple"),
        pytest.param(
            "疾病：（左）肾炎、肺炎（重症）",
            [("（左）肾炎", "dis"), ("肺炎（重症）", "dis")],
            id="two pairs of brackets",
        ),
    ],
)
def test_a_ward_round_is_read(answer, entities):
    assert named(read_as(answer, WARD, "cmeee")) == entities


def test_explanations_of_labels_beside_json_are_no_entities():
    answer = '[{"text":"王毅","label":"人名"}]\n\n标签含义：\n- 组织：机关、企业\n'
    assert named(read_as(answer + "\n排除项：\n- 三峡（地点）：已含在长江三峡中", VISIT)) == [WANG]


def test_words_of_several_words_are_read_whole_before_their_tags():
    answer = read_as("Wang Yi: B-PER\nNew York City: B-GPE", "Wang Yi visited New York City.")
    assert named(answer) == [("Wang Yi", "PER"), ("New York City", "GPE")]


def test_a_token_with_a_hyphen_is_no_tag():
    answer = read_as("T-Mobile B-ORG\nUS B-GPE", "T-Mobile US merged.")
    assert named(answer) == [("T-Mobile", "ORG"), ("US", "GPE")]


def test_quotes_in_a_bold_copy_are_the_sentences():
    answer = "“东海”号货轮停靠**上海港**（地点），**王小明**（人名）报道。"
    assert named(read_as(answer, "“东海”号货轮停靠上海港，王小明报道。")) == [
        ("上海港", "LOC"),
        ("王小明", "PER"),
    ]


@pytest.mark.parametrize("answer", ["a," + "- " * 10_000 + "x", "[,]" + " " * 20_000 + "x"])
def test_a_long_cell_costs_no_more_than_its_length(answer):
    start = time.process_time()
    read_as(answer, VISIT)
    assert time.process_time() - start < 2
