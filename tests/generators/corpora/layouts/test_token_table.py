"""Tables of tokens with a head: sentences by a column, by blank lines, or by what ends them."""

import pytest

from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.corpora.layouts import token_table
from nerforge.generators.corpora.reading.recognition.file_heads import read_head

KAGGLE = (
    "Sentence #,Word,POS,Tag\nSentence: 1,Rita,NNP,B-per\n,left,VBD,O\n,Porto,NNP,B-geo\n,.,.,O\n"
    "Sentence: 2,She,PRP,O\n,smiled,VBD,O\n,.,.,O\n"
)
SPANS = [[("per", 0, 4), ("geo", 10, 15)], []]


def save(folder, content, name="table.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(folder, content, **options):
    path = save(folder, content)
    assert options or token_table.recognises(read_head(path))
    return list(token_table.read(path, **options))


def spans(row):
    return [(entity.label, entity.start, entity.end) for entity in row.entities]


FILLED = KAGGLE.replace("\n,left", "\nSentence: 1,left").replace("\n,", "\nSentence: 2,")


@pytest.mark.parametrize(
    "content",
    [
        KAGGLE,
        FILLED.replace("Sentence: 2,Porto", "Sentence: 1,Porto").replace("Sentence: 2,.", "Sentence: 1,.", 1),
        KAGGLE.replace("\n", "\r\n"),
        "\ufeff" + KAGGLE,
        KAGGLE.replace(",", ";"),
        KAGGLE.replace(",", "\t"),
    ],
    ids=["first_row", "every_row", "windows", "byte_order_mark", "semicolons", "tabs"],
)
def test_sentences_are_those_of_the_column(tmp_path, content):
    rows = read(tmp_path, content)
    assert [(row.text, row.id) for row in rows] == [
        ("Rita left Porto.", "Sentence: 1"),
        ("She smiled.", "Sentence: 2"),
    ]
    assert [spans(row) for row in rows] == SPANS
    assert [row.place for row in rows] == [2, 6]
    assert rows[0].notes == ("column_pos_not_read", "words_joined")


def test_blank_lines_and_rows_end_sentences(tmp_path):
    rows = read(tmp_path, "token,label\n李,B-PER\n梅,I-PER\n\n风,O\n,\n雨,O\n")
    assert [(row.place, row.text) for row in rows] == [(2, "李梅"), (5, "风"), (7, "雨")]


def test_a_table_without_sentences_is_divided_where_these_end(tmp_path):
    rows = read(tmp_path, "char,label\n" + "李,B-PER\n来,O\n。,O\n" * 3)
    assert [row.text for row in rows] == ["李来。"] * 3
    assert {note for row in rows for note in row.notes} == {"sentences_without_blank_line"}


def test_a_column_that_numbers_lines_is_none_of_sentences(tmp_path):
    rows = read(tmp_path, "id,token,tag\n1,李,B-PER\n2,梅,I-PER\n\n3,风,O\n")
    assert [row.text for row in rows] == ["李梅", "风"]


@pytest.mark.parametrize(
    ("cell", "token"),
    [('""""', '"'), ('"', '"'), ('","', ","), (",", ","), ('"a,b"', "a,b"), ("NA", "NA")],
)
def test_cells_are_read_quoted_or_not(tmp_path, cell, token):
    (row,) = read(tmp_path, f"n,token,tag\n1,李,B-PER\n1,{cell},O\n")
    assert row.text == f"李{token}"


def test_a_row_without_a_token_is_noted(tmp_path):
    (row,) = read(tmp_path, "sent_id,token,tag\n1,李,B-PER\n1,,O\n1,梅,I-PER\n")
    assert (row.text, spans(row), row.notes) == ("李梅", [("PER", 0, 2)], ("row_without_token",))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("sent_id,token,tag\n1,李,B-PER\n1,,B-PER\n", r"table\.csv:3: the tag 'B-PER' has no token"),
        ("token,tag\n李,B-PER\n梅,\n来,O\n", r"table\.csv:3: no tag in the column tag; found '梅,'"),
        ("token,tag\n李,B-PER\n来,O\n梅,0\n", r"table\.csv:4: '0' is not a tag"),
        ("Wort,Etikett\nRita,B-PER\n", "no head that names a column of tokens"),
        ("Word,Tag\ncaf\xe9,O\nit\x92s,O\nRita,B-PER\n".encode("cp1252", "replace"), "seems to be CP1252"),
    ],
    ids=["no_token", "no_tag", "zero", "no_head", "cp1252"],
)
def test_what_cannot_be_read_is_refused(tmp_path, content, message):
    with pytest.raises(UserError, match=message):
        list(token_table.read(save(tmp_path, content)))


