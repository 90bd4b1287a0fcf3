"""The prompts as a model reads them, and what is said about a prompt that cannot be rendered."""

import re
from hashlib import sha256

import pytest

from templates.answers import FORMATS
from templates.errors import UsageError, UserError
from templates.prompts import render_prompt
from templates.tasks import load_task, task_names
from templates.tasks.files import KINDS

POWER_XML = """\
请标注电力客服查询里的实体。实体类型有 6 种：
- Date：查询所指的时间，如 本周、3月、今年第一季度、2024年5月
- Province：省份，写全称
- City：地级市，不带“市”字
- Company：区县供电公司，写全称
- Substation：乡镇供电所，写全称
- Indicator：统计指标，如 投诉、意见、投诉百万户量
照抄整句，并用标签括住其中的实体，形如 <Date>实体</Date>；实体以外的字一个也不要改动。\
句中没有实体时，原样抄写。
查询没有写出的上级单位，凡能确定的都要补全，写在下级单位之前，依次为省份、地级市、供电公司；“个数”“总数”“数量”不算实体。
查询："""

CCFBDCI_JSON = """\
请找出句子里的命名实体。实体类型有 4 种：
- 地点：山川、湖海、道路等没有行政机构的地方
- 人名：人的姓名，不含称谓
- 地理实体：国家、省、市等有政府的地方
- 组织：机关、企业、学校、团体等机构
每个实体单独占一行，写成一个 JSON 对象：{"entity_text": "实体原文", "entity_label": "实体类型"}。\
按实体在句中出现的先后排列；一个实体都没有时，只写：没有找到任何实体。
句子："""

CMEEE_JSON = """\
请找出医学文本里的实体，实体之间可以相互嵌套。实体类型有 9 种：
- 疾病：疾病、综合征、损伤与中毒
- 临床表现：患者的症状与查体所见的体征
- 医疗程序：检查、治疗与预防的操作
- 医疗设备：诊疗所用的仪器与器具
- 药物：用于治疗与预防的药品
- 医学检验项目：取样检验的项目与指标
- 身体：人体的部位、器官、细胞与体内物质
- 科室：医院的科室
- 微生物类：细菌、病毒、真菌等微生物
每个实体单独占一行，写成一个 JSON 对象：{"entity_text": "实体原文", "entity_label": "实体类型"}。\
按实体在句中出现的先后排列；一个实体都没有时，只写：没有找到任何实体。
文本："""

FUDAN_LABEL = """\
请判断文本属于哪一类，从下面 20 类里选一类：
- Agriculture：农业、农村与农民
- Art：艺术，如音乐、绘画、舞蹈、影视
- Communication：通信技术与通信行业
- Computer：计算机的硬件、软件与应用
- Economy：经济、贸易、财政与金融
- Education：教育与教学
- Electronics：电子元件、电路与电子工程
- Energy：能源的开采、生产与利用
- Environment：环境的污染、保护与治理
- History：历史与考古
- Law：法律、立法与司法
- Literature：文学创作与文学研究
- Medical：医学与卫生
- Military：军队、国防与武器
- Mine：采矿与矿业工程
- Philosophy：哲学
- Politics：政治、政府与国际关系
- Space：航空与航天
- Sports：体育运动与比赛
- Transport：交通与运输
只写类名，不写别的。
文本："""

DEFAULTS = {"power": POWER_XML, "ccfbdci": CCFBDCI_JSON, "cmeee": CMEEE_JSON, "fudan": FUDAN_LABEL}
EVERY_PROMPT = [
    pytest.param(name, answer_format, prompt, id=f"{name}-{answer_format}-{prompt}")
    for name in task_names()
    for answer_format in FORMATS
    for prompt in load_task(name).prompts()
]


def test_every_task_has_its_default_prompt_here():
    assert sorted(DEFAULTS) == sorted(name for kind in KINDS for name in task_names(kind))


@pytest.mark.parametrize("name", DEFAULTS)
def test_the_default_prompt_reads_exactly_so(name):
    task = load_task(name)
    assert render_prompt(task, task.default_format).text == DEFAULTS[name]


def test_the_format_of_a_prompt_can_be_exchanged():
    assert render_prompt(load_task("ccfbdci"), "xml").text == (
        "请找出句子里的命名实体。实体类型有 4 种：\n"
        "- 地点：山川、湖海、道路等没有行政机构的地方\n"
        "- 人名：人的姓名，不含称谓\n"
        "- 地理实体：国家、省、市等有政府的地方\n"
        "- 组织：机关、企业、学校、团体等机构\n"
        "照抄整句，并用标签括住其中的实体，形如 <地点>实体</地点>；实体以外的字一个也不要改动。"
        "句中没有实体时，原样抄写。\n"
        "句子："
    )


