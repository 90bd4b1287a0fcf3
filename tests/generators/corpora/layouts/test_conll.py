"""CoNLL files: every scheme read alike, doubtful tags noted, faulty files refused with their line."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.corpora.layouts import conll, recognise
from nerforge.generators.corpora.reading.raw_rows import CompletedValue, FileHead, RawEntity, RawRow
from nerforge.generators.corpora.reading.recognition.file_heads import read_head
from nerforge.generators.corpora.reading.tokens import sentence_lines

GOLDEN = """\
李 B-PER
梅 I-PER
住 O
青 B-LOC
岛 I-LOC

😀 O
# O
冷 B-SYM

"""
ROWS = [
    RawRow(1, "李梅住青岛", (RawEntity("PER", "李梅", 0, 2), RawEntity("LOC", "青岛", 3, 5))),
    RawRow(7, "😀#冷", (RawEntity("SYM", "冷", 2, 3),)),
]


def read(path, content):
    path = path / "corpus.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(conll.read(path))


def spans(tagged):
    return [(entity.label, entity.start, entity.end) for entity in tagged.entities]


@pytest.mark.parametrize(
    "content",
    [
        GOLDEN,
        GOLDEN.rstrip(),
        GOLDEN.replace("\n", "\r\n"),
        "\ufeff" + GOLDEN,
        GOLDEN.replace(" ", "\t"),
        GOLDEN.replace(" ", "   "),
        GOLDEN.replace("\n", " \n"),
        GOLDEN.replace(" ", "\tx\t_\t"),
        GOLDEN.replace(" ", " x B-NP "),
        GOLDEN.replace("-", "_"),
    ],
    ids=[
        "spaces",
        "no_final_newline",
        "windows",
        "byte_order_mark",
        "tabs",
        "many_spaces",
        "white_at_ends",
        "four_columns_by_tabs",
        "four_columns_by_spaces",
        "underscores",
    ],
)
def test_each_sentence_is_a_row_at_the_line_of_its_first_token(tmp_path, content):
    assert read(tmp_path, content) == ROWS


@pytest.mark.parametrize("content", ["", "\ufeff", "\n\n \r\n", "-DOCSTART- O\n\n"])
def test_a_file_without_tokens_has_no_rows(tmp_path, content):
    assert read(tmp_path, content) == []


@pytest.mark.parametrize("between", ["\n\n\n", " \t\n", "　\n", "-DOCSTART- -X- O O\n", "\n-DOCSTART-\n\n"])
def test_documents_and_blank_lines_end_a_sentence(tmp_path, between):
    rows = read(tmp_path, f"风 O\n{between}雨 O\n")
    assert [(row.place, row.text) for row in rows] == [(1, "风"), (2 + between.count("\n"), "雨")]


@pytest.mark.parametrize("comment", ["# id 7\tpart=a", "# a remark", "#"])
def test_comments_are_passed_over(tmp_path, comment):
    rows = read(tmp_path, f"{comment}\n风 B-W\n{comment}\n雨 I-W\n")
    assert [(row.place, row.text, spans(row)) for row in rows] == [(2, "风雨", [("W", 0, 2)])]


@pytest.mark.parametrize("line", ["  O", " \tO", "　 O", "　\tO"])
def test_a_token_may_be_a_space(tmp_path, line):
    (row,) = read(tmp_path, f"风 O\n{line}\n雨 B-W\n")
    assert (row.text, spans(row)) == (f"风{line[0]}雨", [("W", 2, 3)])


BIO = "B-A I-A O B-A"
BMES = "B-A M-A E-A O B-A E-A"


@pytest.mark.parametrize(
    ("others", "tags", "expected", "notes"),
    [
        (BIO, "O I-A I-A", [("A", 1, 3)], ["tag_i_without_b"]),
        (BIO, "B-A I-B I-B", [("A", 0, 1), ("B", 1, 3)], ["tag_i_without_b"]),
        (BIO, "I-A O I-A", [("A", 0, 1), ("A", 2, 3)], ["tag_i_without_b"] * 2),
        (BMES, "B-A M-A O", [("A", 0, 2)], ["tag_without_end"]),
        (BMES, "B-A B-A E-A", [("A", 0, 1), ("A", 1, 3)], ["tag_without_end"]),
        (BMES, "O O B-A", [("A", 2, 3)], ["tag_without_end"]),
        (BMES, "S-A E-A O", [("A", 0, 1), ("A", 1, 2)], ["tag_i_without_b"]),
        (BMES, "O M-A B-B", [("A", 1, 2), ("B", 2, 3)], ["tag_i_without_b", *["tag_without_end"] * 2]),
    ],
    ids=[
        "after_o",
        "after_another_label",
        "twice",
        "then_o",
        "then_b",
        "then_nothing",
        "end_after_single",
        "neither_begin_nor_end",
    ],
)
def test_what_is_not_right_in_the_files_scheme_is_read_leniently_and_noted(
    tmp_path, others, tags, expected, notes
):
    sentences = (others.split(), tags.split(), others.split())
    content = "\n".join("".join(f"字 {tag}\n" for tag in sentence) for sentence in sentences)
    rows = read(tmp_path, content)
    assert (spans(rows[1]), list(rows[1].notes)) == (expected, notes)
    assert rows[0].notes == rows[2].notes == ()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("雨", r"no tag; expected a token and its tag .*found '雨'"),
        ("O", "a tag without a token; .* leave the line out"),
        ("\tB-W", "a tag without a token"),
        ("\tx\tO", "no tag; expected a token"),
        ("雨 b-W", "'b-W' is not a tag; .* correct it in the file"),
        ("雨 B-", "'B-' is not a tag"),
        ("雨 B", "'B' is not a tag"),
        ("#\tx", "'x' is not a tag"),
        ('{"text": "雨"}', "'\"雨\"}' is not a tag"),
    ],
    ids=[
        "no_tag",
        "no_token",
        "no_token_by_tab",
        "no_token_of_three",
        "lower_case",
        "no_label",
        "bare",
        "number_sign",
        "json",
    ],
)
def test_a_faulty_line_is_refused_with_its_number(tmp_path, line, message):
    with pytest.raises(UserError, match=rf"corpus\.txt:3: {message}"):
        read(tmp_path, f"风 B-W\n\n{line}\n雪 O\n")


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_a_file_that_is_not_utf_8_is_refused(tmp_path, encoding):
    with pytest.raises(UserError, match=r"corpus\.txt:1: not UTF-8 .*iconv"):
        read(tmp_path, GOLDEN.encode(encoding))


def test_a_file_without_blank_lines_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sentence_lines, "MAX_TOKENS", 3)
    assert len(read(tmp_path, "风 O\n" * 3)) == 1
    with pytest.raises(UserError, match=r"corpus\.txt:4: .* more than 3 tokens; expected a blank line"):
        read(tmp_path, "风 O\n" * 4)


@pytest.mark.parametrize(("name", "message"), [("absent", "no such file"), ("", "cannot be read")])
def test_what_is_no_file_is_refused(tmp_path, name, message):
    with pytest.raises(UserError, match=message):
        list(conll.read(tmp_path / name))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (GOLDEN, True),
        (GOLDEN.replace("\n", "\r\n"), True),
        ("-DOCSTART- -X- O O\n\n# id 7\n" + GOLDEN.replace(" ", " NN B-NP "), True),
        (GOLDEN.replace("住 O", "住"), True),
        ("青岛下雨了。\n李梅在家。\n", False),
        ("The wind blows from O\nit is cold here\n", False),
        ('{"text": "李梅住青岛", "label": {"name": {"李梅": [[0, 1]]}}}\n', False),
        ('{"text": "雨", "entities": []}\n', False),
        ("T1\tPER 0 2\t李梅\n", False),
        ("李\n梅\n", False),
        ("", False),
    ],
    ids=[
        "golden",
        "windows",
        "four_columns",
        "one_faulty_line",
        "chinese",
        "english",
        "cluener",
        "span_jsonl",
        "standoff",
        "no_tags",
        "empty",
    ],
)
def test_a_file_is_recognised_by_its_tags(tmp_path, content, expected):
    assert conll.recognises(FileHead(tmp_path / "corpus.txt", content.encode())) is expected


def test_a_file_cut_within_a_character_is_recognised(tmp_path):
    assert conll.recognises(FileHead(tmp_path / "corpus.txt", GOLDEN.encode()[:-8]))


def test_a_row_is_written_as_characters_in_bio():
    assert b"".join(conll.write(ROWS)).decode() == GOLDEN.replace(" ", "\t")


LABELS = st.sampled_from(["LOC", "B-x_y", "人名", "NP"])
CHARACTERS = st.sampled_from("雨 　#-OBI😀AZ9é\u2028\ufeff\t\n\r\\n\"'`") | st.characters(
    exclude_categories=["Cs"]
)


@st.composite
def rows(draw):
    """Draw a row with entities that may nest, cross and share a span."""
    text = draw(st.text(CHARACTERS, min_size=1, max_size=12))
    spans = st.tuples(LABELS, *[st.integers(0, len(text))] * 2).filter(lambda span: span[1] < span[2])
    drawn = draw(st.lists(spans, max_size=4, unique=True))
    scores = draw(st.lists(st.none() | st.floats(0, 1), min_size=len(drawn), max_size=len(drawn)))
    entities = tuple(
        RawEntity(label, text[start:end], start, end, score)
        for (label, start, end), score in zip(drawn, scores, strict=True)
    )
    texts = st.none() | st.text(CHARACTERS, min_size=1, max_size=5)
    meta = draw(st.none() | st.dictionaries(st.text(max_size=3), st.integers(), min_size=1, max_size=2))
    return RawRow(0, text, entities, draw(texts), id=draw(texts), meta=meta)


@pytest.mark.whole
@given(st.lists(rows(), max_size=4))
@example([RawRow(0, "\ufeff雨", ())])
@example(
    [
        RawRow(0, " ", (RawEntity("A", " ", 0, 1),)),
        RawRow(0, "甲乙", (RawEntity("A", "甲", 0, 1), RawEntity("A", "乙", 1, 2))),
    ]
)
@example([RawRow(0, "甲乙丙丁", (RawEntity("A", "甲乙丙丁", 0, 4), RawEntity("A", "乙丙丁", 1, 4)))])
@example([RawRow(0, "甲。乙。", ())])
def test_what_is_written_is_read_again(tmp_path_factory, drawn):
    found = read(tmp_path_factory.mktemp("round"), b"".join(conll.write(drawn)))
    assert [row._replace(place=0) for row in found] == drawn


@pytest.mark.parametrize(
    ("text", "entities", "message"),
    [
        ("肺部感染", [("肺部", 0, 1)], "'肺部' .* is not there; .* end exclusive"),
        ("肺部感染", [(None, 0, 5)], "at 0-5 is not there"),
        ("肺部感染", [(None, -1, 1)], "at -1-1 is not there"),
        ("肺部感染", [("", 1, 1)], "at 1-1 is not there"),
        ("", [], "the text is empty"),
    ],
    ids=["inclusive_end", "beyond", "before", "empty_entity", "empty_text"],
)
def test_a_row_that_bio_cannot_say_is_not_written(text, entities, message):
    row = RawRow(4, text, tuple(RawEntity("A", *entity) for entity in entities))
    with pytest.raises(UserError, match=rf"^row 4: .*{message}"):
        list(conll.write([row]))


def test_a_value_that_the_text_does_not_say_is_not_written():
    row = RawRow(4, "麒麟意见", (), completed=(CompletedValue("Province", "山东省", 0),))
    with pytest.raises(UserError, match="row 4: the text does not say '山东省'"):
        list(conll.write([row]))


def test_what_a_row_says_besides_stands_in_comments():
    entities = (RawEntity("B", "乙\n丙", 1, 4, 0.5), RawEntity("A", "甲乙", 0, 2))
    row = RawRow(1, "甲乙\n丙", entities, "dev", id="x-1", meta={"from": 7})
    assert b"".join(conll.write([row])).decode() == (
        "# global.columns = FORM NER:1 NER:2\n"
        '# id = x-1\n# part = dev\n# meta = {"from":7}\n# text_json = "甲乙\\n丙"\n# order = [1,0]\n'
        "# scores = [0.5,null]\n甲\tB-A\tO\n乙\tI-A\tB-B\n丙\tO\tI-B\n\n"
    )


@pytest.mark.parametrize("label", ["", "organ name", "a\tb"])
def test_a_label_that_is_no_tag_is_not_written(label):
    with pytest.raises(UserError, match="rename it"):
        list(conll.write([RawRow(1, "雨", (RawEntity(label, "雨", 0, 1),))]))


def said(rows):
    return [(row.text, [(e.label, e.start, e.end) for e in row.entities]) for row in rows]


RITA = [("Rita left Porto.", [("PER", 0, 4), ("LOC", 10, 15)]), ("She waved.", [])]


@pytest.mark.parametrize(
    "line",
    [
        "{token}\t{tag}",
        "{token} {tag}",
        "{token} NN B-NP {tag}",
        "{token} -X- _ {tag}",
        "{n}\t{token}\t{tag}\tO",
        "{n}\t{token}\t{lower}\tNOUN\t{tag}",
        "{n}\t{token}\t{tag}\t-\trm",
        "{tag}\t{token}",
        "{token},{tag}",
        "{token}|{tag}",
        "{token}\t\t\t{tag}",
        "{token}\t{tag}\t",
        "x/1\t{n}\t{token}\t{tag}",
    ],
)
def test_columns_are_found(tmp_path, line):
    words = [[("Rita", "B-PER"), ("left", "O"), ("Porto", "B-LOC"), (".", "O")]]
    words.append([("She", "O"), ("waved", "O"), (".", "O")])
    content = "\n".join(
        "".join(
            line.format(n=n, token=token, tag=tag, lower=token.casefold()) + "\n"
            for n, (token, tag) in enumerate(sentence, start=1)
        )
        for sentence in words
    )
    assert conll.recognises(read_head(save(tmp_path, content)))
    assert said(read(tmp_path, content)) == RITA


def save(folder, content):
    path = folder / "corpus.txt"
    path.write_text(content, encoding="utf-8")
    return path


def test_what_a_column_says_is_noted_where_it_is_not_read(tmp_path):
    (row,) = read(tmp_path, "Rita NNP B-NP B-PER\nleft VBD B-VP O\nnow RB B-ADVP O\n")
    assert row.notes == ("column_2_not_read", "column_3_not_read", "words_joined")


def test_layers_are_entities_together_and_can_be_chosen(tmp_path):
    content = "1\tBank\tB-ORG\tO\n2\tvon\tI-ORG\tO\n3\tPorto\tI-ORG\tB-LOC\n"
    assert said(read(tmp_path, content)) == [("Bank von Porto", [("ORG", 0, 14), ("LOC", 9, 14)])]
    path = tmp_path / "corpus.txt"
    for options in ({"layer": "2"}, {"tag_column": 4}):
        assert said(conll.read(path, **options)) == [("Bank von Porto", [("LOC", 9, 14)])]
    assert said(conll.read(path, token_column=1, tag_column=3)) == [("123", [("ORG", 0, 3)])]
    with pytest.raises(
        UsageError, match=r"--layer 3: the layers of the file are 1 \(column 3\), 2 \(column 4\)"
    ):
        list(conll.read(path, layer="3"))
    with pytest.raises(UsageError, match="--tag-column 5: the file has 4 columns"):
        list(conll.read(path, tag_column=5))


def test_layers_have_the_names_of_conll_u_plus(tmp_path):
    content = "# global.columns = ID FORM NER NER:INNER\n1\tRita\tB-PER\tO\n2\tPorto\tO\tB-LOC\n"
    assert said(read(tmp_path, content)) == [("Rita Porto", [("PER", 0, 4), ("LOC", 5, 10)])]
    assert said(conll.read(tmp_path / "corpus.txt", layer="ner:inner")) == [("Rita Porto", [("LOC", 5, 10)])]


def test_of_gold_and_prediction_the_first_is_read(tmp_path):
    content = "Rita B-PER B-PER\nleft O O\nPorto B-LOC B-ORG\n\nRui B-PER B-PER\nsat O O\n"
    rows = read(tmp_path, content)
    assert said(rows) == [("Rita left Porto", [("PER", 0, 4), ("LOC", 10, 15)]), ("Rui sat", [("PER", 0, 3)])]
    assert rows[0].notes == ("second_annotation_not_read", "words_joined")
    assert conll.prediction_column(read_head(tmp_path / "corpus.txt")) == 3


def test_joint_tags_are_entities_each(tmp_path):
    content = "这\tO\n北\tB-LOC|B-ORG\n京\tI-LOC|I-ORG\n大\tI-ORG\n学\tI-ORG\n"
    assert said(read(tmp_path, content)) == [("这北京大学", [("ORG", 1, 5), ("LOC", 1, 3)])]


@pytest.mark.parametrize(
    "content",
    ["王0 B-PER\n芳1 I-PER\n来0 O\n\n风0 O\n", "王0\tB-PER\n芳1\tI-PER\n来0\tO\n\n风0\tO\n"],
    ids=["spaces", "tabs"],
)
def test_position_digits_are_no_part_of_the_text(tmp_path, content):
    rows = read(tmp_path, content)
    assert said(rows) == [("王芳来", [("PER", 0, 2)]), ("风", [])]
    assert {note for row in rows for note in row.notes} == {"position_digits"}


def test_prefixes_of_a_language_are_no_part_of_the_text(tmp_path):
    content = "".join(
        f"en:{word}\t{tag}\n" for word, tag in zip("Rita left : so what".split(), "BOOOO", strict=True)
    )
    (row,) = read(tmp_path, content.replace("\tB", "\tB-PER"))
    assert (row.text, row.notes) == ("Rita left: so what", ("language_prefixes", "words_joined"))


def test_a_token_with_spaces_is_whole(tmp_path):
    (row,) = read(
        tmp_path, "Last Name _ O B-PER\nwent _ O O\nto _ O O\nSão Pedro do Sul _ O B-LOC\nnow _ O O\n"
    )
    assert said([row]) == [("Last Name went to São Pedro do Sul now", [("PER", 0, 9), ("LOC", 18, 34)])]
    assert row.notes.count("space_in_token") == 2


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        (
            "李 B-PER\n来 O\n。 O\n他 O\n说 O\n： O\n“ O\n好 O\n！ O\n” O\n走 O\n",
            ["李来。", "他说：“好！”", "走"],
        ),
        ("Rita B-PER\nleft O\n. O\nShe O\nwaved O\n! O\n", ["Rita left.", "She waved!"]),
        ("李 B-PER\n！ I-PER\n来 O\n", ["李！来"]),
        ("3 O\n. O\n5 B-NUM\n", ["3.5"]),
        ("李 B-PER\n来 O\n。 O\n走 O\n\n", ["李来。走"]),
    ],
    ids=["quote", "words", "within_an_entity", "number", "blank_line"],
)
def test_a_file_without_blank_lines_is_divided_where_sentences_end(tmp_path, content, texts):
    assert [row.text for row in read(tmp_path, content)] == texts


def test_a_far_too_long_sentence_is_divided_as_it_is_read(tmp_path):
    rows = read(tmp_path, "风 O\n\n" + "李 B-PER\n来 O\n。 O\n" * 4_000)
    assert [row.text for row in rows] == ["风", *["李来。"] * 4_000]
    assert sum(note == "sentences_without_blank_line" for row in rows for note in row.notes) == 4_000
    assert [row.place for row in rows[-2:]] == [11_997, 12_000]


@pytest.mark.parametrize(
    "content",
    [
        "1\tRita\tB-PER\n2\tleft\tO\n1\tShe\tO\n2\tsat\tO\n",
        "7\t1\tRita\tB-PER\n7\t2\tleft\tO\n8\t1\tShe\tO\n8\t2\tsat\tO\n",
    ],
    ids=["tokens", "sentences"],
)
def test_numbers_tell_sentences_where_no_blank_lines_do(tmp_path, content):
    assert [(row.place, row.text) for row in read(tmp_path, content)] == [(1, "Rita left"), (3, "She sat")]


def test_the_text_of_a_comment_is_taken(tmp_path):
    content = (
        "# sent_id = s-1\n# text = Rita  (late) left.\n"
        "Rita\tB-PER\n-LRB-\tO\nlate\tO\n-RRB-\tO\nleft\tO\n.\tO\n"
    )
    (row,) = read(tmp_path, content)
    assert (row.text, row.id, row.notes) == ("Rita  (late) left.", "s-1", ())
    (row,) = read(tmp_path, content.replace("late\tO", "soon\tO"))
    assert (row.text, row.notes[0]) == ("Rita (soon) left.", "text_unlike_tokens")


def test_spaces_that_the_file_tells_are_those_of_the_text(tmp_path):
    content = "1\tRita\tB-PER\tSpaceAfter=No\n2\t,\tO\t_\n3\tgo\tO\tSpaceAfter=No\n4\t!\tO\t_\n"
    assert said(read(tmp_path, content)) == [("Rita, go!", [("PER", 0, 4)])]


def test_a_token_of_several_words_is_one(tmp_path):
    content = (
        "1\tRita\tB-PER\n2-3\tau\t_\n2\tà\tO\n3\tle\tO\n4-5\tdu\t_\n4\tde\tO\n5\tle\tB-LOC\n"
        "5.1\tx\tO\n6\tBar\tI-LOC\n"
    )
    (row,) = read(tmp_path, content)
    assert said([row]) == [("Rita au du Bar", [("PER", 0, 4), ("LOC", 8, 14)])]
    assert row.notes.count("multiword_token") == 2


@pytest.mark.parametrize(
    "content",
    [
        "bc/x 0 0 Rita NNP (S* - - (ARG0*)\nbc/x 0 1 left VBD *) leave 01 (V*)\n",
        "token\tlabel\nRita\tB-PER\nleft\tO\n",
        "Rita\tNNP\nleft\tVBD\nnow\tRB\n",
    ],
    ids=["brackets", "head", "parts_of_speech"],
)
def test_other_columns_are_not_claimed(tmp_path, content):
    assert not conll.recognises(read_head(save(tmp_path, content)))


def test_a_file_with_a_head_can_be_read_by_name(tmp_path):
    content = "token\tpos\tlabel\nRita\tNNP\tB-PER\nleft\tVBD\tO\n"
    (row,) = read(tmp_path, content)
    assert (said([row]), row.notes) == (
        [("Rita left", [("PER", 0, 4)])],
        ("column_pos_not_read", "words_joined"),
    )


def test_offsets_of_tokens_tell_the_spaces(tmp_path):
    content = "B-PER\t0\t4\tRita\nO\t4\t5\t-\nO\t5\t7\tin\nO\t8\t9\t(\nB-LOC\t10\t15\tPorto\nO\t15\t16\t)\n"
    (row,) = read(tmp_path, content)
    assert said([row]) == [("Rita-in ( Porto)", [("PER", 0, 4), ("LOC", 10, 15)])]
    assert row.notes == ()


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ("王, B-PER\n芳, I-PER\n来, O\n", "delimiters_at_tokens"),
        ('"王" B-PER\n"芳" I-PER\n"来" O\n', "quotes_around_tokens"),
        ("王0 B-PER\n芳1 I-PER\n来0 O\n", "position_digits"),
    ],
)
def test_what_is_glued_to_tokens_is_no_part_of_the_text(tmp_path, content, note):
    (row,) = read(tmp_path, content)
    assert said([row]) == [("王芳来", [("PER", 0, 2)])]
    assert row.notes == (note,)


def test_blanks_around_fields_are_no_part_of_them(tmp_path):
    assert said(read(tmp_path, "王\t B-PER\n芳 \tI-PER\n \tO\n来\tO\n")) == [("王芳 来", [("PER", 0, 2)])]


def test_a_text_that_no_reader_takes_for_a_sentence_is_not_written():
    with pytest.raises(UserError, match=r"row 3: the text has 100,001 characters, .* at most 100,000 tokens"):
        list(conll.write([RawRow(3, "雨" * 100_001, ())]))


def test_quoted_delimiters_are_tokens(tmp_path):
    content = 'Rita,NNP,B-PER\n",",",",O\n"""",``,O\nnow,RB,O\n,,,,O\n\nok,UH,O\n'.replace(",,,,O", '",",x,O')
    assert [row.text for row in read(tmp_path, content)] == ['Rita, " now,', "ok"]


