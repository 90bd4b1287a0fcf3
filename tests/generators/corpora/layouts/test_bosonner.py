r"""Texts with entities in braces: labels, escapes, and what braces cannot carry."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.layouts import bosonner
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow
from nerforge.generators.corpora.reading.recognition.file_heads import read_head


def written(path, content):
    path = path / "corpus.txt"
    path.write_bytes(content.encode())
    return path


def read(path, content):
    return list(bosonner.read(written(path, content)))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_braces_are_entities_and_escapes_line_ends(tmp_path, end):
    lines = [r"昨天{{person_name:王芳}}来了。\n{{地名:济南}}有雨。", "", "天气很好"]
    assert read(tmp_path, "\ufeff" + end.join(lines)) == [
        RawRow(
            1,
            "昨天王芳来了。\n济南有雨。",
            (RawEntity("person_name", "王芳", 2, 4), RawEntity("地名", "济南", 8, 10)),
            notes=("escapes_undone",),
        ),
        RawRow(3, "天气很好", ()),
    ]


@pytest.mark.parametrize(
    ("line", "text", "entities"),
    [
        ("{{org:{{loc:济南}}海关}}来人", "济南海关来人", [("org", "济南海关"), ("loc", "济南")]),
        ("a {{ b }} {{loc:济南}}", "a {{ b }} 济南", [("loc", "济南")]),
        (r"{{loc:a\\n}}\d", r"a\n\d", [("loc", r"a\n")]),
    ],
    ids=["nested", "other_braces", "backslashes"],
)
def test_other_braces_and_backslashes_are_text(tmp_path, line, text, entities):
    (row,) = read(tmp_path, line)
    assert (row.text, [(x.label, x.text) for x in row.entities]) == (text, entities)
    assert all(row.text[x.start : x.end] == x.text for x in row.entities)


def test_braces_that_are_not_closed_are_named(tmp_path):
    with pytest.raises(UserError, match=r"txt:2: found '\{\{loc:济南有雨' without braces that close it"):
        read(tmp_path, "雨\n{{loc:济南有雨\n}}")


@pytest.mark.parametrize(
    "content",
    [
        "Dear {{ name }},\n{{ city }}\n",
        '{"text": "{{loc:济南}}"}\n',
        "{{loc:济南\n}}",
        "雨\n",
        "{{#if a}}b{{/if}}",
    ],
    ids=["template", "json", "open", "plain", "handlebars"],
)
def test_other_files_with_braces_are_not_claimed(tmp_path, content):
    assert not bosonner.recognises(read_head(written(tmp_path, content)))


@pytest.mark.parametrize(
    ("text", "entities", "message"),
    [
        ("济南海关", [("A", 0, 4), ("B", 0, 2)], "row 1: entity '济南' .* overlaps another one"),
        ("济南海关", [("A", 0, 3), ("B", 2, 4)], "overlaps another one"),
        ("济南", [("A b", 0, 2)], "a label in braces is one word"),
        ("济南", [("A", 0, 3)], "does not lie in the text of 2 characters"),
        ("{{A:济}}南", [("A", 7, 8)], "row 1: the text has braces that would be read as marks"),
        ("济}南", [("A", 0, 2)], "braces that would be read as marks"),
        ("  ", [], "a text that is blank"),
    ],
    ids=["nested", "crossing", "label", "outside", "marks", "brace_at_the_end", "blank"],
)
def test_what_braces_cannot_carry_is_refused(text, entities, message):
    row = RawRow(1, text, tuple(RawEntity(x, text[start:end], start, end) for x, start, end in entities))
    with pytest.raises(UserError, match=message):
        list(bosonner.write([row]))


def test_rows_of_two_parts_are_refused():
    with pytest.raises(UserError, match="row 2: belongs to the part 'dev'"):
        list(bosonner.write([RawRow(1, "雨", (), "train"), RawRow(2, "雨", (), "dev")]))


@st.composite
def flat_rows(draw):
    text = draw(st.text(st.sampled_from("雨王 \t\r\n😀\\n{}:a"), min_size=1, max_size=12).filter(str.strip))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    spans = [cuts[n : n + 2] for n in range(0, len(cuts) - 1, 2)]
    return text, tuple(RawEntity("人", text[start:end], start, end) for start, end in spans)


@pytest.mark.whole
@settings(max_examples=60)
@given(st.lists(flat_rows(), min_size=1, max_size=3))
def test_any_flat_rows_are_read_back_or_refused(tmp_path_factory, drawn):
    rows = [RawRow(n, text, found) for n, (text, found) in enumerate(drawn, start=1)]
    try:
        content = b"".join(bosonner.write(rows)).decode()
    except UserError as err:
        assert "braces" in str(err)
        return
    found = read(tmp_path_factory.mktemp("braces"), content)
    assert [row._replace(notes=()) for row in found] == rows
