"""Folders of brat: documents with their names, whatever has counted their line ends, and back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.corpus import Corpus
from nerforge.generators.corpora.layouts import brat, recognise
from nerforge.generators.corpora.published_folders import _files_by_split
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow


def folder_of(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def read(folder, files):
    return list(brat.read(folder_of(folder, files)))


def test_a_document_is_a_row_with_its_name_as_id(tmp_path):
    files = {"b.txt": "天气很好\n", "b.ann": "", "a.txt": "王芳来了\n", "a.ann": "T1\tPER 0 2\t王芳\n"}
    assert read(tmp_path, files | {"annotation.conf": "[entities]\nPER\n"}) == [
        RawRow(1, "王芳来了", (RawEntity("PER", "王芳", 0, 2),), id="a"),
        RawRow(2, "天气很好", (), id="b"),
    ]


def test_what_is_no_entity_of_one_piece_is_counted(tmp_path):
    lines = [
        "T1\tPER 0 2\t王芳",
        "T2\tPER 0 1;3 4\t王 了",
        "T3\tLOC 2 3;3 4\t来了",
        "R1\tIn Arg1:T1 Arg2:T3\t",
        "*\tEquiv T1 T3",
        "E1\tArrive:T3 Who:T1",
        "A1\tPast E1",
        "M2\tNegation E1",
        "N1\tReference T1 Wiki:7\t王芳",
        "#1\tAnnotatorNotes T1\t谁？",
    ]
    row, *others = read(tmp_path, {"a.txt": "王芳来了", "a.ann": "\n".join(lines)})
    assert not others
    assert row.entities == (RawEntity("PER", "王芳", 0, 2), RawEntity("LOC", None, 2, 4))
    assert row.notes == (
        "discontinuous_entity",
        "relation",
        "relation",
        "event",
        "attribute",
        "attribute",
        "normalization",
        "annotator_note",
    )


def test_a_text_without_annotations_and_annotations_without_a_text_are_counted(tmp_path):
    files = {"a.txt": "雨", "b.txt": "王芳", "b.ann": "T1\tPER 0 2\t王芳", "c.ann": "T1\tPER 0 2\t王芳"}
    (row,) = read(tmp_path, files)
    assert row.notes == ("document_without_annotations", "annotations_without_text")


def test_folders_say_part_and_id(tmp_path):
    files = {
        f"{name}{suffix}": ""
        for name in ("train/x", "Dev/ward/x", "val/z", "y")
        for suffix in (".txt", ".ann")
    }
    assert [(row.part, row.id) for row in read(tmp_path, files)] == [
        ("Dev", "ward/x"),
        ("train", "x"),
        ("dev", "z"),
        (None, "y"),
    ]


WINDOWS = "王芳来了。\r\n李梅在济南。\r\n"


@pytest.mark.parametrize(
    ("text", "start", "said", "notes"),
    [
        (WINDOWS, 10, "王芳来了。\r\n李梅在济南。", ()),
        (WINDOWS, 9, "王芳来了。\n李梅在济南。", ("line_ends_counted_as_one_character",)),
        ("\ufeff" + WINDOWS, 10, "王芳来了。\r\n李梅在济南。", ()),
        ("\ufeff" + WINDOWS, 11, "\ufeff王芳来了。\r\n李梅在济南。", ()),
    ],
    ids=["as_two", "as_one", "no_mark", "with_mark"],
)
def test_line_ends_and_marks_are_counted_as_the_tool_did(tmp_path, text, start, said, notes):
    ann = f"\ufeffT1\tLOC {start} {start + 2}\t济南\r\n"
    (row,) = read(tmp_path, {"a.txt": text, "a.ann": ann})
    assert (row.text, row.notes) == (said, notes)
    (entity,) = row.entities
    assert row.text[entity.start : entity.end] == entity.text == "济南"


def test_an_entity_over_a_line_end_has_the_characters_of_the_text(tmp_path):
    (row,) = read(tmp_path, {"a.txt": "青岛\n公司成立", "a.ann": "T1\tORG 0 5\t青岛 公司"})
    assert row.entities == (RawEntity("ORG", "青岛\n公司", 0, 5),)


def test_a_label_of_two_words_is_one_label(tmp_path):
    (row,) = read(tmp_path, {"a.txt": "Ana left", "a.ann": "T1\tFirst Name 0 3\tAna"})
    assert row.entities == (RawEntity("First Name", "Ana", 0, 3),)


@pytest.mark.parametrize("suffix", [".txt", ".ann"])
def test_one_file_of_a_document_is_read_with_the_other(tmp_path, suffix):
    path = folder_of(tmp_path, {"a.txt": "王芳来了", "a.ann": "T1\tPER 0 2\t王芳"}) / f"a{suffix}"
    assert recognise(path) == "brat"
    assert list(brat.read(path)) == [RawRow(1, "王芳来了", (RawEntity("PER", "王芳", 0, 2),), id="a")]


def test_texts_and_annotations_in_two_folders_are_refused_with_what_to_give(tmp_path):
    folder_of(tmp_path, {"texts/a.txt": "王芳来了", "entities/a.ann": "T1\tPER 0 2\t王芳"})
    assert recognise(tmp_path) == "brat"
    with pytest.raises(UserError, match="no document has a text and annotations; give the folder"):
        list(brat.read(tmp_path))


def test_annotations_alone_are_refused_with_what_to_give(tmp_path):
    path = folder_of(tmp_path, {"a.ann": "T1\tPER 0 2\t王芳"}) / "a.ann"
    assert recognise(path) == "brat"
    with pytest.raises(UserError, match=r"of brat, and its text a\.txt is absent; give the folder"):
        list(brat.read(path))


def test_a_fault_names_the_document(tmp_path):
    files = {"in/a.txt": "王芳在王芳家", "in/a.ann": "T1\tPER 1 3\t王芳", "in/b.txt": "雨", "in/b.ann": ""}
    corpus = Corpus(folder_of(tmp_path, files) / "in")
    report = corpus.report()
    samples = list(corpus.samples(report))
    assert len(samples) == 2
    assert report.examples == ["in/a: entity '王芳' (PER) is not at 1, and the text holds it more than once"]


def test_units_of_utf16_are_found_by_the_texts(tmp_path):
    corpus = Corpus(folder_of(tmp_path, {"a.txt": "😀王芳来了", "a.ann": "T1\tPER 2 4\t王芳"}))
    assert corpus.convention.unit == "utf16"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.txt": "雨", "a.ann": "T1\tPER 0 1\t雨\nT2 PER 0 1 雨"}, r"a\.ann:2: found 'T2 PER 0 1 雨'; exp"),
        ({"a.txt": "雨".encode("gbk"), "a.ann": ""}, r"a\.txt:1: not UTF-8 .* iconv -f GB18030"),
        ({"a.txt": "雨", "a.ann": "T1\tPER 0 1\t雨".encode("gbk")}, r"a\.ann:1: not UTF-8"),
        ({"a.txt": "雨"}, "no document has a text and annotations; give the folder"),
    ],
    ids=["no_tabs", "text_in_gbk", "annotations_in_gbk", "not_annotated"],
)
def test_a_broken_document_is_named(tmp_path, files, message):
    with pytest.raises(UserError, match=message):
        read(tmp_path, files)


def test_files_that_only_share_a_suffix_are_not_claimed(tmp_path):
    files = {"a.txt": "雨", "a.txt.ann": "[@雨#W*]", "b.txt": "雨", "b.ann": "雨"}
    assert not brat.recognises(brat.FileHead(folder_of(tmp_path, files), b""))


def test_documents_named_by_splits_are_no_published_splits(tmp_path):
    folder_of(tmp_path, {"train.txt": "王芳", "train.ann": "T1\tPER 0 2\t王芳"})
    assert _files_by_split(tmp_path) == {}


ROWS = [
    RawRow(1, "😀王芳\r\n来\t了\n", (RawEntity("PER", "王芳\r\n来", 1, 6, 0.25),), "train", id="b"),
    RawRow(2, "王芳", (RawEntity("A", "王芳", 0, 2), RawEntity("B", "王芳", 0, 2)), "dev", id="b"),
    RawRow(3, " 雨 ", (), id="x/../y", meta={"source": "mail", "n": [1]}),
    RawRow(4, "甲乙丙\r", (RawEntity("A", "甲乙", 0, 2), RawEntity("B", "乙丙\r", 1, 4))),
    RawRow(5, "雨", (), "train", id="B"),
]


def rewritten(folder, rows):
    return read(folder, {name: content for name, content in brat.write_files(rows)})


def test_what_is_written_is_read_back(tmp_path):
    assert rewritten(tmp_path, ROWS) == ROWS


def test_files_have_ids_for_names_where_they_can(tmp_path):
    names = [file.name for file in brat.write_files(ROWS)]
    assert names[::2] == [
        "train/b.txt",
        "dev/b.txt",
        "000003.txt",
        "000004.txt",
        "train/B-2.txt",
        *names[-2:-1],
    ]
    assert names[-2:] == ["annotation.conf", "documents.index"]


@pytest.mark.parametrize(
    ("entity", "message"),
    [
        (RawEntity("First Name", "雨", 0, 1), r"row 7: .* no label that is empty or holds white space"),
        (RawEntity("", "雨", 0, 1), "rename it"),
        (RawEntity("W", "雨", 0, 2), "does not lie in the text of 1 characters"),
    ],
)
def test_what_brat_cannot_carry_is_refused(entity, message):
    with pytest.raises(UserError, match=message):
        list(brat.write_files([RawRow(7, "雨", (entity,))]))


TEXTS = st.text(st.sampled_from("雨王 \t\r\n😀a\u2028\ufeff\x0b"), min_size=1, max_size=12)


@st.composite
def any_rows(draw):
    text = draw(TEXTS)
    spans = st.tuples(st.sampled_from(["PER", "人名"]), *[st.integers(0, len(text))] * 2)
    drawn = draw(st.lists(spans.filter(lambda span: span[1] < span[2]), max_size=4))
    return text, tuple(RawEntity(label, text[start:end], start, end) for label, start, end in drawn)


@pytest.mark.whole
@settings(max_examples=25)
@given(st.lists(any_rows(), min_size=1, max_size=3))
def test_any_rows_are_read_back(tmp_path_factory, drawn):
    rows = [RawRow(n, text, found, id=f"r{n}") for n, (text, found) in enumerate(drawn, start=1)]
    assert rewritten(tmp_path_factory.mktemp("brat"), rows) == rows