def test_a_layer_that_holds_no_tags_is_refused(tmp_path):
    path = save(tmp_path, "token\tpos\tlabel\nRita\tNNP\tB-PER\nleft\tVBD\tO\n")
    with pytest.raises(UsageError, match=r"--layer pos: the layers of the file are 1 \(column 3\)"):
        list(conll.read(path, layer="pos"))


def test_a_declared_token_column_is_no_layer(tmp_path):
    path = save(tmp_path, "B-PER\tO\nI-PER\tB-LOC\nO\tO\n")
    assert [row.text for row in conll.read(path, token_column=1)] == ["B-PER I-PER O"]


def test_a_file_that_ends_within_a_character_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"corpus\.txt:3: ends within a character"):
        read(tmp_path, "王 B-PER\n芳 I-PER\n来".encode()[:-1])


def test_names_in_brackets_are_entities(tmp_path):
    lines = [
        "bc/x   0   0   Rita   NNP  (S(NP*)  -      -   (PERSON)  (ARG0*)",
        "bc/x   0   1   left   VBD  (VP*     leave  01  *         (V*)",
        "bc/x   0   2   New    NNP  (NP*     -      -   (GPE*     (ARG1*",
        "bc/x   0   3   York   NNP  *)       -      -   *)        *",
        "bc/x   0   4   today  NN   *))      -      -   (DATE*)   *)",
    ]
    content = (
        "#begin document (bc/x); part 000\n" + "\n".join(lines) + "\n\n" + lines[1] + "\n#end document\n"
    )
    rows = read(tmp_path, content)
    expected = [("PERSON", 0, 4), ("GPE", 10, 18), ("DATE", 19, 24)]
    assert said(rows) == [("Rita left New York today", expected), ("left", [])]
    assert conll.recognises(read_head(tmp_path / "corpus.txt"))


