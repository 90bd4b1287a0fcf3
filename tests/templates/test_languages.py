"""The same task in Chinese and in English: prompts, labels, the sentence for nothing, and what is read."""

import re

import pytest

from nerforge.foundation.errors import UsageError, UserError
from nerforge.templates.answers import FORMATS, load_format
from nerforge.templates.domain import Entity, Outcome, ProblemKind, Sample
from nerforge.templates.languages import EMPTY_SENTENCES
from nerforge.templates.prompts import Example, render_prompt
from nerforge.templates.tasks import load_task, read_task, resolve_task, task_of_labels

CCFBDCI = load_task("ccfbdci")
ENGLISH = CCFBDCI.spoken("en")
CHINESE_CHARACTER = re.compile(r"[\u4e00-\u9fff]")
CCFBDCI_JSON = """\
Find the named entities of the sentence: Location (mountains, roads, places without a government); \
Person Name (without titles); Geographical Entity (countries, cities, places with a government); \
Organization (authorities, companies, schools).
Write each entity as a JSON line: {"entity_text": "entity text", "entity_label": "Location"}. \
If there is none, write only: No entities found
Sentence:"""
OWN = """\
title: Tickets
default_format: xml
language: en
labels:
  - name: PRD
    answer: product
    definition: the name of a product
    zh: {answer: 产品, definition: 产品的名称}
"""


def test_the_english_prompt_reads_exactly_so():
    assert render_prompt(ENGLISH, "json").text == CCFBDCI_JSON


def test_the_published_english_names_of_ccfbdci_are_used():
    answers = {label.name: label.answer for label in ENGLISH.schema.labels}
    assert answers == {
        "LOC": "Location",
        "PER": "Person Name",
        "GPE": "Geographical Entity",
        "ORG": "Organization",
    }


def test_the_published_english_sentence_for_nothing_is_kept():
    assert EMPTY_SENTENCES["en"] == "No entities found"
    for name in ("json", "grouped", "occurrence"):
        assert load_format(name).encode(Sample("a", "天气很好"), ENGLISH.schema) == "No entities found"


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_is_understood_in_either_language(name):
    for task in (CCFBDCI, ENGLISH):
        for sentence in EMPTY_SENTENCES.values():
            read = load_format(name).decode(sentence, "天气很好", task.schema)
            assert (read.entities, read.outcome) == ((), Outcome.EMPTY)


@pytest.mark.parametrize("answer_format", FORMATS)
@pytest.mark.parametrize("task", ["ccfbdci", "cmeee"])
@pytest.mark.parametrize("prompt", ["full", "short"])
def test_an_english_prompt_holds_no_chinese(task, answer_format, prompt):
    text = render_prompt(load_task(task).spoken("en"), answer_format, prompt).text
    assert text and not CHINESE_CHARACTER.search(text)


def test_a_label_of_two_words_is_read_from_a_tag():
    read = load_format("xml").decode("<Person Name>王海</Person Name>来了", "王海来了", ENGLISH.schema)
    assert (read.entities, read.outcome) == ((Entity("PER", "王海", 0, 2),), Outcome.CLEAN)


@pytest.mark.parametrize("tag", ["<PersonName>王海</PersonName>", "<person name>王海</person name>"])
def test_a_label_of_two_words_is_read_from_a_tag_near_to_it(tag):
    read = load_format("xml").decode(f"{tag}来了", "王海来了", ENGLISH.schema)
    assert read.entities == (Entity("PER", "王海", 0, 2),)


def test_the_name_of_a_label_in_the_other_language_is_a_variant():
    line = '{"entity_text": "王海", "entity_label": "人名"}'
    read = load_format("json").decode(line, "王海来了", ENGLISH.schema)
    assert read.entities == (Entity("PER", "王海", 0, 2),)
    assert [problem.kind for problem in read.problems] == [ProblemKind.LABEL_VARIANT]


def test_a_task_there_and_back_says_the_same():
    back = ENGLISH.spoken("zh")
    assert [(x.name, x.answer, x.definition) for x in back.schema.labels] == [
        (x.name, x.answer, x.definition) for x in CCFBDCI.schema.labels
    ]
    assert render_prompt(back, "json").text == render_prompt(CCFBDCI, "json").text


