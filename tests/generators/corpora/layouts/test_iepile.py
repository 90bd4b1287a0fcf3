"""Extraction prompts with a schema, and the rows that they are made of."""

import json
from pathlib import Path
from typing import Any

import pytest

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.corpus import Corpus
from nerforge.generators.corpora.layouts.iepile import read
from nerforge.templates.domain import Sample

TEXT = "林晓在宁波遇到了周凯，后来又在宁波工作。"


def prompt(text: str, schema: Any, output: Any, **others: Any) -> dict[str, Any]:
    instruction = {"instruction": "你是专门进行实体抽取的专家。", "schema": schema, "input": text}
    row = {"task": "NER", "source": "城市", "instruction": json.dumps(instruction, ensure_ascii=False)}
    said = output if output is None or isinstance(output, str) else json.dumps(output, ensure_ascii=False)
    return {**row, "output": said, **others}


def corpus_of(folder: Path, *records: Any, name: str = "corpus.json") -> Corpus:
    path = folder / name
    path.write_text("\n".join(json.dumps(x, ensure_ascii=False) for x in records), encoding="utf-8")
    return Corpus(path)


def told(corpus: Corpus) -> list[tuple[str, list[tuple[str, str, int | None]]]]:
    samples = [sample for sample, _ in corpus.samples(corpus.report())]
    return [(x.text, [(e.label, e.text, e.start) for e in x.entities]) for x in samples if x]


def test_the_batches_of_a_schema_make_one_row_wherever_they_stand(tmp_path: Path) -> None:
    corpus = corpus_of(
        tmp_path,
        prompt(TEXT, ["人物"], {"人物": ["林晓", "周凯"]}),
        prompt("雨停了。", ["人物"], {"人物": []}),
        prompt(TEXT, ["地点", "组织"], {"地点": ["宁波", "宁波"], "组织": []}),
    )
    assert corpus.layout_name == "iepile"
    assert told(corpus) == [
        ("雨停了。", []),
        (TEXT, [("人物", "林晓", 0), ("地点", "宁波", 3), ("人物", "周凯", 8), ("地点", "宁波", 15)]),
    ]
    assert [(row.place, row.notes) for row in read(corpus.path)] == [(2, ()), (1, ("records_of_one_text",))]


def test_labels_that_are_never_found_are_labels(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, prompt(TEXT, ["人物", "时间"], {"人物": ["林晓"]}))
    assert corpus.labels == ("人物", "时间")


def test_a_text_of_two_sources_is_two_rows(tmp_path: Path) -> None:
    corpus = corpus_of(
        tmp_path,
        prompt(TEXT, ["人物"], {"人物": ["林晓"]}, source="甲"),
        prompt(TEXT, ["人名"], {"人名": ["林晓"]}, source="乙"),
    )
    assert [entities for _, entities in told(corpus)] == [[("人物", "林晓", 0)], [("人名", "林晓", 0)]]


def test_a_record_twice_names_its_values_once(tmp_path: Path) -> None:
    record = prompt(TEXT, ["人物"], {"人物": ["林晓"]})
    assert told(corpus_of(tmp_path, record, record)) == [(TEXT, [("人物", "林晓", 0)])]


@pytest.mark.parametrize(
    ("others", "kind"),
    [
        ({"task": "RE"}, "task_re"),
        ({"task": "EET"}, "task_eet"),
        ({"output": '{"出生": [{"subject": "林晓", "object": "宁波"}]}'}, "task_other"),
        ({"task": None, "instruction": None}, "task_other"),
    ],
    ids=["relations", "events", "triples", "by the instruction"],
)
def test_other_tasks_are_skipped_and_counted(tmp_path: Path, others: dict[str, Any], kind: str) -> None:
    other = prompt(TEXT, ["出生"], {"出生": []}) | others
    if other["instruction"] is None:
        said = {"instruction": "你是专门进行关系抽取的专家。", "schema": ["出生"], "input": TEXT}
        other = {"instruction": json.dumps(said, ensure_ascii=False), "output": '{"出生": []}'}
    ner = prompt(TEXT, ["人物"], {"人物": ["林晓"]})
    corpus = corpus_of(tmp_path, other, ner, other)
    report = corpus.report()
    assert [sample.text for sample, _ in corpus.samples(report) if sample] == [TEXT]
    assert report.notes[kind] == 2
    with pytest.raises(UserError, match=rf"holds no records of named entities \(rows skipped: 2 {kind}\)"):
        corpus_of(tmp_path, other, other)


def test_a_value_that_the_text_lacks_drops_the_row(tmp_path: Path) -> None:
    corpus = corpus_of(
        tmp_path,
        prompt(TEXT, ["人物"], {"人物": ["王晨光"]}),
        prompt("林晓来了。", ["人物"], {"人物": ["林晓"]}),
    )
    report = corpus.report()
    assert [sample.text for sample, _ in corpus.samples(report) if sample] == ["林晓来了。"]
    assert (report.dropped_rows, report.faulty_entities) == ({"lost": 1}, {"lost": 1})


def test_case_and_width_of_values_are_those_of_the_text(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, prompt("He left NEW YORK, twice.", ["city"], {"city": ["New York"]}))
    assert told(corpus) == [("He left NEW YORK, twice.", [("city", "NEW YORK", 8)])]


def test_texts_that_begin_alike_are_not_truncated(tmp_path: Path) -> None:
    texts = [f"北京：{name}来了。" for name in ("林晓", "周凯", "王晨")]
    records = [prompt(text, ["人物"], {"人物": [text[3:5]]}) for text in texts]
    assert [text for text, _ in told(corpus_of(tmp_path, *records))] == texts


def test_the_right_answer_is_taken_and_not_the_model_s(tmp_path: Path) -> None:
    label = json.dumps([{"entity": "林晓", "entity_type": "人物"}], ensure_ascii=False)
    record = prompt(TEXT, ["人物"], {"人物": ["周凯"]}, label=label)
    assert told(corpus_of(tmp_path, record)) == [(TEXT, [("人物", "林晓", 0)])]


def test_rows_with_types_are_read_with_their_relations_counted(tmp_path: Path) -> None:
    entity = [{"entity": "林晓", "entity_type": "人物"}, {"entity": "宁波", "entity_type": "地点"}]
    rows = [
        {"text": TEXT, "schema": ["人物", "地点", "组织"], "entity": entity, "relation": [{"head": "林晓"}]},
        {"text": "雨停了。", "schema": ["人物"], "entity": []},
    ]
    corpus = corpus_of(tmp_path, *rows)
    report = corpus.report()
    samples = [sample for sample, _ in corpus.samples(report)]
    assert all(isinstance(sample, Sample) for sample in samples)
    # 宁波 occurs twice and is named once: which one is meant is not known, and counted.
    assert (dict(report.kept), report.notes["relation"]) == ({"exact": 1, "ambiguous": 1}, 1)
    assert corpus.labels == ("人物", "地点", "组织")


@pytest.mark.parametrize("output", ["{人物", "", '"林晓"', None])
def test_an_output_that_is_no_json_is_named(tmp_path: Path, output: str | None) -> None:
    with pytest.raises(UserError, match=r"corpus\.json:1: the output is .*expected JSON such as"):
        corpus_of(tmp_path, prompt(TEXT, ["人物"], output))


def test_a_record_of_another_arrangement_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"corpus\.json:2: found text, label; expected an instruction that"):
        corpus_of(tmp_path, prompt(TEXT, ["人物"], {}), {"text": TEXT, "label": []})