@pytest.mark.parametrize(
    "row",
    [
        '{"text": "李 梅 来", "label": "B-PER I-PER O"}',
        '{"text": "李 梅 来", "label": "B-PER I-PER O",}',
        "{'text': '李 梅 来', 'label': 'B-PER I-PER O'}",
        '[{"text": "李 梅 来", "label": "B-PER I-PER O"}]',
    ],
    ids=["json", "with_a_fault", "python", "array"],
)
def test_json_is_no_file_of_columns(tmp_path, row):
    path = tmp_path / "rows.txt"
    path.write_text(f"{row}\n", encoding="utf-8")
    assert not conll.recognises(read_head(path))


def test_a_bracket_at_the_beginning_is_a_token(tmp_path):
    path = tmp_path / "rows.txt"
    path.write_text("[1] O\n李 B-PER\n梅 I-PER\n", encoding="utf-8")
    assert conll.recognises(read_head(path))


@pytest.mark.parametrize(
    "content",
    [
        "李梅在青岛 B-PER I-PER O B-LOC I-LOC\n",
        "李梅在青岛 B-PER I-PER O B-LOC I-LOC\n天冷 O O\n",
        "李梅在青岛\tB-PER I-PER O B-LOC I-LOC\n",
        "李梅在青岛\tB-PER,I-PER,O,B-LOC,I-LOC\n",
        "Rita left Porto B-PER O B-LOC\nhe slept O O\n",
    ],
    ids=["one", "several", "tab", "commas", "words"],
)
def test_the_tags_of_a_sentence_are_neither_one_label_nor_layers(tmp_path, content):
    path = tmp_path / "rows.txt"
    path.write_text(content, encoding="utf-8")
    assert not conll.recognises(read_head(path))


