"""Tables with a sentence a line, its tokens and its tags each in a cell."""

import pytest

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.layouts import claimants, tagged_lists
from nerforge.generators.corpora.reading.recognition.file_heads import read_head

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


@pytest.mark.parametrize(
    "content",
    [
        "李梅住青岛\tB-PER I-PER O B-LOC I-LOC\n",
        "李梅住青岛\tB-PER,I-PER,O,B-LOC,I-LOC\n",
        "text\tlabel\n李梅住青岛\tB-PER I-PER O B-LOC I-LOC\n",
        '李梅住青岛,"B-PER,I-PER,O,B-LOC,I-LOC"\n',
        "李,梅,住,青,岛\tB-PER,I-PER,O,B-LOC,I-LOC\n",
        "text_a\tlabel\n李\x02梅\x02住\x02青\x02岛\tB-PER\x02I-PER\x02O\x02B-LOC\x02I-LOC\n",
        "李梅住青岛 B-PER I-PER O B-LOC I-LOC\n好 O\n",
        "李 梅 住 青 岛 B-PER I-PER O B-LOC I-LOC\n好 O\n",
        "李 梅 住 青 岛\nB-PER I-PER O B-LOC I-LOC\n好\nO\n",
        "李 梅 住 青 岛\nB-PER I-PER O B-LOC I-LOC\n\n\n好\nO\n",
        "李梅住青岛\nB-PER I-PER O B-LOC I-LOC\n",
        "B-PER I-PER O B-LOC I-LOC\n李 梅 住 青 岛\n\nO\n好\n",
        'sentence,word_labels\n李 梅 住 青 岛,"B-PER,I-PER,O,B-LOC,I-LOC"\n',
    ],
)
def test_a_sentence_with_a_tag_for_each_character_or_word_is_read_by_no_other_layout(tmp_path, content):
    path = save(tmp_path, content)
    assert claimants(read_head(path)) == ["tagged_lists"]
    first, *_ = tagged_lists.read(path)
    assert (first.text, spans(first)) == ("李梅住青岛", SPANS)


@pytest.mark.parametrize("text", ["李梅 住青岛", "李梅 住 青岛"])
def test_blanks_between_characters_may_have_no_tag(tmp_path, text):
    (row,) = read(tmp_path, f"{text}\tB-PER I-PER O B-LOC I-LOC\n")
    assert row.text == text
    assert [text[entity.start : entity.end] for entity in row.entities] == ["李梅", "青岛"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "李梅来 B-PER I-PER O\n" * 300 + "李梅 B-PER\n",
            ":301: the tags are not as many as the characters",
        ),
        ("李 梅 来\nB-PER I-PER O\n" * 200 + "李 梅\nO\n", ":401: 2 tokens have 1 tags"),
        ("李 梅 来\nB-PER I-PER O\n" * 200 + "李 梅\n", ":401: 2 tokens have 0 tags"),
    ],
    ids=["on_a_line", "on_two", "without_partner"],
)
def test_another_number_of_tags_further_down_is_refused(tmp_path, content, message):
    with pytest.raises(UserError, match=message):
        read(tmp_path, content)


@pytest.mark.parametrize(
    "content",
    ["Rita left\nPorto slept\n", "O O\nO O\n", "Rita left Porto\nB-PER O\n", "李 B-PER\n梅 I-PER\n"],
    ids=["text", "no_entity", "fewer_tags", "columns"],
)
def test_lines_that_are_no_pairs_are_not_claimed(tmp_path, content):
    assert not tagged_lists.recognises(read_head(save(tmp_path, content)))
