"""What a corpus says, its gold says, and every layout says again."""

import json
import shutil
from itertools import groupby

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nerforge.generators.corpora.corpus import Corpus
from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.corpora.from_gold import rows_of_gold
from nerforge.generators.corpora.layouts import LAYOUTS, load_layout
from nerforge.generators.corpora.reading.raw_rows import CompletedValue, RawEntity, RawRow
from nerforge.generators.corpora.splitting.split_choice import SampleChoice
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.datasets.entity_gold import stream_gold
from nerforge.templates.domain import Entity, Sample
from nerforge.templates.tasks import resolve_task
from tests.pair_layouts import PAIR_LAYOUTS

LABELS = ["PER", "人名", "B-x_y", "other"]
SPAN_LAYOUTS = [
    name
    for name, layout in LAYOUTS.items()
    if name not in PAIR_LAYOUTS and (layout.write or layout.write_files)
]
BRACES = "bosonner"
"""The layout that carries no entities with common characters, and no text that reads as its braces."""
SENTENCES = [
    ("王芳在青岛🌊的海关上班。", [("PER", "王芳", 0), ("GPE", "青岛", 3), ("ORG", "海关", 7)]),
    ("😀😀李梅👩‍👩‍👧住济南", [("PER", "李梅", 2), ("GPE", "济南", 10)]),
    ("天气很好", []),
    ("青岛和青岛路", [("GPE", "青岛", 0), ("LOC", "青岛路", 3)]),
    ("天气很好", []),
    ("冷、热、冷", [("SYM", "冷", 0), ("SYM", "冷", 4)]),
    (' 他说"晴"\\，</PER> ', [("W", '"晴"\\', 3), ("T", "</PER>", 8)]),
]
NESTED = [
    ("青岛市供电公司来人", [("ORG", "青岛市供电公司", 0), ("GPE", "青岛市", 0), ("W", "公司", 5)]),
    ("山东大学", [("ORG", "山东大学", 0), ("LOC", "山东大学", 0), ("GPE", "山东", 0)]),
    ("甲乙丙\r\n丁\t戊", [("A", "甲乙", 0), ("B", "乙丙\r\n丁", 1)]),
]


def rows_of(sentences):
    return [
        RawRow(n, text, tuple(RawEntity(label, value, at, at + len(value)) for label, value, at in entities))
        for n, (text, entities) in enumerate(sentences, start=1)
    ]


def told(text, entities):
    """Give what a row or a sample says, without the order in which it says it."""
    return text, sorted((entity.label, entity.text, entity.start, entity.end) for entity in entities)


def write(folder, layout, rows):
    if layout == "datasets_folder":
        pytest.importorskip("datasets", reason="needs the corpora extra")
    path = folder / f"{layout}.corpus"
    if write_files := load_layout(layout).write_files:
        shutil.rmtree(path, ignore_errors=True)
        for file in write_files(rows):
            (path / file.name).parent.mkdir(parents=True, exist_ok=True)
            (path / file.name).write_bytes(file.content)
    else:
        path.write_bytes(b"".join(load_layout(layout).write(rows)))
    return path


def samples_of(path):
    """Read a corpus whose layout is to be recognised."""
    corpus = Corpus(path)
    # Rows without any entity look alike in several layouts.
    assert corpus.layout_name == path.stem or not corpus.stated_labels
    report = corpus.report()
    samples = [sample for sample, _ in corpus.samples(report)]
    assert None not in samples, report.examples
    assert report.kept.keys() <= {"as_given"}
    return samples


def told_by(samples):
    return [told(sample.text, sample.entities) for sample in samples]


def carried(layout):
    return SENTENCES if layout == BRACES else SENTENCES + NESTED


@pytest.mark.parametrize("layout", SPAN_LAYOUTS)
def test_gold_of_a_corpus_is_written_as_the_same_corpus(tmp_path, layout):
    rows = rows_of(carried(layout))
    first = samples_of(write(tmp_path, layout, rows))
    again = samples_of(write(tmp_path, layout, rows_of_gold(first)))
    assert told_by(first) == told_by(again) == [told(row.text, row.entities) for row in rows]


@pytest.mark.parametrize("layout", SPAN_LAYOUTS)
def test_gold_of_one_layout_is_written_in_every_other(tmp_path, layout):
    first = samples_of(write(tmp_path, "span_jsonl", rows_of(carried(layout))))
    assert told_by(samples_of(write(tmp_path, layout, rows_of_gold(first)))) == told_by(first)


CHARACTERS = st.sampled_from('雨冷王 　"\\{}[]<>&#-O:,😀👩‍AZ9é\u2028\ufeff') | st.characters(
    exclude_categories=["Cs"]
)


def texts(characters):
    return st.text(characters, min_size=1, max_size=16).filter(str.strip)


def is_seen(value):
    """Tell whether an entity has characters, and no blank at its ends, which would be trimmed."""
    blanks = "\u200b\u200c\u200d\u2060\ufeff"
    return bool(value) and not any(value[at].isspace() or value[at] in blanks for at in (0, -1))