def test_layers_behind_words_of_as_many_characters_stay_layers(tmp_path):
    rows = read(tmp_path, "李梅 B-PER B-NAM\n青岛 B-LOC B-NAM\n")
    assert said(rows) == [("李梅青岛", [("NAM", 0, 2), ("PER", 0, 2), ("LOC", 2, 4), ("NAM", 2, 4)])]


@pytest.mark.parametrize(
    "numbers",
    [
        ("1", "1", "2", "2"),
        ("0", "0", "1", "1"),
        ("Sentence: 1", "Sentence: 1", "Sentence: 2", "Sentence: 2"),
        ("d1\t1", "d1\t1", "d2\t1", "d2\t1"),
        ("1\t3", "1\t3", "2\t0", "2\t0"),
        ("0\t0", "0\t0", "0\t1", "0\t1"),
    ],
    ids=["from_one", "from_zero", "named", "documents", "anew_in_each_document", "one_document"],
)
def test_a_sentence_ends_where_its_number_changes(tmp_path, numbers):
    lines = ("Rita\tB-PER", "left\tO", "Porto\tB-LOC", "sleeps\tO")
    content = "".join(f"{number}\t{line}\n" for number, line in zip(numbers, lines, strict=True))
    rows = read(tmp_path, content)
    assert said(rows) == [("Rita left", [("PER", 0, 4)]), ("Porto sleeps", [("LOC", 0, 5)])]