@pytest.mark.parametrize(
    ("answer_format", "words"),
    [
        (
            "bracket",
            "照抄整句，并用方括号括住其中的实体，竖线后面写类型，形如 [实体|地点]；"
            "实体以外的字一个也不要改动。句中没有实体时，原样抄写。",
        ),
        (
            "grouped",
            '只写一个 JSON 对象，键是实体类型，值是该类型实体的列表，形如 {"地点": ["实体原文"]}。'
            "同一类型的实体按在句中出现的先后排列，出现几次就写几次；句中没有的类型不写；"
            "一个实体都没有时，只写：没有找到任何实体。",
        ),
        (
            "occurrence",
            '每个实体单独占一行，写成一个 JSON 对象：{"entity_text": "实体原文", "entity_label": "实体类型", '
            '"occurrence": 1}。occurrence 是指句中第几处这样的文字，从 1 数起；'
            "句中没有写出、由你补全的实体记 0。按实体在句中出现的先后排列；"
            "一个实体都没有时，只写：没有找到任何实体。",
        ),
    ],
)
def test_every_format_is_explained_in_the_prompt(answer_format, words):
    assert f"\n{words}\n句子：" in render_prompt(load_task("ccfbdci"), answer_format).text


@pytest.mark.parametrize(
    ("name", "text"),
    [("power", "标注实体并补全上级："), ("ccfbdci", "标注实体："), ("cmeee", "标注实体：")],
)
def test_the_short_prompt_is_one_line(name, text):
    assert render_prompt(load_task(name), "json", "short").text == text


@pytest.mark.parametrize(("name", "answer_format", "prompt"), EVERY_PROMPT)
def test_every_shipped_prompt_renders_without_loose_ends(name, answer_format, prompt):
    text = render_prompt(load_task(name), answer_format, prompt).text
    assert text and text == text.strip()
    assert not re.search(r"\{\{|\}\}|\{%|\n\n", text)


@pytest.mark.parametrize(("name", "answer_format", "prompt"), EVERY_PROMPT)
def test_a_prompt_shows_no_label_that_the_task_does_not_have(name, answer_format, prompt):
    task = load_task(name)
    text = render_prompt(task, answer_format, prompt).text
    shown = re.findall(r"</?([^<>]+)>", text) + re.findall(r'"entity_label": "([^"]+)"', text)
    assert set(shown) <= {label.answer for label in task.schema.labels} | {"实体类型"}


def test_the_hash_is_that_of_the_rendered_text():
    prompt = render_prompt(load_task("power"), "xml")
    assert prompt.sha256 == sha256(POWER_XML.encode()).hexdigest()
    assert prompt.name == "full"


def test_an_unknown_prompt_lists_the_known_ones():
    message = r"unknown prompt of task power 'long'; known: FILE\.jinja, full, short"
    with pytest.raises(UsageError, match=message):
        render_prompt(load_task("power"), "xml", "long")


def test_an_unknown_format_lists_the_known_ones():
    with pytest.raises(
        UsageError, match=r"unknown answer format 'conl'; known: bracket, grouped, json, occurrence, xml"
    ):
        render_prompt(load_task("power"), "conl")


def test_a_users_own_file_is_rendered_with_labels_and_format(tmp_path):
    path = tmp_path / "mine.jinja"
    path.write_text("{{ format }}：{{ labels | map(attribute='answer') | join('、') }}\n", encoding="utf-8")
    prompt = render_prompt(load_task("ccfbdci"), "json", str(path))
    assert prompt.text == "json：地点、人名、地理实体、组织"
    assert prompt.name == str(path)


def test_a_users_own_file_may_include_the_shipped_words_on_a_format(tmp_path):
    path = tmp_path / "mine.jinja"
    path.write_text('{% include "answers/" ~ format ~ ".zh.jinja" %}', encoding="utf-8")
    assert "形如 <地点>实体</地点>" in render_prompt(load_task("ccfbdci"), "xml", str(path)).text


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param("{{ label }}", "'label' is undefined", id="undefined variable"),
        pytest.param("{{ labels[0].zh }}", "has no attribute 'zh'", id="undefined attribute"),
        pytest.param("{% for label in labels %}", "Unexpected end of template", id="unclosed block"),
        pytest.param("{{ labels + 1 }}", "TypeError", id="wrong type"),
        pytest.param("{{ 1 / 0 }}", "ZeroDivisionError", id="division by zero"),
        pytest.param("{% include 'nowhere.jinja' %}", "'nowhere.jinja' not found", id="missing include"),
    ],
)
def test_a_file_that_cannot_be_rendered_is_the_users_error(tmp_path, source, message):
    path = tmp_path / "mine.jinja"
    path.write_text(source, encoding="utf-8")
    with pytest.raises(UserError, match=rf"prompt .*mine\.jinja: .*{message}"):
        render_prompt(load_task("power"), "xml", str(path))


@pytest.mark.parametrize("content", [None, "标注：".encode("gbk")], ids=["missing", "not UTF-8"])
def test_a_file_that_cannot_be_read_is_the_users_error(tmp_path, content):
    path = tmp_path / "mine.jinja"
    if content:
        path.write_bytes(content)
    with pytest.raises(UserError, match=r"prompt .*mine\.jinja: cannot be read as UTF-8 text"):
        render_prompt(load_task("power"), "xml", str(path))


def test_characters_of_a_prompt_are_not_escaped_for_html(tmp_path):
    path = tmp_path / "mine.jinja"
    path.write_text("{{ '<a> & \"b\"' }}", encoding="utf-8")
    assert render_prompt(load_task("power"), "xml", str(path)).text == '<a> & "b"'
