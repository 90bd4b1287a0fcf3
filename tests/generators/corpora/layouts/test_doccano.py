"""doccano's JSON Lines: every variant, every fault a file may have, and nothing lost without a note."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.layouts import doccano
from nerforge.generators.corpora.reading.file_heads import read_head
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow

FLAT = """\
{"id": 1, "text": "小林住在青岛", "label": [[0, 2, "PER"], [4, 6, "LOC"]], "Comments": []}
{"id": 2, "text": "今天有雨", "label": []}
"""
RELATIONS = """\
{"id": 7, "text": "小林住在青岛", "relations": [{"id": 1, "from_id": 3, "to_id": 4, "type": "lives_in"}],\
 "entities": [{"id": 3, "label": "PER", "start_offset": 0, "end_offset": 2},\
 {"id": 4, "label": "LOC", "start_offset": 4, "end_offset": 6}]}
"""
LIN, QINGDAO = RawEntity("PER", None, 0, 2), RawEntity("LOC", None, 4, 6)
ROW = RawRow(1, "小林住在青岛", (LIN, QINGDAO), id="1")


def read(tmp_path, content):
    path = tmp_path / "d.jsonl"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(doccano.read(path))


def test_a_flat_export_is_read(tmp_path):
    assert read(tmp_path, FLAT) == [ROW, RawRow(2, "今天有雨", (), id="2")]


def test_relations_leave_a_note_each(tmp_path):
    assert read(tmp_path, RELATIONS) == [ROW._replace(notes=("relation",), id="7")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('"label"', '"labels"', id="labels"),
        pytest.param('"label"', '"entities"', id="entities"),
        pytest.param('"text"', '"data"', id="data for text"),
        pytest.param("\n", "\r\n", id="Windows line ends"),
        pytest.param('{"id": 1', '\ufeff{"id": 1', id="a byte order mark"),
        pytest.param('"label": []}\n', '"label": []}', id="no end of the last line"),
    ],
)
def test_variants_give_the_same_rows(tmp_path, old, new):
    assert old in FLAT
    assert read(tmp_path, FLAT.replace(old, new)) == read(tmp_path, FLAT)


def test_an_empty_file_has_no_rows(tmp_path):
    assert read(tmp_path, "") == []


def test_categories_of_a_text_leave_a_note_each(tmp_path):
    (row,) = read(tmp_path, '{"text": "订票", "cats": ["a", "b"], "entities": []}')
    assert row.notes == ("category", "category")


@pytest.mark.parametrize(
    "text", ["好😀去青岛", "好e\u0301去青岛", "好\r\n去青岛"], ids=["emoji", "combining", "line end"]
)
def test_offsets_behind_a_character_that_is_counted_in_several_ways_leave_a_note(tmp_path, text):
    content = doccano.write([RawRow(1, text, (RawEntity("X", None, 0, 1), RawEntity("LOC", None, 3, 5)))])
    (row,) = read(tmp_path, b"".join(content))
    assert row.notes == ("offset_units_in_doubt",)
    assert row.entities[1] == RawEntity("LOC", None, 3, 5)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param('{"label": []}', "neither text nor data", id="no text"),
        pytest.param('{"text": "a"}', "found none of them; expected one of label", id="no labels"),
        pytest.param('{"text": "a", "label": [], "labels": []}', "found label and labels", id="labels twice"),
        pytest.param('{"text": "a", "label": ["x"]}', r"label\[0\]: .*export as JSONL", id="a whole text's"),
        pytest.param('{"text": "a", "label": "x"}', "label is 'x'; expected a list", id="no list"),
        pytest.param('{"text": "a", "label": [[0, 1]]}', r"label\[0\]: .*length 3", id="no label"),
        pytest.param(
            '{"text": "a", "label": [[0, 1, 7]]}', "Expected `str`, got `int`", id="a label's number"
        ),
        pytest.param(
            '{"text": "a", "annotations": [{"label": 3, "start_offset": 0, "end_offset": 1}]}',
            r"annotations\[0\]: Expected `str`, got `int`",
            id="a label's number, in an old export",
        ),
        pytest.param('{"text": "a", "label": [["0", 1, "X"]]}', "Expected `int`, got `str`", id="offset"),
        pytest.param('{"text": "a", "entities": [{"label": "X"}]}', "start_offset", id="no offsets"),
        pytest.param('{"text": "a", "lab', "not JSON in UTF-8", id="cut off"),
        pytest.param('{"text": 3, "label": []}', "Expected `str | null`", id="the text is no text"),
        pytest.param('[{"text": "a"}]', "Expected `object`", id="an array"),
    ],
)
def test_a_faulty_line_is_named(tmp_path, line, message):
    with pytest.raises(UserError, match=rf"d\.jsonl:3: .*{message}"):
        read(tmp_path, FLAT + line + "\n")


def test_a_file_in_another_encoding_is_named(tmp_path):
    with pytest.raises(UserError, match=r"d\.jsonl:1: not"):
        read(tmp_path, FLAT.encode("gb18030"))


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        pytest.param(FLAT, True, id="flat"),
        pytest.param(RELATIONS, True, id="relations"),
        pytest.param('{"text": "a", "label": []}', True, id="no entities"),
        pytest.param('{"data": "a", "labels": [[0, 1, "X"]]}', True, id="old"),
        pytest.param('{"text": "a", "entities": [{"start_idx": 0, "entity_label": "X"}]}', False, id="spans"),
        pytest.param('{"text": "a", "label": {"X": {"a": [[0, 0]]}}}', False, id="by label"),
        pytest.param('[{"text": "a", "label": [{"start": 0, "labels": ["X"]}]}]', False, id="an array"),
        pytest.param("小 B-PER\n林 I-PER\n", False, id="tags"),
        pytest.param('他说 "text" "label": [[0, 1, 2', False, id="plain text"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_its_own_files_are_recognised(tmp_path, start, expected):
    path = tmp_path / "x"
    path.write_text(start, encoding="utf-8")
    assert doccano.recognises(read_head(path)) is expected


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
offsets = st.integers(-5, 50)
entities = st.builds(RawEntity, texts, st.none(), offsets, offsets, st.none())
rows = st.lists(st.tuples(texts, st.lists(entities).map(tuple), st.none() | texts))


@pytest.mark.whole
@given(rows)
def test_what_is_written_is_read_again(tmp_path_factory, rows):
    expected = [RawRow(place, *row) for place, row in enumerate(rows, start=1)]
    content = b"".join(doccano.write(expected))
    got = read(tmp_path_factory.mktemp("d"), content)
    assert [row._replace(notes=()) for row in got] == expected