def test_numbers_of_tokens_begin_anew_in_each_sentence(tmp_path):
    content = "1\tRita\tB-PER\n2\tleft\tO\n3\t.\tO\n1\tPorto\tB-LOC\n1\tHe\tO\n2\tslept\tO\n"
    assert [row.text for row in read(tmp_path, content)] == ["Rita left.", "Porto", "He slept"]


@pytest.mark.parametrize("head", ["word tag", "token ner", "# note\nWord NER_Tag"])
@pytest.mark.parametrize("between", [" ", "\t"])
def test_names_of_columns_with_spaces_between_are_no_token(tmp_path, head, between):
    path = tmp_path / "corpus.txt"
    path.write_text(f"{head}\n李{between}B-PER\n梅{between}I-PER\n", encoding="utf-8")
    assert conll.recognises(read_head(path))
    (row,) = conll.read(path)
    assert (row.text, spans(row), row.notes) == ("李梅", [("PER", 0, 2)], ("header_line_not_read",))


def test_tags_without_a_label_are_noted_for_each_entity(tmp_path):
    (row,) = read(tmp_path, "李 B\n梅 I\n在 O\n青 B\n岛 I\n")
    assert (spans(row), row.notes) == ([("ENTITY", 0, 2), ("ENTITY", 3, 5)], ("tags_without_label",) * 2)


