"""WebAnno TSV 3: layers, stacks, parts of tokens, offsets in UTF-16, escapes, and back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.corpora.layouts import recognise, webanno_tsv
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow

NAMES = "#T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|identifier|value"


def read(folder, content, **options):
    path = folder / "corpus.tsv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert recognise(path) == "webanno_tsv"
    return list(webanno_tsv.read(path, **options))


def file_of(*sentences, header=NAMES, version="3.3"):
    return "\n".join([f"#FORMAT=WebAnno TSV {version}", header, "", "", "\n\n".join(sentences), ""])


def spans(row):
    assert all(row.text[x.start : x.end] == x.text for x in row.entities)
    return [(entity.label, entity.text) for entity in row.entities]


def test_a_sentence_is_a_row_with_its_id(tmp_path):
    first = (
        "#Sentence.id=s1\n#Text=王芳在济南\n"
        "1-1\t0-2\t王芳\t*\tPER\t\n1-2\t2-3\t在\t_\t_\n1-3\t3-5\t济南\t*[1]\tLOC[1]"
    )
    second = "#Text=有雨\n2-1\t6-8\t有雨\t_\t_\t"
    for end in ("\n", "\r\n"):
        content = "\ufeff" + file_of(first, second).replace("\n", end)
        rows = read(tmp_path, content)
        assert rows == [
            RawRow(
                6,
                "王芳在济南",
                (RawEntity("PER", "王芳", 0, 2), RawEntity("LOC", "济南", 3, 5)),
                id="s1",
            ),
            RawRow(11, "有雨", ()),
        ]


def test_stacked_annotations_and_parts_of_tokens_are_entities_of_their_own(tmp_path):
    sentence = (
        "#Text=Bernhardischen Suidas\n"
        "1-1\t0-14\tBernhardischen\t*[2]|*[3]\tLIT[2]|PER[3]\t\n"
        "1-1.1\t0-8\tBernhard\t*[3]\tPER[3]\t\n"
        "1-1.2\t8-14\tischen\t*\tEND\t\n"
        "1-2\t15-21\tSuidas\t*[2]|*\tLIT[2]|A\\|B\\_\t"
    )
    (row,) = read(tmp_path, file_of(sentence))
    assert spans(row) == [
        ("LIT", "Bernhardischen Suidas"),
        ("PER", "Bernhard"),
        ("END", "ischen"),
        ("A|B_", "Suidas"),
    ]


@pytest.mark.parametrize(
    ("tokens", "notes"),
    [
        ("1-1\t7-9\t😊\t_\t_\n1-2\t9-12\tAna\t*\tPER", ()),
        ("1-1\t7-8\t😊\t_\t_\n1-2\t8-11\tAna\t*\tPER", ()),
        ("1-1\t0-9\t😊\t_\t_\n1-2\t1-4\tAna\t*\tPER", ("offsets_found_by_the_tokens",)),
    ],
    ids=["utf16", "code_points", "wrong"],
)
def test_the_tokens_decide_what_offsets_count(tmp_path, tokens, notes):
    (row,) = read(tmp_path, file_of(f"#Text=😊Ana\n{tokens}"))
    assert (spans(row), row.notes) == ([("PER", "Ana")], notes)


@pytest.mark.parametrize(
    ("version", "text", "said"),
    [
        ("3.3", r"a\tb\\n\r" + "\n#Text=Ana", "a\tb\\n\r\nAna"),
        ("3.1", r"\u738b\t\"x\"\uD83D\uDE0A" + "\n#Text=Ana", '王\t"x"😊\nAna'),
        ("3.3", "  \n#Text=Ana", "  \nAna"),
        ("3", "C:\\dir\n#Text=Ana", "C:\\dir\nAna"),
    ],
    ids=["escapes", "java", "blanks", "not_escaped"],
)
def test_the_text_is_what_its_lines_say(tmp_path, version, text, said):
    start = len(said[:-3].encode("utf-16-le")) // 2
    first = said[:-4].strip()
    token = f"1-1\t0-{start - 1}\t{first}\t_\t_\n" if first and "\t" not in first else "1-1\t0-0\t\t_\t_\n"
    (row,) = read(
        tmp_path, file_of(f"#Text={text}\n{token}1-2\t{start}-{start + 3}\tAna\t*\tPER", version=version)
    )
    assert (row.text, spans(row)) == (said, [("PER", "Ana")])


def test_other_layers_relations_and_chains_are_counted(tmp_path):
    header = "\n".join(
        [
            "#T_SP=x.POS|PosValue",
            NAMES,
            "#T_CH=x.CoreferenceLink|referenceType|referenceRelation",
            "#T_RL=x.Relation|label|BT_x.NamedEntity",
        ]
    )
    sentence = (
        "#Text=Ana left\n"
        "1-1\t0-3\tAna\tNE\t*\tPER\tpr[1]\tcoref->1-1\t_\t_\n"
        "1-2\t4-8\tleft\tV\t_\t_\tpr[1]\t*->1-2\tin|by\t1-1|1-2"
    )
    (row,) = read(tmp_path, file_of(sentence, header=header))
    assert spans(row) == [("PER", "Ana")]
    assert row.notes == ("chain", "chain", "relation", "relation", "other_layer")


def test_annotations_without_a_label_or_a_width_are_counted(tmp_path):
    sentence = "#Text=Ana left\n1-1\t0-3\tAna\t*\t*\n1-1.1\t3-3\t\t*\tPER\n1-2\t4-8\tleft\t*\tV"
    (row,) = read(tmp_path, file_of(sentence))
    assert spans(row) == [("V", "left")]
    assert row.notes == ("span_without_label", "annotation_of_no_characters")


def test_an_entity_across_sentences_is_in_neither(tmp_path):
    first = "#Text=am 10 .\n1-1\t0-2\tam\t_\t_\n1-2\t3-5\t10\t*[1]\tDATE[1]\n1-3\t6-7\t.\t*[1]\tDATE[1]"
    second = "#Text=März kam\n2-1\t8-12\tMärz\t*[1]\tDATE[1]\n2-2\t13-16\tkam\t_\t_"
    third = "#Text=Mai\n3-1\t17-20\tMai\t*[1]\tDATE[1]"
    one, two, three = read(tmp_path, file_of(first, second, third))
    assert [entity.text for row in (one, two) for entity in row.entities] == ["10 . …", "… März"]
    assert one.notes == two.notes == ("entity_across_sentences",)
    assert (spans(three), three.notes) == ([("DATE", "Mai")], ())


def test_numbers_that_start_anew_behind_a_gap_are_other_annotations(tmp_path):
    sentence = "#Text=a b c\n1-1\t0-1\ta\t*\tX[1]\n1-2\t2-3\tb\t_\t_\n1-3\t4-5\tc\t*\tX[1]"
    (row,) = read(tmp_path, file_of(sentence))
    assert spans(row) == [("X", "a"), ("X", "c")]


LAYERS = "#T_SP=webanno.custom.Mention|kind|strength\n#T_SP=webanno.custom.Place|identifier|value"
TWO_LAYERS = file_of("#Text=Ana\n1-1\t0-3\tAna\tPER\thigh\t*\tLOC", header=LAYERS)


@pytest.mark.parametrize(
    ("layer", "label"),
    [
        ("Place", "LOC"),
        ("webanno.custom.Place", "LOC"),
        ("2", "LOC"),
        ("Mention", "PER"),
        ("Mention|strength", "high"),
    ],
)
def test_a_layer_and_its_feature_can_be_named(tmp_path, layer, label):
    (row,) = read(tmp_path, TWO_LAYERS, layer=layer)
    assert spans(row) == [(label, "Ana")]
    assert row.notes == ("other_layer",)


@pytest.mark.parametrize(
    ("header", "layer", "message"),
    [
        (LAYERS, None, "has several layers of spans; give --layer one of Mention, Place"),
        (LAYERS, "Person", "no layer 'Person'; give --layer one of Mention, Place"),
        (LAYERS, "3", "no layer '3'"),
        (LAYERS, "Place|kind", "has no feature 'kind'; it has identifier, value"),
        ("#T_SP=x.M|a|b", None, r"several features; say which is the label: --layer 'M\|a', --layer 'M\|b'"),
    ],
)
def test_a_layer_that_is_not_clear_is_asked_for(tmp_path, header, layer, message):
    with pytest.raises(UsageError, match=message):
        read(tmp_path, file_of("#Text=Ana\n1-1\t0-3\tAna\t_\t_\t_\t_", header=header), layer=layer)


OLD = (
    "# de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity | value\n\n#id=1\n#text=Ana\n1-1\tAna\tB-PER\n"
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (OLD, r"corpus\.tsv:1: found version 1 or 2 of WebAnno TSV; expected #FORMAT=WebAnno TSV 3\.x"),
        ("#FORMAT=WebAnno TSV 4.0\n", r"found '#FORMAT=WebAnno TSV 4\.0'; expected .*export it as"),
        (
            file_of("1-1\t0-3\tAna\t_\t_"),
            r"tsv:5: a token without the text of its sentence; expected a line",
        ),
        (file_of("#Text=Ana\n1-1 0-3 Ana _ _"), r"tsv:6: found '1-1 0-3 Ana _ _'; expected a token such as"),
        (file_of("#Text=Ana", header="#T_RL=x.R|BT_x"), "the header names no layer of spans"),
        (file_of("#Text=王芳").encode("gb18030"), r"tsv:5: not UTF-8"),
    ],
    ids=["old", "new", "no_text", "spaces", "no_layer", "gbk"],
)
def test_what_cannot_be_read_is_named(tmp_path, content, message):
    with pytest.raises(UserError, match=message):
        read(tmp_path, content)


def test_tokens_that_are_not_in_their_sentence_are_left_to_the_text(tmp_path):
    (row,) = read(tmp_path, file_of("#Text=Ana left\n1-1\t0-5\tMaria\t*\tPER\n1-2\t6-10\tleft\t_\t_"))
    assert row.notes == ("tokens_that_are_not_in_their_sentence",)
    assert row.entities == (RawEntity("PER", "Maria", 0, 0),)


ROWS = [
    RawRow(
        6,
        "Ana 😊 left.\r\n\tC:\\new ",
        (RawEntity("A|_*[1]", " 😊 l", 3, 7),),
        "dev",
        id="x\t1",
        meta={"a": ["\\n"]},
    ),
    RawRow(
        14, " 王芳\x0b", (RawEntity("B", " ", 0, 1), RawEntity("B", " 王", 0, 2), RawEntity("C", " 王", 0, 2))
    ),
]


def written(rows):
    return b"".join(webanno_tsv.LAYOUT.write(rows))


def unplaced(row):
    found = sorted(row.entities, key=lambda entity: (entity.start, entity.end, entity.label))
    return row._replace(place=0, entities=tuple(found))


def test_what_is_written_is_read_back(tmp_path):
    assert [*map(unplaced, read(tmp_path, written(ROWS)))] == [*map(unplaced, ROWS)]


def test_offsets_and_tokens_are_those_of_webanno():
    row = RawRow(1, "我😊 in Porto", (RawEntity("LOC", "Porto", 6, 11), RawEntity("X", "in Porto", 3, 11)))
    assert written([row, RawRow(2, "有", ())]).decode() == (
        f"#FORMAT=WebAnno TSV 3.3\n{NAMES}\n\n\n"
        "#Text=我😊 in Porto\n"
        "1-1\t0-1\t我\t_\t_\t\n"
        "1-2\t1-3\t😊\t_\t_\t\n"
        "1-3\t4-6\tin\t*[2]\tX[2]\t\n"
        "1-4\t7-12\tPorto\t*[1]|*[2]\tLOC[1]|X[2]\t\n"
        "\n#Text=有\n2-1\t13-14\t有\t_\t_\t\n"
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (RawRow(3, "", ()), "row 3: the text is empty"),
        (RawRow(3, "雨", (RawEntity("W", "雨", 0, 2),)), "does not lie in the text of 1 characters"),
        (RawRow(3, "雨", (RawEntity("", "雨", 0, 1),)), "a label is empty"),
    ],
)
def test_what_webanno_cannot_carry_is_refused(row, message):
    with pytest.raises(UserError, match=message):
        written([RawRow(1, "雨", ()), row])


TEXTS = st.text(st.sampled_from("雨王 \t\r\n😀a\\n_|\u2028\ufeff\x0b\x01"), min_size=1, max_size=12)


@st.composite
def any_rows(draw):
    text = draw(TEXTS)
    spans = st.tuples(st.sampled_from(["PER", "人|_*[1]\\"]), *[st.integers(0, len(text))] * 2)
    drawn = draw(st.lists(spans.filter(lambda span: span[1] < span[2]), max_size=4))
    return text, tuple(RawEntity(label, text[start:end], start, end) for label, start, end in drawn)


@pytest.mark.whole
@settings(max_examples=60)
@given(st.lists(any_rows(), min_size=1, max_size=3))
def test_any_rows_are_read_back(tmp_path_factory, drawn):
    rows = [RawRow(n, text, found, id=f"r{n}") for n, (text, found) in enumerate(drawn, start=1)]
    found = read(tmp_path_factory.mktemp("webanno"), written(rows))
    assert [*map(unplaced, found)] == [*map(unplaced, rows)]


def test_a_long_text_takes_linear_time():
    text = "青岛。" * 4_000
    entities = tuple(RawEntity("LOC", "青岛", n, n + 2) for n in range(0, len(text), 30))
    assert len(written([RawRow(1, text, entities)])) > len(text)
