"""Label Studio's CSV and TSV: spans in a cell, in whatever way it is quoted."""

import csv
import io
import json

import pytest

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.layouts import label_studio_csv
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow
from nerforge.generators.corpora.reading.recognition.file_heads import read_head

COLUMNS = ["annotation_id", "annotator", "created_at", "id", "label", "lead_time", "text", "updated_at"]
SPANS = [
    {"start": 0, "end": 2, "text": "小林", "labels": ["PER"]},
    {"start": 4, "end": 6, "text": "青岛", "labels": ["LOC"]},
]
JSON = json.dumps(SPANS, ensure_ascii=False)
ENTITIES = (RawEntity("PER", "小林", 0, 2), RawEntity("LOC", "青岛", 4, 6))


def row(text, label, number=1, **more):
    values = {"annotation_id": number, "annotator": 1, "created_at": "2024", "id": number, "label": label}
    return values | {"lead_time": 2.5, "text": text, "updated_at": "2024"} | more


def write(tmp_path, *rows, delimiter=",", quoting=csv.QUOTE_MINIMAL):
    out = io.StringIO()
    writer = csv.DictWriter(out, [*rows[0]], delimiter=delimiter, quoting=quoting)
    writer.writeheader()
    writer.writerows(rows)
    path = tmp_path / "l.csv"
    path.write_text(out.getvalue(), "utf-8", newline="")
    return path


def read(tmp_path, *rows, fields=None, **form):
    path = write(tmp_path, *rows, **form)
    assert label_studio_csv.recognises(read_head(path))
    return list(label_studio_csv.read(path, fields=fields))


@pytest.mark.parametrize(
    "label",
    [JSON, json.dumps(SPANS), json.dumps(JSON), repr(SPANS), " " + JSON],
    ids=["JSON", "ASCII", "JSON in a string", "Python", "a blank"],
)
@pytest.mark.parametrize("delimiter", [",", "\t"], ids=["CSV", "TSV"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL], ids=["minimal", "all"])
def test_a_table_is_read(tmp_path, label, delimiter, quoting):
    rows = read(
        tmp_path, row("小林住在青岛", label), row("下雨", "", 2), delimiter=delimiter, quoting=quoting
    )
    assert rows == [RawRow(2, "小林住在青岛", ENTITIES, id="1"), RawRow(3, "下雨", (), id="2")]


def test_a_text_with_line_ends_is_one_row(tmp_path):
    rows = read(tmp_path, row('小林住在青岛\n他说"好"', JSON), row("下雨", "", 2))
    assert [(found.place, found.text) for found in rows] == [(2, '小林住在青岛\n他说"好"'), (4, "下雨")]


def test_other_columns_are_kept_and_choices_noted(tmp_path):
    choices = json.dumps([{"choices": ["好"]}], ensure_ascii=False)
    (found,) = read(tmp_path, row("小林住在青岛", JSON, mood=choices, source="邮件", split="dev"))
    assert (found.notes, found.meta, found.part) == (("other_result",), {"source": "邮件"}, "dev")


def test_the_text_is_the_column_in_which_the_spans_stand(tmp_path):
    named = [
        {k if k != "text" else "body": v for k, v in row(*x, source="邮件").items()}
        for x in (("下雨", "", 1), ("小林住在青岛", JSON, 2))
    ]
    assert [found.text for found in read(tmp_path, *named)] == ["下雨", "小林住在青岛"]
    twice = row("小林住在青岛", JSON, title="小林住在青岛站")
    assert read(tmp_path, twice)[0].text == "小林住在青岛"
    assert read(tmp_path, twice, fields={"text": "title"})[0].text == "小林住在青岛站"


def test_a_task_of_several_annotators_is_taken_once(tmp_path):
    rows = read(tmp_path, row("小林住在青岛", JSON), row("小林住在青岛", "", annotator=2), row("下雨", "", 2))
    assert [found.notes for found in rows] == [("further_annotation",), ()]


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (json.dumps([{"start": "/p[1]", "end": "/p[1]", "hypertextlabels": ["X"]}]), "'hypertextlabels'"),
        (json.dumps([{"start": 0, "labels": ["X"]}]), "field `end`"),
    ],
    ids=["HTML", "no end"],
)
def test_a_faulty_row_is_named(tmp_path, label, message):
    with pytest.raises(UserError, match=rf"l\.csv:2: .*{message}"):
        read(tmp_path, row("小林住在青岛", label))


def test_a_row_with_more_cells_than_columns_is_named(tmp_path):
    path = write(tmp_path, row("小林住在青岛", JSON))
    path.write_text(path.read_text("utf-8").rstrip() + ",x\n", "utf-8")
    with pytest.raises(UserError, match=r"l\.csv:2: 9 cells under 8 names"):
        list(label_studio_csv.read(path))


@pytest.mark.parametrize("text", ["text,label\na,b\n", "annotator\n1\n", ""], ids=["pairs", "one", "nothing"])
def test_other_tables_are_not_recognised(tmp_path, text):
    path = tmp_path / "x.csv"
    path.write_text(text, "utf-8")
    assert not label_studio_csv.recognises(read_head(path))


@pytest.mark.parametrize("names", [("text", "id", "label", "annotator"), ("id", "sentence", "spans")])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_a_table_without_what_is_said_of_annotations_is_known_by_its_spans(tmp_path, names, delimiter):
    values = {"text": "小林住在青岛", "sentence": "小林住在青岛", "label": JSON, "spans": JSON}
    filled = {name: values.get(name, 1) for name in names}
    (found,) = read(tmp_path, filled, delimiter=delimiter)
    assert (found.text, found.entities) == ("小林住在青岛", ENTITIES)


@pytest.mark.parametrize("spans", ["start, end, labels", '[{"start": 0, "end": 2, "label": "PER"}]'])
def test_another_table_is_not_claimed(tmp_path, spans):
    assert not label_studio_csv.recognises(read_head(write(tmp_path, {"text": "小林", "spans": spans})))
