"""What may be looked at: a dataset directory, gold, annotated files; and what is refused."""

import json
from pathlib import Path

import pytest

from nerforge.foundation.errors import UserError
from nerforge.generators.chat_turns import ChatTurn
from nerforge.generators.data_facts.opened_data import WHOLE, open_data
from tests.evaluation import data_case as case


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return case.write_data(tmp_path)


def test_a_dataset_directory_has_its_splits_and_rows(data: Path) -> None:
    found = open_data(str(data))
    assert found.splits == ["train", "dev", "test"]
    assert [(row.split, row.sample.id) for row in found.samples] == [
        (split, row[0]) for split, rows in case.SPLITS.items() for row in rows
    ]
    assert found.samples[0].turns == [
        ChatTurn("system", "你标注实体。"),
        ChatTurn("user", f"{case.PROMPT}王芳在济南工作"),
        ChatTurn("assistant", "PER:王芳；GPE:济南"),
    ]


def test_a_gold_file_of_a_dataset_directory_has_the_rows_of_its_split(data: Path) -> None:
    found = open_data(str(data / "gold" / "dev.jsonl"))
    assert found.splits == ["dev"]
    assert all(row.turns for row in found.samples)


def test_gold_alone_has_no_rows(data: Path, tmp_path: Path) -> None:
    alone = tmp_path / "mine.jsonl"
    alone.write_bytes((data / "gold" / "dev.jsonl").read_bytes())
    found = open_data(str(alone))
    assert found.splits == [WHOLE]
    assert not found.has_rows


def test_rows_that_are_not_as_many_as_gold_are_left_out_and_told(data: Path) -> None:
    rows = json.loads((data / "ner.json").read_text(encoding="utf-8"))
    (data / "ner.json").write_text(json.dumps(rows[1:]), encoding="utf-8")
    found = open_data(str(data))
    assert [note for note in found.notes if "holds 7 rows, gold has 8" in note]
    assert {row.split for row in found.samples if row.turns is None} == {"train"}


def test_an_annotated_file_tells_what_was_dropped(tmp_path: Path) -> None:
    span = {"start_idx": 0, "end_idx": 2, "entity_text": "王芳", "entity_label": "PER"}
    rows = [{"text": "王芳来", "entities": [span]}, {"text": "李明来", "entities": [span]}]
    path = tmp_path / "own.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    found = open_data(str(path))
    assert len(found.samples) == 1
    assert [note for note in found.notes if note.startswith("1 rows were dropped")]


def test_classes_of_texts_are_read(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text('{"id": "a", "text": "球赛", "label": "体育"}\n', encoding="utf-8")
    found = open_data(str(path))
    assert [(row.split, row.category) for row in found.samples] == [("train", "体育")]


def test_a_span_beyond_the_sentence_is_refused_with_its_line(tmp_path: Path) -> None:
    row = {"id": "a", "text": "王芳", "entities": [case.entity("PER", "王芳来", 0)], "meta": {}}
    path = tmp_path / "train.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"train\.jsonl:1: .*ends at 3"):
        open_data(str(path))


def test_a_folder_of_several_data_sets_names_them(data: Path) -> None:
    (data.parent / "dataset_info.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UserError, match=f"name one of them: {data}"):
        open_data(str(data.parent))
