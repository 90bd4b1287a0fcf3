"""Pools are what people have: lines of text, tables, JSON, annotated files; nothing is passed over unsaid."""

import json
from pathlib import Path

import pytest

import nerforge as nf
from nerforge.foundation.errors import UserError

TEXTS = ["王海昨天去了上海市", "李梅在青岛看病", "今天有大雨"]


def chosen(path: Path, **options: object) -> nf.LabelBatch:
    return nf.next_batch(path, budget=10, by="rows", **options)  # type: ignore[arg-type]


def texts_of(batch: nf.LabelBatch) -> set[str]:
    return {row.text for row in batch.rows}


@pytest.mark.parametrize(
    ("name", "content", "encoding"),
    [
        ("pool.txt", "\n".join(TEXTS) + "\n", "utf-8"),
        ("windows.txt", "\r\n".join(TEXTS), "utf-8-sig"),
        ("excel.txt", "\n".join(TEXTS) + "\n", "utf-16"),
        ("gb.txt", "\n".join(TEXTS) + "\n", "gb18030"),
        ("pool.csv", "id,text\n" + "".join(f"c{n},{text}\n" for n, text in enumerate(TEXTS)), "gb18030"),
        ("pool.tsv", "sentence\tpage\n" + "".join(f"{text}\t3\n" for text in TEXTS), "utf-8"),
        ("one.csv", "评论\n" + "\n".join(TEXTS), "utf-8"),
        ("lines.jsonl", "".join(json.dumps({"text": text}) + "\n" for text in TEXTS), "utf-8"),
        ("array.json", json.dumps([{"content": text, "n": 1} for text in TEXTS]), "utf-8"),
        ("tagged.conll", "\n\n".join("\n".join(f"{c} O" for c in text) for text in TEXTS), "utf-8"),
    ],
)
def test_sentences_are_found(tmp_path: Path, name: str, content: str, encoding: str) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode(encoding))
    batch = chosen(path)
    assert texts_of(batch) == set(TEXTS)
    assert any(name in note for note in batch.notes)
    assert {row.id for row in batch.rows} == {row.id for row in chosen(path, seed=5).rows}
    assert all(not row.entities and "next" in row.meta for row in batch.rows)


def test_ids_and_other_columns_come_along(tmp_path: Path) -> None:
    path = tmp_path / "pool.csv"
    path.write_text("no,review,page\nA1,王海去上海,3\nA2,李梅在青岛,\n", "utf-8")
    with pytest.raises(UserError, match=r"pool.csv:1: found the columns no, review, page; .*--fields text="):
        chosen(path)
    batch = chosen(path, fields="text=review,id=no")
    assert {row.id: row.meta.get("page") for row in batch.rows} == {"A1": "3", "A2": None}


def test_blank_lines_are_counted_and_repeated_ids_replaced(tmp_path: Path) -> None:
    path = tmp_path / "pool.csv"
    path.write_text("id,text\n1,王海去上海\n1,李梅在青岛\n2, \n", "utf-8")
    batch = chosen(path)
    assert len({row.id for row in batch.rows}) == 2
    assert "pool.csv: 1 blank ones were passed over" in batch.notes
    assert any("an id of its own, so all get new ones" in note for note in batch.notes)


def test_a_table_without_a_head_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pool.csv"
    path.write_text("王海去上海。\n李梅在青岛。\n", "utf-8")
    with pytest.raises(UserError, match=r"expected the name of the column, found a sentence: .*\.txt"):
        chosen(path)


def test_nothing_to_label_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "pool.txt"
    path.write_text("\n \n", "utf-8")
    with pytest.raises(UserError, match="holds no sentence"):
        chosen(path)


def test_what_is_labelled_may_be_any_annotated_file(tmp_path: Path) -> None:
    pool = tmp_path / "pool.txt"
    pool.write_text("\n".join(TEXTS), "utf-8")
    labelled = tmp_path / "labelled.conll"
    labelled.write_text("\n".join(f"{c} O" for c in TEXTS[0]) + "\n", "utf-8")
    batch = chosen(pool, labelled=[labelled])
    assert texts_of(batch) == set(TEXTS[1:])
    assert batch.counts.labelled == 1


@pytest.mark.whole
def test_a_label_that_only_a_later_file_has_is_learned(tmp_path: Path) -> None:
    pytest.importorskip("pycrfsuite", reason="needs the baselines extra")
    rows = [
        ("王海去上海", [{"label": "PER", "text": "王海", "start": 0, "end": 2}]),
        ("李梅在青岛", [{"label": "GPE", "text": "青岛", "start": 3, "end": 5}]),
    ]
    files = []
    for number, (text, entities) in enumerate(rows):
        files.append(tmp_path / f"{number}.jsonl")
        row = {"id": str(number), "text": text, "entities": entities, "meta": {}}
        files[-1].write_text(json.dumps(row) + "\n", "utf-8")
    pool = tmp_path / "pool.txt"
    pool.write_text("\n".join([*TEXTS, *[text for text, _ in rows]]), "utf-8")
    batch = chosen(pool, labelled=files, crf=True)
    assert texts_of(batch) == set(TEXTS)
    assert batch.counts.labelled == 2
