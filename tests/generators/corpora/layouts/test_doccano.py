"""doccano's JSON Lines: every variant, every fault a file may have, and nothing lost without a note."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.layouts import doccano
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow
from nerforge.generators.corpora.reading.recognition.file_heads import read_head

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
    content = json.dumps({"text": text, "label": [[0, 1, "X"], [3, 5, "LOC"]]})
    (row,) = read(tmp_path, content)
    assert row.notes == ("offset_units_in_doubt",)
    assert row.entities[1] == RawEntity("LOC", None, 3, 5)


def test_a_row_is_written_in_the_units_of_doccano_and_says_so_where_they_are_others(tmp_path):
    rows = [
        RawRow(1, "好😀去青岛", (RawEntity("LOC", "青岛", 3, 5), RawEntity("W", "好", 0, 1))),
        RawRow(2, "好e\u0301去青岛", (RawEntity("LOC", "青岛", 4, 6),)),
    ]
    content = b"".join(doccano.write(rows))
    first, second = map(json.loads, content.decode().splitlines())
    # Its import fails where rows have different keys.
    bare = {"split": None, "id": None, "meta": None, "offset_unit": None}
    said = {"text": "好😀去青岛", "label": [[4, 6, "LOC"], [0, 1, "W"]], "offset_unit": "utf16"}
    assert first == bare | said
    assert "好😀去青岛".encode("utf-16-le")[2 * 4 : 2 * 6].decode("utf-16-le") == "青岛"
    assert second == bare | {"text": "好e\u0301去青岛", "label": [[4, 6, "LOC"]]}
    got = read(tmp_path, content)
    assert got[0] == rows[0]
    assert got[1].entities == (RawEntity("LOC", None, 4, 6),)


def test_offsets_within_a_character_or_beyond_the_text_are_nowhere(tmp_path):
    row = {"text": "😀去", "label": [[1, 2, "A"], [2, 4, "B"], [2, 3, "C"]], "offset_unit": "utf16"}
    (got,) = read(tmp_path, json.dumps(row))
    assert [(e.label, e.start, e.end) for e in got.entities] == [("A", -1, -1), ("B", -1, -1), ("C", 1, 2)]
    with pytest.raises(UserError, match=r"row 4: an entity \(C\) at 1-3 does not lie in the text of 2"):
        list(doccano.write([RawRow(4, "😀去", (RawEntity("C", None, 1, 3),))]))


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


texts = st.text(st.sampled_from("雨😀e\u0301\r\n") | st.characters(exclude_categories=["Cs"]), min_size=1)


@st.composite
def rows(draw):
    text = draw(texts)
    starts = st.integers(0, len(text) - 1)
    spans = starts.flatmap(lambda i: st.tuples(texts, st.just(i), st.integers(i + 1, len(text))))
    return (
        text,
        [RawEntity(label, text[i:j], i, j) for label, i, j in draw(st.lists(spans))],
        draw(st.none() | texts),
    )


@pytest.mark.whole
@given(st.lists(rows()))
def test_what_is_written_is_read_again(tmp_path_factory, drawn):
    expected = [RawRow(n, text, tuple(found), part) for n, (text, found, part) in enumerate(drawn, start=1)]
    content = b"".join(doccano.write(expected))
    for got, row in zip(read(tmp_path_factory.mktemp("d"), content), expected, strict=True):
        said = tuple(e._replace(text=got.text[e.start : e.end]) for e in got.entities)
        assert got._replace(notes=(), entities=said) == row