def test_a_task_of_ones_own_may_speak_english_first(tmp_path):
    path = tmp_path / "task.yaml"
    path.write_text(OWN, encoding="utf-8")
    assert resolve_task(str(path)).schema.empty_sentence == "No entities found"
    assert ": product (the name of a product).\n" in render_prompt(resolve_task(str(path)), "xml").text
    assert "：产品（产品的名称）。\n" in render_prompt(resolve_task(str(path), "zh"), "xml").text


def test_a_prompt_of_ones_own_may_be_for_one_language_or_for_all(tmp_path):
    (tmp_path / "task.yaml").write_text(OWN, encoding="utf-8")
    (tmp_path / "full.jinja").write_text("any", encoding="utf-8")
    (tmp_path / "full.zh.jinja").write_text("中文", encoding="utf-8")
    task = read_task(tmp_path / "task.yaml")
    assert [render_prompt(task.spoken(language), "xml").text for language in ("en", "zh")] == ["any", "中文"]
    assert sorted(task.prompts()) == ["full", "short"]


def test_a_label_without_words_in_a_language_is_said(tmp_path):
    path = tmp_path / "task.yaml"
    path.write_text(OWN.replace("    zh: {answer: 产品, definition: 产品的名称}\n", ""), encoding="utf-8")
    with pytest.raises(UsageError, match=r"label 'PRD' has no words in language 'zh'; add `zh: \{answer"):
        resolve_task(str(path), "zh")


def test_labels_of_which_nothing_is_known_are_the_same_in_any_language():
    task = task_of_labels("corpus", ["PER"], nested=False, language="en")
    assert "of the sentence: PER.\n" in render_prompt(task, "json").text
    assert "：PER。\n" in render_prompt(task.spoken("zh"), "json").text


@pytest.mark.parametrize("make", [CCFBDCI.spoken, lambda name: resolve_task("cmeee", name)])
def test_an_unknown_language_lists_the_known_ones(make):
    with pytest.raises(UsageError, match=r"unknown language 'fr'; known: en, zh"):
        make("fr")


def test_an_unknown_language_of_a_file_is_said(tmp_path):
    path = tmp_path / "task.yaml"
    path.write_text(OWN.replace("language: en", "language: fr"), encoding="utf-8")
    with pytest.raises(UserError, match=r"task\.yaml: language 'fr'; known: zh, en"):
        read_task(path)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", ["full", "short"])
@pytest.mark.parametrize("task", ["power", "ccfbdci", "cmeee"])
def test_every_prompt_shows_examples_before_the_sentence(task, name, language):
    prompt = render_prompt(load_task(task).spoken(language), "json", name)
    shown = prompt.fill(examples=[Example("甲乙丙", "丁"), Example("戊", "己\n庚")]).text
    head = {"zh": ("例句1：甲乙丙\n答案：\n丁\n例句2：戊\n答案：\n己\n庚\n"),
            "en": ("Example 1: 甲乙丙\nAnswer:\n丁\nExample 2: 戊\nAnswer:\n己\n庚\n")}[language]  # fmt: skip
    last = prompt.text.rsplit("\n", 1)[-1]
    assert shown == prompt.text.removesuffix(last) + head + last


@pytest.mark.parametrize(("task", "last"), [("power", "查询："), ("ccfbdci", "句子："), ("cmeee", "文本：")])
def test_a_system_turn_does_not_announce_the_sentence(task, last):
    user, system = (render_prompt(load_task(task), "json", "full", turn).text for turn in ("user", "system"))
    assert user == f"{system}\n{last}"


def test_an_unknown_turn_lists_the_known_ones():
    with pytest.raises(UsageError, match=r"unknown turn 'both'; known: system, user"):
        render_prompt(CCFBDCI, "json", "full", "both")


@pytest.mark.parametrize("answer", ["product", '"<X>"', '""'], ids=["twice", "no tag", "empty"])
def test_words_that_cannot_be_answers_are_the_users_error(tmp_path, answer):
    path = tmp_path / "task.yaml"
    more = f"  - {{name: B, answer: other, definition: y, zh: {{answer: {answer}}}}}\n"
    path.write_text(OWN.replace("answer: 产品", "answer: product") + more, encoding="utf-8")
    with pytest.raises(UsageError, match=r"in language 'zh': label"):
        resolve_task(str(path), "zh")
