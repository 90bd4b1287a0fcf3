"""Traditional and simplified characters are told to be the same where an answer departs from its sentence."""

import subprocess
import sys

import pytest

from nerforge.templates.answers import FORMATS
from nerforge.templates.domain import Entity, Grounding, Label, LabelSchema
from nerforge.templates.mentions.mention_placing import ground
from nerforge.templates.mentions.statements import Statement
from nerforge.templates.mentions.traditional_characters import simplify
from nerforge.templates.tasks import load_task

FLAT = load_task("ccfbdci").schema
NESTED = load_task("cmeee").schema


@pytest.mark.parametrize(
    ("value", "text", "said"),
    [
        pytest.param("清華大學", "他在清华大学任教", "清华大学", id="traditional in the answer"),
        pytest.param("清华大学", "他在清華大學任教", "清華大學", id="traditional in the sentence"),
        pytest.param("臺灣 ＡＢＣ公司", "去台湾ABC公司", "台湾ABC公司", id="width and blanks, too"),
        pytest.param("清華大学", "他在清华大學任教", "清华大學", id="mixed"),
    ],
)
def test_a_value_in_other_characters_is_placed_with_the_text_of_the_sentence(value, text, said):
    grounded = ground([Statement(FLAT["ORG"], value)], text, FLAT)
    at = text.index(said)
    assert grounded.entities == [Entity("ORG", said, at, at + len(said))]
    assert grounded.groundings == [Grounding.NORMALISED]
    assert grounded.problems == []


def test_what_the_sentence_says_as_it_stands_comes_first():
    grounded = ground([Statement(FLAT["ORG"], "清華")], "清华和清華", FLAT)
    assert grounded.entities == [Entity("ORG", "清華", 3, 5)]
    assert grounded.groundings == [Grounding.EXACT]


def test_values_of_corpora_are_not_placed_by_other_characters():
    grounded = ground([Statement(FLAT["ORG"], "清華大學")], "他在清华大学", FLAT, simplifies=False)
    assert grounded.entities == [Entity("ORG", "清華大學")]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_places_a_value_in_traditional_characters(name):
    text, label = "王芳在北京市海淀区工作。", FLAT["GPE"].answer
    answers = {
        "xml": f"王芳在<{label}>北京市海淀區</{label}>工作。",
        "bracket": f"王芳在[北京市海淀區|{label}]工作。",
        "grouped": f'{{"{label}": ["北京市海淀區"]}}',
    }
    line = f'{{"entity_text": "北京市海淀區", "entity_label": "{label}"}}'
    read = FORMATS[name].decode(answers.get(name, line), text, FLAT)
    assert read.entities == (Entity("GPE", "北京市海淀区", 3, 9),)
    assert read.groundings == (Grounding.NORMALISED,)


@pytest.mark.parametrize(("name", "label"), [("臨床表現", "sym"), ("身體", "bod"), ("醫學檢驗項目", "ite")])
def test_a_label_may_be_named_in_traditional_characters(name, label):
    assert NESTED.from_variant(name) is NESTED[label]


def test_a_traditional_label_may_be_named_in_simplified_characters():
    schema = LabelSchema((Label("a", "機構", "…"), Label("b", "人物", "…")))
    assert schema.from_variant("机构") is schema["a"]
    assert schema.from_variant("地点") is None


def test_a_text_in_simplified_characters_keeps_its_length():
    assert simplify("ABC，臺灣的髮型😀") == "ABC，台湾的发型😀"


def test_a_clean_answer_does_not_load_opencc():
    code = """
import sys
from nerforge.templates.answers import FORMATS
from nerforge.templates.tasks import load_task
schema = load_task("ccfbdci").schema
line = '{"entity_text": "上海", "entity_label": "地名"}'
FORMATS["json"].decode(line.replace("地名", schema["GPE"].answer), "他去上海", schema)
assert "opencc" not in sys.modules
FORMATS["json"].decode(line.replace("地名", schema["GPE"].answer), "他去北京", schema)
assert "opencc" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_half_of_a_surrogate_pair_stays_as_it_is():
    assert simplify("\ud83d學") == "\ud83d学"
