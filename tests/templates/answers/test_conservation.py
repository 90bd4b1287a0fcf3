"""Every character of an answer is accounted for, in every format, layout and mutation."""

import random
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.templates.answers import CannotEncodeError, load_format
from nerforge.templates.domain import Answer, Entity, PartKind, Sample
from nerforge.templates.mentions.folding import whole_characters
from nerforge.templates.tasks import Task, load_task
from tests.fuzz_answers import faults_of, mutate, part_faults
from tests.templates.answers.layout_writers import LAYOUTS, choose_samples, write
from tests.templates.answers.native_answers import REAL

NEWS = load_task("ccfbdci")
SCHEMA = NEWS.schema
NAMES = ("json", "xml", "bracket", "grouped", "occurrence")
pytestmark = pytest.mark.whole
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason=f"the published corpora are not at {REAL}")

WORDS = [
    *["王建国", "李明", "水利部", "长江", "武汉", "Live Nation", "北京大学", "T、B细胞"],
    *["布地奈德（普米克）", "AC/DC", "1型", "“东海”号", "组织部"],
]
FILLERS = ["在", "，", "。", "与", "工作组由", "带队", "；", "三市", "和", "\n", " "]


def make_sample(rng: random.Random, least: int = 0) -> Sample:
    """Make a sentence that says each of its values once."""
    text, entities = rng.choice(FILLERS), []
    for word in rng.sample(WORDS, rng.randint(least, 6)):
        entities.append(Entity(rng.choice(SCHEMA.names), word, len(text), len(text) + len(word)))
        text += word + rng.choice(FILLERS)
    return Sample(f"s{rng.random()}", text, tuple(entities))


RANDOM = st.integers(0, 2**32).map(random.Random)
SAMPLES = [make_sample(random.Random(seed), least=2) for seed in range(60)]


def decode(name: str, answer: str, sample: Sample, task: Task = NEWS) -> Answer:
    return load_format(name).decode(answer, sample.text, task.schema)


def named(read: Answer) -> Counter[tuple[str, str]]:
    return Counter((entity.label, entity.text) for entity in read.entities)


def said(answer: str, read: Answer, kind: PartKind) -> list[str]:
    """Give the words of the parts of a kind."""
    whole = whole_characters(answer)
    return [whole[part.start : part.end] for part in read.parts if part.kind is kind]


# Parts.


@pytest.mark.parametrize("name", NAMES)
@given(rng=RANDOM)
def test_parts_of_a_native_answer_are_values_labels_and_frame(name: str, rng: random.Random) -> None:
    sample = make_sample(rng)
    answer = load_format(name).encode(sample, SCHEMA)
    read = decode(name, answer, sample)
    assert list(part_faults(answer, read)) == []
    # A line break is escaped in JSON, and no word here holds what else is.
    assert Counter(said(answer, read, PartKind.VALUE)) == Counter(one.text for one in sample.entities)
    labels = {words.strip("</>|[]") for words in said(answer, read, PartKind.LABEL)} - {""}
    assert labels == {SCHEMA[one.label].answer for one in sample.entities}
    assert not said(answer, read, PartKind.PROBLEM)


@pytest.mark.parametrize("name", NAMES)
@given(answer=st.text(st.characters(exclude_categories=[])), text=st.text(max_size=30))
def test_parts_cover_any_characters_at_all(name: str, answer: str, text: str) -> None:
    read = load_format(name).decode(answer, text, SCHEMA)
    assert list(part_faults(answer, read)) == []


