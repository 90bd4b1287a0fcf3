"""The prompts as a model reads them, and what is said about a prompt that cannot be rendered."""

import re
from hashlib import sha256

import pytest

from nerforge.foundation.errors import UsageError, UserError
from nerforge.templates.answers import FORMATS
from nerforge.templates.prompts import render_prompt
from nerforge.templates.tasks import load_task, task_names
from nerforge.templates.tasks.files import KINDS

POWER_XML = """\
标注电力客服查询里的实体，类型：Date（时间，如今年第一季度）、Province（省份全称）、City（地级市，不带“市”）、\
Company（供电公司全称）、Substation（供电所全称）、Indicator（指标，如投诉百万户量）。
照抄原句，用标签括住实体，如 <Date>实体</Date>，其余一字不改；没有实体时照抄。
省份、地级市、供电公司没写而能确定的，依次补在下级之前；不标“个数”“总数”“数量”。
查询："""

CCFBDCI_JSON = """\
找出句子里的命名实体，类型：地点（山川、道路等无政府的地方）、人名（不含称谓）、\
地理实体（国家、省市等有政府的地方）、组织（机关、企业、学校等）。
每个实体写一行 JSON：{"entity_text": "实体原文", "entity_label": "地点"}；没有实体时只写：没有找到任何实体。
句子："""

CMEEE_JSON = """\
找出医学文本里可嵌套的实体，类型：疾病、临床表现、医疗程序、医疗设备、药物、医学检验项目、身体、科室、微生物类。
每个实体写一行 JSON：{"entity_text": "实体原文", "entity_label": "疾病"}；没有实体时只写：没有找到任何实体。
文本："""

FUDAN_LABEL = """\
判断文本的类别，从Agriculture、Art、Communication、Computer、Economy、Education、Electronics、Energy、Environment、\
History、Law、Literature、Medical、Military、Mine、Philosophy、Politics、Space、Sports、Transport里选一个，只写类名。
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
        "找出句子里的命名实体，类型：地点（山川、道路等无政府的地方）、人名（不含称谓）、"
        "地理实体（国家、省市等有政府的地方）、组织（机关、企业、学校等）。\n"
        "照抄原句，用标签括住实体，如 <地点>实体</地点>，其余一字不改；没有实体时照抄。\n"
        "句子："
    )


@pytest.mark.parametrize(
    ("answer_format", "words"),
    [
        ("bracket", "照抄原句，把实体写成 [实体|地点]，其余一字不改；没有实体时照抄。"),
        (
            "grouped",
            '只写一个 JSON 对象，按类型列出实体，如 {"地点": ["实体原文"]}；'
            "出现几次写几次，没有的类型不写；没有实体时只写：没有找到任何实体。",
        ),
        (
            "occurrence",
            '每个实体写一行 JSON：{"entity_text": "实体原文", "entity_label": "地点", "occurrence": 1}；'
            "occurrence 是第几处这样的文字，句中没有而补全的记 0；没有实体时只写：没有找到任何实体。",
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
    assert set(shown) <= {label.answer for label in task.schema.labels}


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
    assert "如 <地点>实体</地点>" in render_prompt(load_task("ccfbdci"), "xml", str(path)).text


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