@pytest.mark.parametrize("name", ["NER", "NE"])
def test_tags_among_the_features_of_the_last_column_are_read(tmp_path, name):
    words = (("Rita", f"{name}=B-PER"), ("em", "_"), ("Porto", f"{name}=B-LOC|SpaceAfter=No"), (".", "_"))
    lines = [f"{n}\t{word}\t{word}\tX\t_\t_\t0\tdep\t_\t{misc}" for n, (word, misc) in enumerate(words, 1)]
    (row,) = read(tmp_path, "\n".join(["# sent_id = a", *lines, ""]))
    assert (row.text, spans(row), row.id) == ("Rita em Porto.", [("PER", 0, 4), ("LOC", 8, 13)], "a")


def test_tokens_that_a_tokenizer_added_are_noted_and_not_read(tmp_path):
    content = "[CLS] O\nplay B-ACT\n##ing I-ACT\nfast O\n[SEP] O\n[PAD] O\n\n[CLS] O\nrun B-ACT\n[SEP] O\n"
    rows = read(tmp_path, content)
    assert said(rows) == [("playing fast", [("ACT", 0, 7)]), ("run", [("ACT", 0, 3)])]
    assert [row.notes.count("tokenizer_token_not_read") for row in rows] == [3, 2]


def test_such_tokens_of_a_file_without_pieces_are_text(tmp_path):
    assert read(tmp_path, "[SEP] O\nRita B-PER\n[PAD] O\n")[0].text == "[SEP] Rita [PAD]"


