"""spaCy's DocBin: entities, spans that lie in one another, and what stands beside them."""

import pytest

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.corpus import Corpus
from nerforge.generators.corpora.layouts import recognise, spacy_docbin
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow
from nerforge.generators.corpora.reading.reading_options import ReadingOptions
from nerforge.generators.corpora.reading.spacy_files.spacy_tokens import tokens_of

NESTED = (RawEntity("ORG", "青岛市供电公司", 0, 7, 0.5), RawEntity("GPE", "青岛市", 0, 3))


def test_tokens_are_words_and_characters_and_spaces_belong_to_the_word_before():
    text = "Ana 😀王芳来了  , née\r\nLima 2024"
    words, spaces = tokens_of(text, [(5, 7)])
    assert words == ["Ana", "😀", "王", "芳", "来", "了", " ", ",", "née", "\r", "\n", "Lima", "2024"]
    assert "".join(word + " " * space for word, space in zip(words, spaces, strict=True)) == text


@pytest.mark.parametrize("span", [(0, 5), (2, 4), (3, 4), (4, 9), (3, 8)])
def test_entities_begin_and_end_with_tokens_even_with_a_space_or_within_a_word(span):
    words, spaces = tokens_of("Ana Lima.", [span])
    places, at = [], 0
    for word, space in zip(words, spaces, strict=True):
        places.append((at, at + len(word)))
        at += len(word) + space
    assert at == 9
    assert span[0] in {start for start, _ in places}
    assert span[1] in {end for _, end in places}


@pytest.mark.whole
def test_rows_are_written_and_read_back(tmp_path):
    pytest.importorskip("spacy", reason="needs the spacy extra")
    rows = [
        RawRow(1, "青岛市供电公司来人", NESTED, "dev", id="a", meta={"pages": [1, None], "来源": "x"}),
        RawRow(2, " Ana  Lima\r\n去了 ", (RawEntity("PER", "Ana  Lima", 1, 10, 0.25),)),
        RawRow(3, "没有", ()),
    ]
    path = tmp_path / "x"
    path.write_bytes(b"".join(spacy_docbin.write(rows)))
    assert recognise(path) == "spacy_docbin"
    assert list(spacy_docbin.read(path)) == rows


@pytest.mark.whole
def test_one_layer_is_read_where_it_is_named(tmp_path):
    pytest.importorskip("spacy", reason="needs the spacy extra")
    path = tmp_path / "x.spacy"
    flat = RawRow(2, "王芳来了", (RawEntity("PER", "王芳", 0, 2),))
    path.write_bytes(b"".join(spacy_docbin.write([RawRow(1, "青岛市供电公司来人", NESTED), flat])))
    assert [len(row.entities) for row in spacy_docbin.read(path, layer="ents")] == [0, 1]
    assert [len(row.entities) for row in spacy_docbin.read(path, layer="sc")] == [2, 0]
    assert Corpus(path, options=ReadingOptions(layer="sc")).stated_labels == {"ORG", "GPE"}


@pytest.mark.whole
def test_what_is_broken_or_cannot_be_written_is_told(tmp_path):
    pytest.importorskip("spacy", reason="needs the spacy extra")
    path = tmp_path / "x.spacy"
    path.write_bytes(b"".join(spacy_docbin.write([RawRow(1, "王芳来了", ())]))[:-9])
    with pytest.raises(UserError, match=r"x\.spacy: is no DocBin of spaCy: .*convert it again"):
        list(spacy_docbin.read(path))
    with pytest.raises(UserError, match=r"row 4: an entity \(PER\) at 1-9 .* lie in the text of 4 char"):
        list(spacy_docbin.write([RawRow(4, "王芳来了", (RawEntity("PER", None, 1, 9),))]))
    with pytest.raises(UserError, match="no such file"):
        list(spacy_docbin.read(tmp_path / "none"))
