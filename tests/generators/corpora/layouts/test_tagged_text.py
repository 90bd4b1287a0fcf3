"""Texts with entities marked in them: each way of marking, nesting, and files that only look like it."""

import pytest

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.layouts import tagged_text
from nerforge.generators.corpora.reading.recognition.file_heads import read_head


def written(path, content):
    path = path / "corpus.txt"
    path.write_bytes(content.encode())
    return path


def read(path, content):
    rows = list(tagged_text.read(written(path, content)))
    assert all(row.text[x.start : x.end] == x.text for row in rows for x in row.entities)
    return rows


def told(row):
    return row.place, row.text, [(entity.label, entity.text) for entity in row.entities]


@pytest.mark.parametrize(
    "line",
    [
        "昨天<PER>王芳</PER>到<LOC>济南</LOC>。",
        "昨天<e type='PER' id='1'>王芳</e>到<e type=LOC>济南</e>。",
        '昨天<ENAMEX TYPE="PER">王芳</ENAMEX>到<NUMEX  TYPE = "LOC" >济南</NUMEX>。',
        "昨天[@王芳#PER*]到[@济南#LOC*]。",
        "昨天[王芳|PER]到[济南|LOC]。",
        "昨天<START:PER> 王芳 <END>到<START:LOC> 济南 <END>。",
    ],
    ids=["names", "attributes", "enamex", "yedda", "bars", "opennlp"],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_marks_are_entities(tmp_path, line, end):
    content = end.join([line, "", "天气很好"])
    assert tagged_text.recognises(read_head(written(tmp_path, content)))
    assert [told(row) for row in read(tmp_path, content)] == [
        (1, "昨天王芳到济南。", [("PER", "王芳"), ("LOC", "济南")]),
        (3, "天气很好", []),
    ]


@pytest.mark.parametrize(
    ("line", "text", "entities"),
    [
        ("<A><B>青岛</B>海关</A>来人", "青岛海关来人", [("A", "青岛海关"), ("B", "青岛")]),
        ("[@[@青岛#B*]海关#A*]来人", "青岛海关来人", [("A", "青岛海关"), ("B", "青岛")]),
        ("[[青岛|B]海关|A]来人", "青岛海关来人", [("A", "青岛海关"), ("B", "青岛")]),
        ("[1] [a] [青岛|B] x|y] [", "[1] [a] 青岛 x|y] [", [("B", "青岛")]),
        ("[注[2]]：[青岛|B]", "[注[2]]：青岛", [("B", "青岛")]),
        ("a < b，<B>青岛</B> <3", "a < b，青岛 <3", [("B", "青岛")]),
        ("AT&amp;T在<B>青&#23707;</B>&copy;", "AT&T在青岛&copy;", [("B", "青岛")]),
        ("[@青岛#1区#B*]邮件[@a@b.c#A*]", "青岛#1区邮件a@b.c", [("B", "青岛#1区"), ("A", "a@b.c")]),
    ],
    ids=[
        "tags",
        "yedda",
        "bars",
        "brackets",
        "brackets_in_brackets",
        "signs",
        "references",
        "signs_in_yedda",
    ],
)
def test_marks_nest_and_other_signs_are_text(tmp_path, line, text, entities):
    (row,) = read(tmp_path, line)
    assert told(row) == (1, text, entities)


def test_what_the_tool_only_suggested_is_counted(tmp_path):
    (row,) = read(tmp_path, "[$王芳#PER*]在[@济南#LOC*]")
    assert told(row) == (1, "王芳在济南", [("LOC", "济南")])
    assert row.notes == ("suggested_entity",)


def test_tags_that_never_close_are_text_and_counted(tmp_path):
    content = "<user>到<LOC>济南</LOC>\n" + "雨\n" * 300 + "<unk>和<PER>王芳</PER> <br/>"
    assert tagged_text.recognises(read_head(written(tmp_path, content)))
    first, *_, last = read(tmp_path, content)
    assert told(first) == (1, "<user>到济南", [("LOC", "济南")])
    assert told(last) == (302, "<unk>和王芳 ", [("PER", "王芳")])
    assert (first.notes, last.notes) == (
        ("tag_that_is_never_closed",),
        ("tag_that_is_never_closed", "empty_tag"),
    )


def test_an_entity_may_go_on_in_the_next_line(tmp_path):
    rows = read(tmp_path, "昨天[@青岛\n海关#ORG*]来人\n有[@雨#W*]")
    assert [told(row) for row in rows] == [
        (1, "昨天青岛\n海关来人", [("ORG", "青岛\n海关")]),
        (3, "有雨", [("W", "雨")]),
    ]


SGML = """\
<?xml version="1.0" encoding="utf-8"?>
<DOC id="7">
<DOCNO> 7 </DOCNO>
<TEXT>
<s>昨天<PER>王芳</PER>来了。</s><s>有雨。</s>
</TEXT></DOC>
"""


def test_tags_around_sentences_divide_texts_and_are_counted(tmp_path):
    assert tagged_text.recognises(read_head(written(tmp_path, SGML)))
    rows = read(tmp_path, SGML)
    assert [told(row) for row in rows] == [(5, "昨天王芳来了。", [("PER", "王芳")]), (5, "有雨。", [])]
    notes = [note for row in rows for note in row.notes]
    assert sorted(set(notes)) == ["document_metadata", "structure_tag"]
    assert notes.count("structure_tag") == 10


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("有<W>雨</W><PER>雷</PER>\n<PER>王芳来了\n", r"txt:2: found '<PER>王芳来了.*without its other half"),
        ("有<W>雨</W>\n王芳</PER>来了\n", r"txt:2: found '</PER>来了' without"),
        ("有<W>雨</W>\n<A>王<B>芳</A>来</B>了\n", r"txt:2: found '</A>来</B>了' without"),
        (
            "有[@雨#W*]\n[@王芳来了",
            r"txt:2: found '\[@王芳来了' without its other half; expected \[@王芳#PER",
        ),
        ('<!DOCTYPE a [<!ENTITY x "y">]>\n有<W>雨</W>', r"txt:1: declares XML entities, which are never"),
        ("有<W>雨</W>\n<W>" + "雨\n" * 1001, r"txt:2: a mark is not closed within 1000 lines"),
        ("今天有雨", "no entity is marked in its first lines; expected marks such as <PER>王芳</PER>"),
    ],
    ids=["open", "closed_only", "crossing", "yedda", "own_entities", "long", "none"],
)
def test_broken_marks_are_named(tmp_path, content, message):
    with pytest.raises(UserError, match=message):
        read(tmp_path, content)


@pytest.mark.parametrize(
    "content",
    [
        "<html><p>雨<b>大</b></p></html>\n",
        "<record><name>王芳</name><city>济南</city></record>\n",
        '{"text": "有<W>雨</W>"}\n',
        "[[青岛市|青岛]]在山东\n",
        "| a | b |\n|---|---|\n",
        "见[说明|第一页]和[图|第二页]\n",
        "有<W>雨\n",
        "雨 < 3 > 2 [1]\n",
        "王\tB-PER\n",
    ],
    ids=["html", "records", "json", "wiki", "table", "notes", "open", "signs", "conll"],
)
def test_other_files_are_not_claimed(tmp_path, content):
    assert not tagged_text.recognises(read_head(written(tmp_path, content)))


def test_many_marks_take_linear_time(tmp_path):
    line = "<A>" * 4_000 + "雨" + "</A>" * 4_000
    (row,) = read(tmp_path, f"有<W>雨</W>\n{line}\n")[1:]
    assert len(row.entities) == 4_000
