"""Which value belongs to which label in JSON and in named fields, and where both stand."""

import pytest

from nerforge.templates.answers.answer_reading import AnswerReading
from nerforge.templates.answers.evidence import Evidence
from nerforge.templates.answers.layouts.fields import read_fields
from nerforge.templates.answers.layouts.json_objects import read_json, read_values
from nerforge.templates.domain import ProblemKind
from nerforge.templates.tasks import load_task

NEWS = "中国外交部长王毅昨日在北京会见了德国总理朔尔茨。"
WANG, SCHOLZ, BEIJING = ("王毅", "PER"), ("朔尔茨", "PER"), ("北京", "GPE")
SCHEMA = load_task("ccfbdci").schema


def named(reading: AnswerReading) -> list[tuple[str, str]]:
    return [(found.value, found.label.name) for found in reading.statements]


@pytest.mark.parametrize(
    ("body", "right"),
    [
        ('{"entityText": "王毅", "entityLabel": "人名", "score": 0.9}', [WANG]),
        ('{"entity": "PER", "word": "王毅"}', [WANG]),
        ('{"text": ["王毅", "朔尔茨"], "label": "人名"}', [WANG, SCHOLZ]),
        ('{"text": ["王毅", "北京"], "label": ["人名", "地理实体"]}', [WANG, BEIJING]),
        ('{"人名": ["王毅"]}, "地理实体": ["北京"]}', [WANG, BEIJING]),
        ('{"人名": {"王毅": [[6, 7]]}}', [WANG]),
        ('{"人名": [{"text": "王毅", "start": 6}]}', [WANG]),
        ('{"王毅": "人名", "北京": {"type": "GPE"}}', [WANG, BEIJING]),
        ('{"label": "人名", "entities": ["王毅", "朔尔茨"]}', [WANG, SCHOLZ]),
        ('[["王毅", "人名", 0.9], ["人名", "朔尔茨"]]', [WANG, SCHOLZ]),
        ('{"text": "…", "label": [[6, 8, "PER"]]}', [WANG]),
        (
            '[{"text": "王毅", "is_entity": true, "label": "人名"}, {"text": "北京", "is_entity": false}]',
            [WANG],
        ),
        (r'{"result": "[{\"text\": \"王毅\", \"label\": \"人名\"}]"}', [WANG]),
        ('{"text": "王毅、朔尔茨", "label": "人名"}', [WANG, SCHOLZ]),
    ],
)
def test_an_arrangement_is_understood(body: str, right: list[tuple[str, str]]) -> None:
    reading = read_json(body, Evidence(NEWS, SCHEMA))
    assert named(reading) == right
    assert not any(problem.kind.loses for problem in reading.problems)


@pytest.mark.parametrize(
    "body",
    [
        '{"entity_text": "外交部长", "entity_label": "职务"}',
        '{"人名": ["王毅"], "职务": ["外交部长"]}',
        '{"职务": ["外交部长"]}',
        '[["王毅", "人名"], ["外交部长", "职务"]]',
        '{"王毅": "人名", "外交部长": "职务"}',
        '{"label": "职务", "entities": ["外交部长"]}',
        '{"人名": ["王毅"], "职务": [{"text": "外交部长"}]}',
    ],
)
def test_an_unknown_label_is_named_with_its_value(body: str) -> None:
    reading = read_json(body, Evidence(NEWS, SCHEMA))
    unknown = [p.detail for p in reading.problems if p.kind is ProblemKind.UNKNOWN_LABEL]
    assert unknown == ["职务: 外交部长"]


@pytest.mark.parametrize(
    "body",
    [
        '[{"text": "王毅", "label": "人名"}, {"text": "朔尔茨", "label": "人名"}]',
        "{'人名': ['王毅', '朔尔茨',]}",
        "实体1：王毅，类型：人名\n实体2：朔尔茨，类型：人名",
        "- 类型: 人名\n  实体: 王毅\n- 类型: 人名\n  实体: 朔尔茨",
        "Entity: 王毅 | Type: 人名\nEntity: 朔尔茨 | Type: 人名",
        "<e><text>王毅</text><label>人名</label></e><e><text>朔尔茨</text><label>人名</label></e>",
        "类型：人名\n实体：王毅\n实体：朔尔茨",
    ],
)
def test_a_statement_has_its_place(body: str) -> None:
    evidence = Evidence(NEWS, SCHEMA)
    read = read_json(body, evidence)
    read = read if read.statements else read_fields(body, evidence)
    assert named(read) == [WANG, SCHOLZ]
    for found in read.statements:
        assert found.value_at is not None and found.label_at is not None
        assert body[slice(*found.value_at)] == found.value
        assert body[slice(*found.label_at)] == "人名"


def test_prose_is_no_field() -> None:
    body = "说明：王毅是外交部长。备注：无"
    assert read_fields(body, Evidence(NEWS, SCHEMA)).statements == []


def test_the_values_of_an_answer_are_those_of_json() -> None:
    assert read_values('```json\n[{"text": "王毅", "start": 6,}]\n```') == [[{"text": "王毅", "start": 6}]]
