"""A record for each label of a text, as UIE is trained on."""

import json
from pathlib import Path
from typing import Any

import pytest

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.corpus import Corpus
from nerforge.generators.corpora.layouts.uie import read, write
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow

TEXT = "林晓在宁波遇到了周凯，后来又在宁波工作。"


def record(prompt: str, *found: tuple[str, int], text: str = TEXT, **others: Any) -> dict[str, Any]:
    results = [{"text": value, "start": at, "end": at + len(value)} for value, at in found]
    return {"content": text, "result_list": results, "prompt": prompt, **others}


def written(folder: Path, *values: Any, name: str = "train.txt") -> Path:
    path = folder / name
    path.write_text("\n".join(json.dumps(x, ensure_ascii=False) for x in values), encoding="utf-8")
    return path


def told(path: Path) -> list[tuple[str, list[tuple[str, str, int | None]]]]:
    corpus = Corpus(path)
    assert corpus.layout_name == "uie"
    samples = [sample for sample, _ in corpus.samples(corpus.report())]
    return [(x.text, [(e.label, e.text, e.start) for e in x.entities]) for x in samples if x]


EXPECTED = [(TEXT, [("人物", "林晓", 0), ("地点", "宁波", 3), ("人物", "周凯", 8), ("地点", "宁波", 15)])]
RECORDS = [
    record("人物", ("林晓", 0), ("周凯", 8)),
    record("地点", ("宁波", 3), ("宁波", 15)),
    record("组织"),
]


def test_the_prompts_of_a_text_make_one_row(tmp_path: Path) -> None:
    path = written(tmp_path, *RECORDS)
    assert told(path) == EXPECTED
    assert [row.notes for row in read(path)] == [("records_of_one_text",) * 2]


@pytest.mark.parametrize("values", [[RECORDS], [RECORDS[:2], RECORDS[2:]]], ids=["an array", "lists"])
def test_records_may_stand_in_arrays(tmp_path: Path, values: list[Any]) -> None:
    assert told(written(tmp_path, *values)) == EXPECTED


def test_prompts_that_stand_apart_make_one_row(tmp_path: Path) -> None:
    path = written(tmp_path, RECORDS[0], record("人物", text="雨停了。"), *RECORDS[1:])
    assert told(path) == [("雨停了。", []), *EXPECTED]


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("林晓的居住地", "relation_prompt"),
        ("place of work of 林晓", "relation_prompt"),
        ("情感倾向[正向,负向]", "class_prompt"),
        ("周凯的情感倾向[正向，负向]", "class_prompt"),
    ],
)
def test_prompts_for_something_else_are_skipped_and_counted(tmp_path: Path, prompt: str, kind: str) -> None:
    other = record(prompt, ("宁波", 3))
    path = written(tmp_path, *RECORDS[:2], other, record(prompt, text="林晓与周凯。"))
    assert told(path)[:1] == EXPECTED
    assert sum(row.notes.count(kind) for row in read(path)) >= 1
    with pytest.raises(UserError, match=rf"holds no prompts for entities \(rows skipped: 2 {kind}\)"):
        list(read(written(tmp_path, other, other)))


def test_a_label_with_de_is_one_where_the_text_does_not_name_a_subject(tmp_path: Path) -> None:
    path = written(tmp_path, record("出现的人物", ("林晓", 0)))
    assert told(path) == [(TEXT, [("出现的人物", "林晓", 0)])]


def test_a_label_may_end_with_brackets(tmp_path: Path) -> None:
    assert told(written(tmp_path, record("人[名]", ("林晓", 0)))) == [(TEXT, [("人[名]", "林晓", 0)])]


def test_a_label_of_some_texts_is_one_in_all(tmp_path: Path) -> None:
    other = record("工作的城市", ("宁波", 3), text="林晓去宁波。")
    path = written(tmp_path, record("工作的城市", ("宁波", 3)), other, record("工作的城市", text="雨停了。"))
    assert [entities for _, entities in told(path)] == [[("工作的城市", "宁波", 3)]] * 2 + [[]]


def test_a_negative_example_of_another_subject_is_no_text_without_entities(tmp_path: Path) -> None:
    path = written(tmp_path, RECORDS[0], record("王晨的妻子", text="雨停了。"), record("王晨的妻子"))
    assert [text for text, _ in told(path)] == [TEXT]
    assert [row.notes for row in read(path)] == [("relation_prompt",) * 2]


def test_an_empty_result_is_none(tmp_path: Path) -> None:
    nothing = record("地点") | {"result_list": [{"text": "", "start": 0, "end": 0}]}
    assert told(written(tmp_path, RECORDS[0], nothing))[0][1] == [("人物", "林晓", 0), ("人物", "周凯", 8)]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"content": TEXT, "result_list": []}, "found content, result_list; expected"),
        (RECORDS[0] | {"result_list": [{"text": "林晓"}]}, "result_list: Object missing required field"),
        ([3], "found 3; expected"),
    ],
    ids=["no prompt", "no start", "a number"],
)
def test_what_is_no_record_is_named(tmp_path: Path, broken: Any, message: str) -> None:
    with pytest.raises(UserError, match=rf"train\.txt:2: {message}"):
        list(read(written(tmp_path, RECORDS[0], broken)))


def test_ids_splits_scores_and_equal_texts_come_back(tmp_path: Path) -> None:
    rows = [
        RawRow(1, TEXT, (RawEntity("人物", "林晓", 0, 2, 0.9),), "dev", id="a", meta={"page": 3}),
        RawRow(2, "雨停了。", (), id="b"),
        RawRow(3, TEXT, (RawEntity("人物", "周凯", 8, 10),), id="c"),
    ]
    path = tmp_path / "train.txt"
    path.write_bytes(b"".join(write(rows)))
    assert [row._replace(place=n) for n, row in enumerate(read(path), start=1)] == rows


def test_a_label_that_would_be_read_as_a_relation_is_refused() -> None:
    row = RawRow(4, TEXT, (RawEntity("宁波的人", "周凯", 8, 10),))
    with pytest.raises(UserError, match="row 4: as a prompt the label '宁波的人' asks for a relation"):
        list(write([row]))