@st.composite
def free_rows(draw):
    """Draw a text, and entities that may nest, cross and share a span."""
    text = draw(texts(CHARACTERS))
    spans = st.tuples(st.sampled_from(LABELS), *[st.integers(0, len(text))] * 2)
    seen = spans.filter(lambda span: is_seen(text[span[1] : span[2]]))
    drawn = draw(st.lists(seen, max_size=5, unique=True))
    return text, [(label, text[start:end], start) for label, start, end in drawn]


@st.composite
def flat_rows(draw):
    """Draw a text of one line, and entities that stand side by side."""
    text = draw(texts(CHARACTERS.filter(lambda character: character not in "\t\n\r")))
    marks = draw(st.lists(st.sampled_from(["", *LABELS]), min_size=len(text), max_size=len(text)))
    runs = [(label, list(run)) for label, run in groupby(range(len(text)), key=marks.__getitem__)]
    found = [(label, text[at[0] : at[-1] + 1], at[0]) for label, at in runs if label]
    return text, [entity for entity in found if is_seen(entity[1])]


@pytest.mark.whole
@pytest.mark.parametrize("layout", [name for name in SPAN_LAYOUTS if name != BRACES])
@settings(max_examples=60)
@given(sentences=st.lists(free_rows(), min_size=1, max_size=4))
@example(sentences=[("\ufeff雨", [("PER", "雨", 1)])])
@example(sentences=[("😀雨雨", [("PER", "雨", 1)]), ("雨", [])])
def test_any_entities_come_back_through_gold(tmp_path_factory, layout, sentences):
    folder, rows = tmp_path_factory.mktemp("round"), rows_of(sentences)
    first = samples_of(write(folder, layout, rows))
    again = samples_of(write(folder, layout, rows_of_gold(first)))
    assert told_by(first) == told_by(again) == [told(row.text, row.entities) for row in rows]


@pytest.mark.whole
@settings(max_examples=60)
@given(sentences=st.lists(flat_rows(), min_size=1, max_size=4))
def test_entities_side_by_side_go_through_every_layout_in_turn(tmp_path_factory, sentences):
    folder, rows = tmp_path_factory.mktemp("turn"), rows_of(sentences)
    for layout in [name for name in SPAN_LAYOUTS if name != BRACES]:
        samples = samples_of(write(folder, layout, rows))
        assert told_by(samples) == [told(text, entities_of(text, found)) for text, found in sentences]
        rows = list(rows_of_gold(samples))


def entities_of(text, found):
    return [Entity(label, value, at, at + len(value)) for label, value, at in found]


@pytest.mark.whole
@pytest.mark.parametrize("layout", SPAN_LAYOUTS)
def test_gold_files_are_written_as_the_corpus_that_they_came_from(tmp_path, layout):
    rows = rows_of(carried(layout) * 3)
    manifest = msgspec.to_builtins(
        generate_corpus(
            None, write(tmp_path, layout, rows), DatasetOptions(tmp_path / "out", dev=0.2, test=0.2)
        )
    )
    schema = resolve_task(str(tmp_path / "out" / "task.yaml")).schema
    gold = {path.stem: list(stream_gold(path, schema)) for path in (tmp_path / "out" / "gold").iterdir()}
    assert {name: len(samples) for name, samples in gold.items()} == {
        name: split["samples"] for name, split in manifest["splits"].items()
    }
    again = [
        said
        for name, samples in gold.items()
        for said in told_by(samples_of(write(tmp_path, layout, rows_of_gold(samples, name))))
    ]
    assert sorted(again) == sorted(told(row.text, row.entities) for row in rows)


@pytest.mark.whole
@pytest.mark.parametrize("layout", [name for name in SPAN_LAYOUTS if name not in (BRACES, "gold")])
def test_the_splits_of_gold_are_those_that_a_second_data_set_is_given(tmp_path, layout):
    source = write(tmp_path, "span_jsonl", rows_of(carried(layout) * 3))
    generate_corpus(None, source, DatasetOptions(tmp_path / "first", dev=0.2, test=0.2))
    schema = resolve_task(str(tmp_path / "first" / "task.yaml")).schema
    rows = [
        row
        for name in ("train", "dev", "test")
        for row in rows_of_gold(stream_gold(tmp_path / "first" / "gold" / f"{name}.jsonl", schema), name)
    ]
    options = DatasetOptions(tmp_path / "second")
    generate_corpus(None, write(tmp_path, layout, rows), options, SampleChoice(split="given"))
    for name in ("ner.json", "ner_dev.json", "ner_test.json"):
        first, second = (json.loads((tmp_path / of / name).read_text("utf-8")) for of in ("first", "second"))
        assert first == second


def test_values_that_the_text_does_not_say_are_completed_or_other_than_their_characters():
    entities = (Entity("Province", "山东省"), Entity("City", "菏泽", 0, 3))
    row = next(rows_of_gold([Sample("p-1", "菏泽市投诉", entities, {"n": 1})]))
    assert row == RawRow(
        1,
        "菏泽市投诉",
        (RawEntity("City", "菏泽", 0, 3),),
        completed=(CompletedValue("Province", "山东省", 0),),
        id="p-1",
        meta={"n": 1},
    )
