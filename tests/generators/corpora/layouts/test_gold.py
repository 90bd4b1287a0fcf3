"""Our own gold files as a corpus."""

import json
from pathlib import Path

import msgspec
import pytest

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.corpora.layouts import gold, load_layout, read_head, recognise
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow
from nerforge.generators.corpora.splitting.split_choice import SampleChoice
from nerforge.generators.corpora.treatment import Treatment
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.datasets.entity_gold import encode_gold, read_gold
from nerforge.generators.slots.generate import SlotOptions
from nerforge.templates.domain import Entity, Sample
from nerforge.templates.tasks import load_task, read_task
from tests.slot_sets import place_slots

ROOT = Path(__file__).parents[4]
CCFBDCI = load_task("ccfbdci").schema
TRIP = Sample("t-1", "😀王海去上海市", (Entity("PER", "王海", 1, 3), Entity("GPE", "上海市", 4, 7)))
REST = Sample("t-2", "今天休息", (), {"page": 3})


def write(tmp_path, samples, name="gold.jsonl"):
    path = tmp_path / name
    path.write_bytes(b"".join(encode_gold(samples)))
    return path


def test_a_file_reads_exactly_so(tmp_path):
    assert list(gold.read(write(tmp_path, [TRIP, REST]))) == [
        RawRow(
            1,
            "😀王海去上海市",
            (RawEntity("PER", "王海", 1, 3), RawEntity("GPE", "上海市", 4, 7)),
            id="t-1",
        ),
        RawRow(2, "今天休息", (), id="t-2", meta={"page": 3}),
    ]


@pytest.mark.parametrize("text", ["王海", "王海" * 60_000], ids=["a line", "a line longer than the head"])
def test_a_gold_file_is_recognised(tmp_path, text):
    path = write(tmp_path, [Sample("a", text, (Entity("PER", "王海", 0, 2),))])
    assert recognise(path) == "gold"


@pytest.mark.parametrize(
    "line",
    [
        '{"text": "王海", "entities": []}',
        '{"id": 1, "text": "王海", "entities": [], "data_source": "x"}',
        '{"id": "a", "text": "王海", "label": "Art", "meta": {}}',
        "王海 B-PER",
        '{"id": "a", "text": "王',
        "[1, 2]",
    ],
)
def test_no_other_file_is_taken_for_gold(tmp_path, line):
    path = tmp_path / "x"
    path.write_text(line + "\n", encoding="utf-8")
    assert not gold.recognises(read_head(path))


def test_a_line_that_is_no_sample_is_said(tmp_path):
    path = write(tmp_path, [REST])
    path.write_text(path.read_text("utf-8") + '{"id": "b", "text": "x"}\n', encoding="utf-8")
    with pytest.raises(UserError, match=r"gold\.jsonl:2: .*missing required field `entities`"):
        list(gold.read(path))


def test_a_data_set_is_written_in_another_format_from_its_gold(tmp_path):
    whole = Sample("t-1", "王海去上海", (Entity("PER", "王海", 0, 2), Entity("GPE", "上海", 3, 5)))
    path = write(tmp_path, [whole, REST])
    generate_corpus("ccfbdci", path, DatasetOptions(tmp_path / "out", dev=0, test=0, answer_format="xml"))
    again = read_gold(tmp_path / "out" / "gold" / "train.jsonl", CCFBDCI)
    assert [(s.text, s.entities) for s in again] == [(s.text, s.entities) for s in (whole, REST)]


POWER_GOLD = """\
{"text": "昨日东昌县投诉", "entities": [{"label": "Date", "text": "昨日", "start": 0, "end": 2}, \
{"label": "Province", "text": "山东省", "start": null, "end": null}, \
{"label": "Company", "text": "东昌县供电公司", "start": 9, "end": 12}, \
{"label": "Indicator", "text": "投诉", "start": 5, "end": 7}]}
{"text": "聊城市投诉", "entities": [{"label": "Province", "text": "山东省", "start": null, "end": null}, \
{"label": "City", "text": "聊城", "start": 0, "end": 3}, {"label": "Indicator", "text": "投诉"}]}
{"text": "聊城意见", "entities": [{"label": "City", "text": "青岛", "start": 0, "end": 2}]}
"""