def test_columns_may_be_declared(tmp_path):
    content = "Wort,Etikett,Fein\nRita,B-PER,B-Frau\nlacht,O,O\n"
    (row,) = read(tmp_path, content, token_column=1, tag_column=3)
    assert spans(row) == [("Frau", 0, 4)]
    (row,) = read(tmp_path, content, token_column=1, layer="Etikett")
    assert spans(row) == [("PER", 0, 4)]
    with pytest.raises(UsageError, match="--layer x: the columns are Wort, Etikett, Fein"):
        read(tmp_path, content, token_column=1, layer="x")
    with pytest.raises(UserError, match="--tag-column 4: the table has 3 columns"):
        read(tmp_path, content, tag_column=4)


@pytest.mark.parametrize(
    "content",
    [
        "text,label\nguter Tag,positiv\nschlecht,negativ\n",
        "query,answer\na,b\n",
        "李,B-PER\n",
        "",
        "token,tag\n",
    ],
    ids=["classes", "pairs", "no_head", "empty", "head_alone"],
)
def test_other_tables_are_not_claimed(tmp_path, content):
    assert not token_table.recognises(read_head(save(tmp_path, content)))


WORDS = ("Rita,B-per", "Porto,B-geo", "smiled,O")


def table(head, columns, between=""):
    """Write a table whose tokens have these cells before them."""
    lines = [f"{before},{word}\n" for before, word in zip(columns, WORDS, strict=True)]
    return f"{head},token,tag\n" + between.join(lines)


@pytest.mark.parametrize(
    ("head", "columns"),
    [
        ("Sentence #", ("Sentence: 1", "Sentence: 2", "Sentence: 3")),
        ("sentence_id", "123"),
        ("doc_id", "abc"),
        ("id", ("4", "9", "17")),
        ("idx", "111"),
        ("sentence_id,token_id", ("1,1", "2,1", "3,1")),
    ],
)
@pytest.mark.parametrize("end", ["", "\n\n", ",,,\n"])
def test_each_sentence_may_have_one_token(tmp_path, head, columns, end):
    rows = read(tmp_path, table(head, columns) + end)
    assert [(row.text, spans(row)) for row in rows] == [
        ("Rita", [("per", 0, 4)]),
        ("Porto", [("geo", 0, 5)]),
        ("smiled", []),
    ]


@pytest.mark.parametrize("blank", ["\n", ",,\n"])
def test_blank_lines_tell_that_a_column_numbers_lines(tmp_path, blank):
    rows = read(tmp_path, f"sent_id,token,tag\n1,李,B-PER\n2,来,O\n{blank}3,风,O\n")
    assert [row.text for row in rows] == ["李来", "风"]


@pytest.mark.parametrize("name", ["id", "sentence_id"])
def test_an_entity_of_several_lines_tells_that_a_column_numbers_lines(tmp_path, name):
    (row,) = read(tmp_path, f"{name},token,tag\n1,李,B-PER\n2,梅,I-PER\n3,来,O\n")
    assert (row.text, spans(row)) == ("李梅来", [("PER", 0, 2)])


@pytest.mark.parametrize("name", ["id", "idx", "token_id", ""])
@pytest.mark.parametrize("first", [0, 1])
def test_a_sentence_begins_where_the_numbers_of_tokens_do(tmp_path, name, first):
    lines = [(0, "李,B-PER"), (1, "梅,I-PER"), (0, "风,O"), (0, "雨,O"), (1, "来,O")]
    rows = read(tmp_path, f"{name},token,tag\n" + "".join(f"{first + n},{line}\n" for n, line in lines))
    assert [(row.place, row.text, row.notes) for row in rows] == [
        (2, "李梅", ()),
        (4, "风", ()),
        (5, "雨来", ()),
    ]


@pytest.mark.parametrize("ids", ["123", ("1", "2", "4"), ("t1", "t2", "t3"), ("s1-t1", "s1-t2", "s2-t1")])
def test_an_id_may_number_lines(tmp_path, ids):
    (row,) = read(tmp_path, table("id", ids))
    assert row.text == "Rita Porto smiled"
