"""Tables of sentences and spans: in a cell, or a record for each entity."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nerforge.cli import main
from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.corpora.layouts import recognise, span_table
from nerforge.generators.corpora.reading.raw_rows import RawRow
from nerforge.generators.corpora.reading.recognition.file_heads import read_head

TEXT = "王芳住在济南。"
RIGHT = [("PER", 0, 2), ("LOC", 4, 6)]
PLACES = ["text", "start", "end", "label"]
OBJECTS = [{"start": start, "end": end, "label": label} for label, start, end in RIGHT]


def write(folder: Path, *records: list[Any], delimiter: str = ",") -> Path:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(records)
    path = folder / "table.csv"
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    return path


def read(folder: Path, *records: list[Any], delimiter: str = ",") -> list[RawRow]:
    path = write(folder, *records, delimiter=delimiter)
    assert recognise(path) == "span_table"
    return list(span_table.read(path))


def spans(row: RawRow) -> list[tuple[str, int, int]]:
    return [(entity.label, entity.start, entity.end) for entity in row.entities]


@pytest.mark.parametrize(
    "cell",
    [
        json.dumps(OBJECTS),
        f" {OBJECTS!r}",
        "[(0, 2, 'PER'), (4, 6, 'LOC')]",
        '[["PER", 0, 2], ["LOC", 4, 6]]',
        '{"PER": [[0, 2]], "LOC": [[4, 6]]}',
        "{'PER': [(0, 2)], 'LOC': [(4, 6)]}",
        '{"start": [0, 4], "end": [2, 6], "label": ["PER", "LOC"]}',
    ],
    ids=["JSON", "Python", "tuples", "lists", "by label", "tuples by label", "columns"],
)
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_cell_of_spans_is_read(tmp_path: Path, cell: str, delimiter: str) -> None:
    rows = read(tmp_path, ["text", "entities"], [TEXT, cell], ["下雨了。", ""], delimiter=delimiter)
    assert [(row.place, row.text, spans(row)) for row in rows] == [(2, TEXT, RIGHT), (3, "下雨了。", [])]


def test_a_text_may_look_like_a_list_and_hold_line_ends(tmp_path: Path) -> None:
    said = '[1]\n他说"好", 走了'
    rows = read(tmp_path, ["id", "text", "labels"], [7, said, "[]"], [8, TEXT, json.dumps(OBJECTS)])
    assert [(row.place, row.id, row.text) for row in rows] == [(2, "7", said), (4, "8", TEXT)]


@pytest.mark.parametrize(
    "head",
    [
        ["text", "start", "end", "label"],
        ["文本", "开始", "结束", "标签"],
        ["Sentence", "Begin", "End", "Type"],
    ],
)
def test_entities_of_a_sentence_become_one_row(tmp_path: Path, head: list[str]) -> None:
    rows = read(
        tmp_path,
        head,
        [TEXT, 0, 2, "PER"],
        [TEXT, "4.0", "6.0", " LOC "],
        ["下雨了。", "", "", ""],
        [TEXT, 0, 2, "PER"],
    )
    assert [(row.place, row.text, spans(row)) for row in rows] == [
        (2, TEXT, RIGHT), (4, "下雨了。", []), (5, TEXT, RIGHT[:1]),
    ]  # fmt: skip


def test_characters_and_scores_are_read_and_other_columns_noted(tmp_path: Path) -> None:
    head = ["", "name", "sentence", "text", "type", "start", "end", "score", "split"]
    (row,) = read(
        tmp_path,
        head,
        [0, "a.txt", TEXT, "王芳", "PER", 0, 2, 0.5, "dev"],
        [1, "", TEXT, "", "LOC", 4, 6, "", "dev"],
    )
    assert [(entity.text, entity.score) for entity in row.entities] == [("王芳", 0.5), (None, None)]
    assert (row.text, row.part, row.notes) == (TEXT, "dev", ("column_name_not_read",))


@pytest.mark.parametrize(
    ("name", "ids", "right"),
    [
        ("id", [1, 1, 2], [("1", RIGHT), ("2", RIGHT[:1])]),
        ("id", [1, 2, 3], [(None, [*RIGHT, RIGHT[0]])]),
        ("sentence_id", [1, 2, 3], [("1", RIGHT[:1]), ("2", RIGHT[1:]), ("3", RIGHT[:1])]),
    ],
    ids=["of sentences", "of entities", "by its name"],
)
def test_an_id_divides_rows_where_it_is_of_sentences(
    tmp_path: Path, name: str, ids: list[int], right: list[Any]
) -> None:
    places = [RIGHT[0], RIGHT[1], RIGHT[0]]
    records = [[id_, TEXT, start, end, label] for id_, (label, start, end) in zip(ids, places, strict=True)]
    rows = read(tmp_path, [name, "text", "start", "end", "label"], *records)
    assert [(row.id, spans(row)) for row in rows] == right


def test_merged_cells_are_of_the_sentence_above(tmp_path: Path) -> None:
    rows = read(
        tmp_path,
        ["sentence_id", "text", "start", "end", "label"],
        [1, TEXT, 0, 2, "PER"],
        ["", "", 4, 6, "LOC"],
        [2, "李梅。", 0, 2, "PER"],
    )
    assert [(row.text, spans(row)) for row in rows] == [(TEXT, RIGHT), ("李梅。", RIGHT[:1])]


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (
            [["text", "entities"], [TEXT, "[[0, 2, 'PER']]"], [TEXT, "王芳:人"]],
            r":3: found str '王芳:人'; exp",
        ),
        ([["text", "entities"], [TEXT, "[__import__('os').getpid()]"]], r":2: found str .\[__import__"),
        ([PLACES, [TEXT, 0, "2.5", "PER"]], r":2: found '0', '2\.5' and 'PER'; expected whole numbers"),
        ([PLACES, [TEXT, 0, 2, ""]], r":2: found '0', '2' and ''; expected .*, and a label"),
        ([PLACES, [TEXT, 0, 2, "PER", "x"]], r":2: 5 cells under 4 names"),
        ([["text", "entities"], [TEXT, "[1"]], r":2: found str '\[1'; expected entities as"),
        ([["a", "b"], [TEXT, "[]"]], r":1: no head that names .* found a, b; say it with --fields text="),
    ],
    ids=["free text", "code", "fraction", "no label", "cells", "half a list", "no names"],
)
def test_a_record_of_another_form_is_refused_with_its_line(
    tmp_path: Path, records: list[list[Any]], message: str
) -> None:
    fields = {"text": "text", "entities": "entities"} if "entities" in records[0] else None
    with pytest.raises(UserError, match=rf"table\.csv{message}"):
        list(span_table.read(write(tmp_path, *records), fields=fields))


@pytest.mark.parametrize(
    "records",
    [
        [["text", "label"], [TEXT, "王芳:PER"]],
        [["text", "label"], [TEXT, '{"PER": ["王芳"]}']],
        [["text", "label"], [TEXT, "[{'text': '王芳', 'label': 'PER'}]"]],
        [["text", "label"], ["王 芳", "['B-PER', 'I-PER']"]],
        [["word", "start", "end", "label"], ["王芳", 0, 2, "PER"]],
        [["text", "start", "end", "label"], [TEXT, "0:01", "0:02", "PER"]],
        [["text", "entities"], [TEXT, "[]"]],
    ],
    ids=["free text", "answers", "Python's answers", "tags", "no sentence", "times", "no spans"],
)
def test_other_tables_are_not_claimed(tmp_path: Path, records: list[list[Any]]) -> None:
    assert not span_table.recognises(read_head(write(tmp_path, *records)))


def test_a_table_of_free_text_is_refused_with_the_tables_that_are_read(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"columns: 文本,标签 .*its spans as JSON, or text, start, end and label"
    ):
        recognise(write(tmp_path, ["文本", "标签"], [TEXT, "王芳:PER;济南:LOC"]))


@pytest.mark.parametrize(
    ("records", "fields"),
    [
        ([["s", "b", "e", "t"], [TEXT, 0, 2, "PER"], [TEXT, 4, 6, "LOC"]], "text=s,start=b,end=e,label=t"),
        ([["s", "x"], [TEXT, "[{'b': 0, 'e': 2, 't': 'PER'}, {'b': 4, 'e': 6, 't': 'LOC'}]"]],
         "text=s,entities=x,start=b,end=e,label=t"),
    ],
    ids=["records", "cells"],
)  # fmt: skip
def test_the_command_takes_names_of_columns(tmp_path: Path, records: list[list[Any]], fields: str) -> None:
    path = write(tmp_path, *records)
    args = ["--input", path, "--fields", fields, "--out", tmp_path / "out", "--dev", "0", "--test", "0"]
    done = CliRunner().invoke(main, ["generate", "corpus", *map(str, args)])
    assert done.exit_code == 0, done.output
    assert "layout: span_table" in done.output
    gold = json.loads((tmp_path / "out" / "gold" / "train.jsonl").read_text("utf-8"))
    assert [(x["label"], x["start"], x["end"], x["text"]) for x in gold["entities"]] == [
        ("PER", 0, 2, "王芳"), ("LOC", 4, 6, "济南"),
    ]  # fmt: skip


def test_names_of_columns_that_are_not_there_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, ["s", "x"], [TEXT, "[]"])
    args = ["--input", path, "--fields", "text=s,entities=y", "--out", tmp_path / "out"]
    done = CliRunner().invoke(main, ["generate", "corpus", *map(str, args)])
    assert (done.exit_code, "no table with these columns" in done.output) == (2, True)