def test_values_that_a_task_completes_or_that_the_text_says_otherwise_become_a_data_set(tmp_path):
    (tmp_path / "own.jsonl").write_text(POWER_GOLD, encoding="utf-8")
    options = DatasetOptions(tmp_path / "out", dev=0, test=0)
    source = msgspec.to_builtins(generate_corpus("power", tmp_path / "own.jsonl", options))["source"]
    assert source["kept"] == {"as_given": 2, "completed": 1, "moved": 1}
    assert source["dropped_rows"] == {"lost": 1, "no_place": 1}
    assert source["entities"] == 4 + source["entities_in_dropped_rows"]
    [sample] = read_gold(tmp_path / "out" / "gold" / "train.jsonl", load_task("power").schema)
    assert sample.entities == (
        Entity("Date", "昨日", 0, 2),
        Entity("Province", "山东省"),
        Entity("Company", "东昌县供电公司", 2, 5),
        Entity("Indicator", "投诉", 5, 7),
    )
    [row] = json.loads((tmp_path / "out" / "ner.json").read_text(encoding="utf-8"))
    assert row["output"] == (
        "<Date>昨日</Date><Province>山东省</Province><Company>东昌县供电公司</Company><Indicator>投诉</Indicator>"
    )


@pytest.mark.whole
def test_gold_that_was_generated_gives_the_same_data_set_again(tmp_path):
    slots = SlotOptions(60, noise=["space"], n_workers=1)
    place_slots(slots, DatasetOptions(tmp_path / "first", dev=0, test=0))
    options = DatasetOptions(tmp_path / "second", dev=0, test=0)
    manifest = msgspec.to_builtins(
        generate_corpus(None, tmp_path / "first" / "gold" / "train.jsonl", options)
    )
    first, second = (json.loads((tmp_path / n / "ner.json").read_text()) for n in ("first", "second"))
    assert second == first
    assert manifest["source"]["kept"]["completed"] > 0


def test_without_a_task_that_completes_them_values_without_a_place_are_faults(tmp_path):
    (tmp_path / "own.jsonl").write_text(POWER_GOLD, encoding="utf-8")
    options = DatasetOptions(tmp_path / "out", dev=0, test=0)
    with pytest.raises(
        UserError, match=r"own\.jsonl:1: entity '山东省' \(Province\) has no place in the text"
    ):
        generate_corpus(None, tmp_path / "own.jsonl", options, strict=True)


@pytest.mark.whole
@pytest.mark.parametrize("task", ["data/examples/water", "MADE"], ids=["domain", "data set"])
def test_a_folder_says_the_task_of_gold(tmp_path, task):
    water = ROOT / "data" / "examples" / "water"
    domain = SlotOptions(40, domain=water, n_workers=1)
    place_slots(domain, DatasetOptions(tmp_path / "made", dev=0, test=0))
    folder = tmp_path / "made" if task == "MADE" else ROOT / task
    gold_file = tmp_path / "own.jsonl"
    gold_file.write_bytes((tmp_path / "made" / "gold" / "train.jsonl").read_bytes())
    options = DatasetOptions(tmp_path / "out", dev=0, test=0)
    manifest = msgspec.to_builtins(generate_corpus(str(folder), gold_file, options))
    assert (manifest["task"], manifest["source"]["dropped_rows"]) == ("water", {})
    again = read_gold(
        tmp_path / "out" / "gold" / "train.jsonl", read_task(tmp_path / "out" / "task.yaml").schema
    )
    assert [s.entities for s in again] == [
        s.entities for s in read_gold(gold_file, read_task(tmp_path / "made" / "task.yaml").schema)
    ]


def test_all_lines_of_gold_that_are_no_samples_are_told_at_once(tmp_path):
    path = write(tmp_path, [REST])
    path.write_text(path.read_text("utf-8") + "{\n" + '{"text": 3, "entities": []}\n', encoding="utf-8")
    with pytest.raises(UserError, match=r"(?s)gold\.jsonl:2: not JSON.*\n.*gold\.jsonl:3: Expected `str`"):
        list(gold.read(path))