@pytest.mark.parametrize("name", NAMES)
@given(rng=RANDOM)
def test_what_is_read_of_a_mutated_layout_is_accounted_for(name: str, rng: random.Random) -> None:
    sample = make_sample(rng)
    answer = write(rng.choice(list(LAYOUTS)), sample, SCHEMA)
    for _ in range(rng.randint(0, 3)):
        answer = mutate(answer, "无", rng)[:3_000]
    faults = list(faults_of(answer, decode(name, answer, sample), sample.text, SCHEMA))
    assert faults == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_value_in_a_layout_is_read_or_named_in_a_problem(layout: str) -> None:
    lost = []
    for sample in SAMPLES:
        answer = write(layout, sample, SCHEMA)
        read = decode("json", answer, sample)
        told = "".join("".join(problem.detail.split()) for problem in read.problems if problem.kind.loses)
        values = {entity.text for entity in read.entities}
        missing = [one.text for one in sample.entities if one.text not in values]
        lost += [f"{value} of {answer!r}" for value in missing if "".join(value.split()) not in told]
    assert lost == []


# Order.


def orders(sample: Sample) -> Iterator[Sample]:
    """Give the sample with its entities in other orders."""
    for seed in range(3):
        entities = random.Random(seed).sample(sample.entities, len(sample.entities))
        yield Sample(sample.id, sample.text, tuple(entities))


@pytest.mark.parametrize("name", ["json", "grouped", "occurrence"])
@given(rng=RANDOM)
def test_the_order_of_a_native_answer_changes_nothing(name: str, rng: random.Random) -> None:
    sample, written_in = make_sample(rng), load_format(name)
    read = named(decode(name, written_in.encode(sample, SCHEMA), sample))
    for other in orders(sample):
        assert named(decode(name, written_in.encode(other, SCHEMA), sample)) == read


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_order_of_a_layout_changes_nothing(layout: str) -> None:
    faults = []
    for sample in SAMPLES:
        read = named(decode("json", write(layout, sample, SCHEMA), sample))
        for other in orders(sample):
            answer = write(layout, other, SCHEMA)
            if named(decode("json", answer, sample)) != read:
                faults.append(answer)
    assert faults == []


# Native answers that do not look native.

WRAPPINGS = {
    "blank": "{} ",
    "fence": "```\n{}\n```",
    "opening": "好的，结果如下：\n{}",
    "closing": "{}\n\n希望对您有帮助！",
    "thinking": "<think>找出实体。</think>\n\n{}",
    "answer tag": "<answer>{}</answer>",
}


@cache
def some_samples(corpus: str) -> list[Sample]:
    """Choose the samples of a corpus, or invented ones."""
    return SAMPLES if corpus == "invented" else choose_samples(corpus, 100, 10)


CORPORA = [
    "invented",
    *(pytest.param(name, marks=needs_real) for name in ("ccfbdci", "cmeee")),
]


def wrapped_faults(corpus: str, written: str, asked: str, wrapping: str) -> list[str]:
    """Say of which native answers something else is read when they are wrapped, or read as another format."""
    task = NEWS if corpus == "invented" else load_task(corpus)
    faults = []
    for sample in some_samples(corpus):
        try:
            answer = load_format(written).encode(sample, task.schema)
        except CannotEncodeError:
            continue
        # A format that copies the sentence says nothing to another one where there is nothing.
        if not sample.entities:
            continue
        read = decode(asked, wrapping.format(answer) if wrapping else answer, sample, task)
        right = decode(written, answer, sample, task)
        if named(read) != named(right):
            faults.append(f"{answer}\n{named(right) - named(read)} {named(read) - named(right)}")
    return faults


@pytest.mark.parametrize("corpus", CORPORA)
@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("name", NAMES)
def test_a_wrapped_native_answer_names_the_same_entities(name: str, wrapping: str, corpus: str) -> None:
    faults = wrapped_faults(corpus, name, name, WRAPPINGS[wrapping])
    assert faults == []


@pytest.mark.parametrize("corpus", CORPORA)
@pytest.mark.parametrize("asked", NAMES)
@pytest.mark.parametrize("written", NAMES)
def test_an_answer_in_another_format_names_the_same_entities(written: str, asked: str, corpus: str) -> None:
    assert wrapped_faults(corpus, written, asked, "") == []