@pytest.mark.parametrize("sign", ["|", "+", "&", "/"])
def test_several_tags_of_a_token_are_layers_whatever_is_between(tmp_path, sign):
    rows = read(tmp_path, f"青 B-LOC{sign}B-ORG\n岛 I-LOC{sign}I-ORG\n大 I-ORG\n住 O\n")
    assert said(rows) == [("青岛大住", [("ORG", 0, 3), ("LOC", 0, 2)])]


@pytest.mark.parametrize("label", ["person/name", "R&D", "C++", "PER-NAM", "人名", "person name", "a.b"])
def test_signs_within_a_label_are_of_the_label(tmp_path, label):
    assert said(read(tmp_path, f"李\tB-{label}\n梅\tI-{label}\n来\tO\n")) == [("李梅来", [(label, 0, 2)])]


def test_a_dot_may_stand_before_the_label(tmp_path):
    assert said(read(tmp_path, "李 B.PER\n梅 I.PER\n来 O\n")) == [("李梅来", [("PER", 0, 2)])]


def test_digits_of_places_are_removed_though_some_tokens_have_none(tmp_path):
    content = "李0\tB-PER\n梅1\tI-PER\n来0\tO\nhttp\tO\n好0\tO\n的1\tO\n\n青0\tB-LOC\n岛1\tI-LOC\n5\tO\n"
    assert [row.text for row in read(tmp_path, content)] == ["李梅来http好的", "青岛5"]