def test_a_stale_span_of_gold_is_not_believed(tmp_path):
    entity = '{"label":"PER","text":"王芳","start":0,"end":2}'
    stale = f'{{"id":"x","text":"昨天王芳去了","entities":[{entity}],"meta":{{}}}}'
    path = write(tmp_path, [TRIP])
    path.write_text(path.read_text("utf-8") + stale + "\n", encoding="utf-8")
    manifest = msgspec.to_builtins(
        generate_corpus("ccfbdci", path, DatasetOptions(tmp_path / "out", dev=0, test=0))
    )
    assert manifest["source"]["kept"] == {"as_given": 2, "moved": 1}
    again = read_gold(tmp_path / "out" / "gold" / "train.jsonl", CCFBDCI)
    assert again[1].entities == (Entity("PER", "王芳", 2, 4),)


def split_up(tmp_path):
    long = "王海在上海。李明去了黄山，又去了上海海关。"
    samples = [
        Sample(f"t-{i}", f"{long}第{i}天。", (Entity("PER", "王海", 0, 2), Entity("LOC", "黄山", 10, 12)))
        for i in range(20)
    ]
    corpus = write(tmp_path, samples)
    generate_corpus("ccfbdci", corpus, DatasetOptions(tmp_path / "split"), treatment=Treatment(max_chars=12))
    return samples, tmp_path / "split" / "gold"


def test_the_pieces_of_a_text_are_joined_again(tmp_path):
    samples, folder = split_up(tmp_path)
    options = DatasetOptions(tmp_path / "whole", answer_format="xml")
    generate_corpus(None, folder, options, SampleChoice(split="given"))
    again = [
        (s.text, s.entities)
        for split in ("train", "dev", "test")
        for s in read_gold(tmp_path / "whole" / "gold" / f"{split}.jsonl", CCFBDCI)
    ]
    assert sorted(again) == sorted((s.text, s.entities) for s in samples)


def test_pieces_that_are_not_all_there_are_refused(tmp_path):
    _, folder = split_up(tmp_path)
    lines = (folder / "train.jsonl").read_text("utf-8").splitlines(keepends=True)
    for kept, message in (
        (lines[1:], ":1: a piece of a text stands apart"),
        (lines[:1], ": ends before the last piece"),
    ):
        path = tmp_path / "part.jsonl"
        path.write_text("".join(kept), encoding="utf-8")
        with pytest.raises(UserError, match=rf"part\.jsonl{message}"):
            list(gold.read(path))


def test_gold_of_a_data_set_keeps_its_task_and_language(tmp_path):
    corpus = write(tmp_path, [TRIP, REST])
    generate_corpus("ccfbdci", corpus, DatasetOptions(tmp_path / "first", dev=0, test=0, language="en"))
    manifest = msgspec.to_builtins(
        generate_corpus(None, tmp_path / "first" / "gold", DatasetOptions(tmp_path / "second", dev=0, test=0))
    )
    assert (manifest["task"], manifest["language"]) == ("ccfbdci", "en")
    assert "Person Name" in (tmp_path / "second" / "ner.json").read_text("utf-8")


def test_rows_are_written_as_gold_and_read_back(tmp_path):
    rows = [
        RawRow(1, "王海", (RawEntity("PER", "王海", 0, 2),), id="a", meta={"page": [1, None]}),
        RawRow(2, "休息", (), id="row-000002"),
    ]
    path = tmp_path / "g.jsonl"
    path.write_bytes(b"".join(load_layout("gold").write(rows)))
    assert list(gold.read(path)) == rows


def test_the_folder_of_all_splits_keeps_them_in_another_format(tmp_path):
    corpus = write(
        tmp_path,
        [
            Sample(str(i), f"第{i}天王海来了", (Entity("PER", "王海", 2 + len(str(i)), 4 + len(str(i))),))
            for i in range(30)
        ],
    )
    generate_corpus("ccfbdci", corpus, DatasetOptions(tmp_path / "first"))
    options = DatasetOptions(tmp_path / "second", answer_format="bracket")
    generate_corpus("ccfbdci", tmp_path / "first" / "gold", options, SampleChoice(split="given"))
    for split in ("train", "dev", "test"):
        first, second = (
            [(s.text, s.entities) for s in read_gold(tmp_path / of / "gold" / f"{split}.jsonl", CCFBDCI)]
            for of in ("first", "second")
        )
        assert first == second


def test_a_folder_without_gold_is_not_taken_for_it(tmp_path):
    assert not gold.recognises(read_head(tmp_path))
