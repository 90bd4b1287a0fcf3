"""CLUENER files: places by label and text, ends as stated, rows without labels refused."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.layouts import cluener
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow
from nerforge.generators.corpora.reading.recognition.file_heads import read_head

GOLDEN = """\
{"text": "海光公司和海光公司", "label": {"company": {"海光公司": [[0, 3], [5, 8]]}, "name": {"海": [[0, 0]]}}}
{"text": "😀李梅", "label": {"name": {"李梅": [[1, 2]]}}}

{"id": 4, "text": "下雨了", "label": {}}
"""
ROWS = [
    RawRow(
        1,
        "海光公司和海光公司",
        (
            RawEntity("company", "海光公司", 0, 3),
            RawEntity("company", "海光公司", 5, 8),
            RawEntity("name", "海", 0, 0),
        ),
    ),
    RawRow(2, "😀李梅", (RawEntity("name", "李梅", 1, 2),)),
    RawRow(4, "下雨了", (), id="4"),
]


def read(path, content):
    path = path / "corpus.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(cluener.read(path))


@pytest.mark.parametrize(
    "content",
    [GOLDEN, GOLDEN.rstrip(), GOLDEN.replace("\n", "\r\n"), "\ufeff" + GOLDEN],
    ids=["golden", "no_final_newline", "windows", "byte_order_mark"],
)
def test_each_place_is_an_entity_with_the_end_that_the_file_states(tmp_path, content):
    assert read(tmp_path, content) == ROWS


@pytest.mark.parametrize("content", ["", "\n\n"], ids=["empty", "blank"])
def test_a_file_without_lines_has_no_rows(tmp_path, content):
    assert read(tmp_path, content) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": 0, "text": "雨"}', r'the row has no "label": not annotated, .*"label": \{\}'),
        ('{"text": "雨", "label": null}', 'the row has no "label"'),
        ('{"text": "雨", "label": {"w": {"雨": []}}}', r"entity '雨' \(w\) has no place; expected \[\[first"),
        ('{"text": "雨", "label": {"w": {"雨": [[0]]}}}', "Expected `array` of length 2"),
        ('{"text": "雨", "label": {"w": {"雨": [0, 0]}}}', "Expected `array`, got `int`"),
        ('{"text": "雨", "label": {"w": {"雨": [["0", 0]]}}}', "Expected `int`, got `str`"),
        ('{"text": "雨", "label": {"w": ["雨"]}}', "Expected `object.*`, got `array`"),
        ('{"text": "雨", "label": [[0, 1, "w"]]}', "Expected `object.*`, got `array`"),
        ('{"label": {}}', "missing required field `text`"),
        ('{"text": "雨", "label": {', "not JSON in UTF-8"),
        ("雨 O", "not JSON in UTF-8"),
    ],
    ids=[
        "no_label",
        "null_label",
        "no_place",
        "one_offset",
        "bare_offsets",
        "offset_as_text",
        "names_only",
        "doccano",
        "no_text",
        "cut_off",
        "conll",
    ],
)
def test_a_faulty_row_is_refused_with_its_line(tmp_path, line, message):
    with pytest.raises(UserError, match=rf"corpus\.json:2: .*{message}"):
        read(tmp_path, f'{{"text": "风", "label": {{}}}}\n{line}\n')


def test_a_file_in_another_encoding_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"corpus\.json:1: not .*UTF-8"):
        read(tmp_path, GOLDEN.encode("gb18030"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (GOLDEN, True),
        ("\n" + GOLDEN.replace(": ", ":"), True),
        ('{"id": 4, "text": "下雨了", "label": {}}', True),
        ('{"id": 0, "text": "下雨了"}\n', False),
        ('{"text": "雨", "label": [[0, 1, "w"]]}\n', False),
        ('{"text": "雨", "entities": []}\n', False),
        ('{"text": "\\"label\\": {", "entities": []}\n', False),
        ('[{"text": "雨", "label": {}}]', True),
        ('{"sentence": "雨", "label": {}}', False),
        ("雨 O\n", False),
        ("今天下雨了。\n", False),
        ("", False),
    ],
    ids=[
        "golden",
        "compact",
        "no_entities",
        "no_label",
        "doccano",
        "span_jsonl",
        "quoted",
        "array",
        "other_key",
        "conll",
        "plain",
        "empty",
    ],
)
def test_a_file_is_recognised_by_the_label_of_its_first_line(tmp_path, content, expected):
    path = tmp_path / "corpus.json"
    path.write_text(content, encoding="utf-8")
    assert cluener.recognises(read_head(path)) is expected


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
OFFSETS = st.integers(-2, 99)
LABELS = st.dictionaries(
    TEXTS, st.dictionaries(TEXTS, st.lists(st.tuples(OFFSETS, OFFSETS), min_size=1, max_size=3), min_size=1)
)


@pytest.mark.whole
@given(st.lists(st.tuples(TEXTS, LABELS, st.none() | TEXTS), max_size=3))
@example([("😀\n雨", {"w": {"雨": [(2, 2)]}}, "train")])
def test_what_is_written_is_read_again(tmp_path_factory, drawn):
    rows = [
        RawRow(
            number,
            text,
            tuple(RawEntity(a, b, *at) for a in labels for b in labels[a] for at in labels[a][b]),
            part,
        )
        for number, (text, labels, part) in enumerate(drawn, start=1)
    ]
    got = read(tmp_path_factory.mktemp("round"), b"".join(cluener.write(map(exclusive, rows))))
    assert got == rows


def exclusive(row):
    """Give a row that states the last characters of entities with the ends that writers are given."""
    return row._replace(entities=tuple(e._replace(end=e.end + 1) for e in row.entities))


def test_a_row_is_written_as_the_published_files_have_it():
    lines = b"".join(cluener.write(map(exclusive, ROWS))).decode().splitlines()
    published = [json.loads(line) for line in GOLDEN.splitlines() if line]
    published[2]["id"] = str(published[2]["id"])
    assert [json.loads(line) for line in lines] == published


def test_an_entity_without_text_is_not_written():
    with pytest.raises(UserError, match=r"^row 3: an entity \(w\) at 0-0 has no text, .*fill it in"):
        list(cluener.write([RawRow(3, "雨", (RawEntity("w", None, 0, 0),))]))