def test_words_of_more_than_ten_characters_have_places_of_two_digits(tmp_path):
    name = "北京大学附属第一人民医院"
    tags = ["B-ORG", *["I-ORG"] * (len(name) - 1)]
    lines = [f"{char}{n}\t{tag}" for n, (char, tag) in enumerate(zip(name, tags, strict=True))]
    assert said(read(tmp_path, "\n".join([*lines, "好0\tO", ""]))) == [(f"{name}好", [("ORG", 0, 12)])]


@pytest.mark.parametrize("end", ["EOS", "end", "</s>"])
def test_a_line_that_ends_sentences_is_no_token(tmp_path, end):
    rows = read(tmp_path, f"李 B-PER\n来 O\n{end}\n梅 B-PER\n{end}\n")
    assert [row.text for row in rows] == ["李来", "梅"]


def test_a_byte_order_mark_between_files_put_together_is_no_text(tmp_path):
    rows = read(tmp_path, "\ufeff李 B-PER\n来 O\n\n\ufeff梅 B-PER\n")
    assert [(row.text, row.notes) for row in rows] == [("李来", ()), ("梅", ("byte_order_mark",))]


def test_a_piece_of_a_word_with_an_unknown_tag_is_no_comment(tmp_path):
    with pytest.raises(UserError, match=":2: 'X' is not a tag"):
        read(tmp_path, "Ri B-PER\n##ta X\nleft O\n")


@pytest.mark.parametrize("blank", ["\u00a0", "\u3000", "\u2003"])
def test_another_blank_may_separate_a_token_from_its_tag(tmp_path, blank):
    assert said(read(tmp_path, f"李{blank}B-PER\n梅{blank}I-PER\n")) == [("李梅", [("PER", 0, 2)])]


def test_lines_that_end_with_carriage_returns_alone_are_named(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_bytes("李 B-PER\r梅 I-PER\r\r来 O\r".encode())
    with pytest.raises(UsageError, match="carriage returns alone; convert it: tr"):
        recognise(path)


def test_blank_lines_behind_each_token_end_no_sentence(tmp_path):
    rows = read(tmp_path, "李 B-PER\n\n梅 I-PER\n\n来 O\n\n\n王 B-PER\n\n好 O\n\n")
    assert said(rows) == [("李梅来", [("PER", 0, 2)]), ("王好", [("PER", 0, 1)])]
    assert rows[0].notes == ("blank_line_behind_each_token",)


def test_sentences_of_one_token_are_sentences(tmp_path):
    assert [row.text for row in read(tmp_path, "李 B-PER\n\n梅 B-PER\n\n来 O\n")] == ["李", "梅", "来"]


def test_numbers_of_documents_sentences_and_tokens_stand_side_by_side(tmp_path):
    numbers = ("d1\t1\t1", "d1\t1\t2", "d1\t2\t1", "d2\t1\t1", "d2\t1\t2")
    words = ("Rita\tB-PER", "left\tO", "Porto\tB-LOC", "He\tO", "ran\tO")
    rows = read(tmp_path, "".join(f"{n}\t{word}\n" for n, word in zip(numbers, words, strict=True)))
    assert [row.text for row in rows] == ["Rita left", "Porto", "He ran"]


@pytest.mark.parametrize("between", ["\t", " ", ","])
@pytest.mark.parametrize("index", [False, True])
@pytest.mark.parametrize(
    "numbers", [("12", "45", "78", "90"), ("1990", "1991", "1992", "1999"), ("17", "17", "19", "30")]
)
def test_tokens_may_be_rising_numbers_beside_parts_of_speech(tmp_path, numbers, index, between):
    lines = zip(("1", "2", "1", "2"), numbers, ["CD"] * 4, ("O", "O", "B-QTY", "O"), strict=True)
    first, second, *others = (between.join(line if index else line[1:]) for line in lines)
    rows = read(tmp_path, "\n".join((first, second, "", *others, "")))
    texts = [[entity.text for entity in row.entities] for row in rows]
    assert [row.text for row in rows] == [" ".join(numbers[:2]), " ".join(numbers[2:])]
    assert texts == [[], [numbers[2]]]


@pytest.mark.parametrize("numbers", ["1212", "0101", "1234", "7788", ("4", "9", "11", "20")])
def test_numbers_beside_words_are_no_tokens(tmp_path, numbers):
    lines = ("Rita\tNNP\tB-PER", "left\tVBD\tO", "Porto\tNNP\tB-LOC", "slept\tVBD\tO")
    first, second, *others = (f"{number}\t{line}" for number, line in zip(numbers, lines, strict=True))
    rows = read(tmp_path, "\n".join((first, second, "", *others, "")))
    assert [row.text for row in rows] == ["Rita left", "Porto slept"]


@pytest.mark.parametrize("numbers", ["1212", "1123", "7788"])
def test_numbers_in_step_with_the_lines_are_no_tokens(tmp_path, numbers):
    content = "".join(f"{n}\tha\t{tag}\n" for n, tag in zip(numbers, ("O", "B-X", "O", "O"), strict=True))
    assert {token for row in read(tmp_path, content) for token in row.text.split()} == {"ha"}
