"""The JSONL of the published files, as it is stated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.layouts import read_head, recognise, span_jsonl
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow

LINES = (
    '{"text": "肺部感染。", "entities": [{"start_idx": 0, "end_idx": -1, "entity_text": "肺", '
    '"entity_label": "bod", "entity_names": ["身体"]}], "split": "dev", "data_source": "X"}\n'
    "\n"
    '{"text": "天气很好", "entities": []}'
)
ROWS = [
    RawRow(1, "肺部感染。", (RawEntity("bod", "肺", 0, -1),), "dev"),
    RawRow(3, "天气很好", ()),
]


@pytest.mark.parametrize(
    "content", [LINES, "\ufeff" + LINES, LINES.replace("\n", "\r\n")], ids=["", "bom", "crlf"]
)
def test_a_file_is_read_as_it_is_stated(tmp_path, content):
    path = tmp_path / "c.jsonl"
    path.write_text(content, encoding="utf-8", newline="")
    assert recognise(path) == "span_jsonl"
    assert list(span_jsonl.read(path)) == ROWS


def test_a_file_that_begins_without_entities_is_recognised(tmp_path):
    path = tmp_path / "c.jsonl"
    path.write_text(LINES.split("\n")[-1], encoding="utf-8")
    assert recognise(path) == "span_jsonl"


@pytest.mark.parametrize(
    "content",
    ["今 O\n天 O\n", '{"text": "晴"}', "[]", "text,label\n", "{"],
    ids=["conll", "other", "array", "csv", "cut"],
)
def test_other_files_are_not(tmp_path, content):
    path = tmp_path / "c"
    path.write_text(content, encoding="utf-8")
    assert not span_jsonl.recognises(read_head(path))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param('{"text": "晴", "spans": []}', "missing required field `entities`", id="field"),
        pytest.param('{"text": 3, "entities": []}', "Expected `str`, got `int`", id="type"),
        pytest.param('{"text": "晴", "entities": [{"start_idx": "0"}]}', "Expected `int`", id="entity"),
        pytest.param('{"text": "晴', "not JSON", id="cut"),
        pytest.param("[1]", "Expected `object`", id="array"),
    ],
)
def test_a_broken_line_is_named(tmp_path, line, message):
    path = tmp_path / "c.jsonl"
    path.write_text(f"{LINES}\n{line}\n", encoding="utf-8")
    with pytest.raises(UserError, match=rf"c\.jsonl:4: .*{message}"):
        list(span_jsonl.read(path))


ENTITIES = st.builds(
    RawEntity,
    st.text(min_size=1),
    st.text(),
    st.integers(-(2**31), 2**31),
    st.integers(-(2**31), 2**31),
    st.none(),
)
RAW = st.builds(
    RawRow,
    st.just(0),
    st.text(),
    st.lists(ENTITIES, max_size=3).map(tuple),
    st.none() | st.text(),
    st.just(()),
    st.just(()),
    *[st.none()] * 4,
)


@pytest.mark.whole
@given(rows=st.lists(RAW, max_size=4))
def test_what_is_written_is_read_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("c") / "c.jsonl"
    path.write_bytes(b"".join(span_jsonl.write(rows)))
    assert [row._replace(place=0) for row in span_jsonl.read(path)] == rows
