"""Tables with a sentence a line, its tokens and its tags each in a cell."""

import pytest

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.layouts import tagged_lists
from nerforge.generators.corpora.reading.file_heads import read_head

SPANS = [("PER", 0, 2), ("LOC", 3, 5)]


def save(folder, content):
    path = folder / "lists.tsv"
    path.write_text(content, encoding="utf-8")
    return path


def read(folder, content, **options):
    path = save(folder, content)
    assert tagged_lists.recognises(read_head(path))
    return list(tagged_lists.read(path, **options))


def spans(row):
    return [(entity.label, entity.start, entity.end) for entity in row.entities]


TOKENS, TAGS = "李 梅 住 青 岛".split(), "B-PER I-PER O B-LOC I-LOC".split()


@pytest.mark.parametrize("head", ["", "text_a\tlabel\n", "label\ttokens\n"], ids=["none", "paddle", "turned"])
@pytest.mark.parametrize("between", [" ", "\x02"], ids=["space", "control_character"])
def test_both_cells_are_lists(tmp_path, head, between):
    cells = [between.join(TOKENS), between.join(TAGS)]
    line = "\t".join(cells[::-1] if head.startswith("label") else cells)
    rows = read(tmp_path, f"{head}{line}\n{line}\n")
    assert [(row.text, spans(row)) for row in rows] == [("李梅住青岛", SPANS)] * 2
    assert rows[0].place == 1 + bool(head)


def test_a_token_may_be_a_space(tmp_path):
    (row,) = read(tmp_path, "text_a\tlabel\n李\x02 \x02岛\tB-PER\x02O\x02B-LOC\n")
    assert (row.text, spans(row)) == ("李 岛", [("PER", 0, 1), ("LOC", 2, 3)])


@pytest.mark.parametrize(
    ("tokens", "tags"),
    [
        ("\"['Rita', 'left', 'it']\"", "\"['B-per', 'O', 'O']\""),
        ("\"['Rita' 'left' 'it']\"", "\"['B-per' 'O' 'O']\""),
        ('"[\'Rita\', ""left"", \'it\']"', "\"['B-per', 'O', 'O']\""),
        ('"[""Rita"", ""left"", ""it""]"', '"[""B-per"", ""O"", ""O""]"'),
    ],
    ids=["python", "numpy", "quotes", "json"],
)
def test_lists_of_pandas_are_read(tmp_path, tokens, tags):
    (row,) = read(tmp_path, f"tokens,ner_tags\n{tokens},{tags}\n")
    assert (row.text, spans(row)) == ("Rita left it", [("per", 0, 4)])


def test_a_sentence_beside_its_tags_is_the_text(tmp_path):
    content = (
        "Sentence #,Sentence,POS,Tag\nSentence: 1,Rita left .,\"['N', 'V', '.']\",\"['B-per', 'O', 'O']\"\n"
    )
    (row,) = read(tmp_path, content)
    assert (row.text, spans(row), row.notes) == ("Rita left .", [("per", 0, 4)], ("column_pos_not_read",))


def test_words_are_joined_as_a_text(tmp_path):
    (row,) = read(tmp_path, "Rita left .\tB-PER O O\n")
    assert (row.text, row.notes) == ("Rita left.", ("words_joined",))


def test_columns_may_be_declared(tmp_path):
    path = save(tmp_path, "B-X O\tRita left\tB-PER O\n")
    found = [spans(row) for row in tagged_lists.read(path, token_column=2, tag_column=1)]
    assert found == [[("X", 0, 4)]]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("下 雨\tO", "lists.tsv:3: 2 tokens have 1 tags"),
        ("下 雨", "lists.tsv:3: has 1 columns"),
        ("下 雨\tO 0", r"lists.tsv:3: token 2: '0' is not a tag"),
    ],
    ids=["too_few", "no_tags", "zero"],
)
def test_a_faulty_line_is_refused_with_its_number(tmp_path, line, message):
    good = f"{' '.join(TOKENS)}\t{' '.join(TAGS)}\n"
    with pytest.raises(UserError, match=message):
        list(tagged_lists.read(save(tmp_path, f"{good}{good}{line}\n{good * 20}")))


@pytest.mark.parametrize(
    "content",
    ["李\tB-PER\n梅\tI-PER\n", "Rita left\tshe went\n", '{"text": "a b", "label": "O O"}\n', ""],
    ids=["a_token_a_line", "texts", "json", "empty"],
)
def test_other_files_are_not_claimed(tmp_path, content):
    assert not tagged_lists.recognises(read_head(save(tmp_path, content)))
