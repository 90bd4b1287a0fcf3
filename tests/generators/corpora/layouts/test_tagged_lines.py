"""A sentence a line with a tag behind each word: every separator and kind of tags, and what looks like it."""

import pytest

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.layouts import tagged_lines
from nerforge.generators.corpora.reading.recognition.file_heads import read_head


def written(path, content):
    path = path / "corpus.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path, content):
    path = written(path, content)
    assert tagged_lines.recognises(read_head(path))
    rows = list(tagged_lines.read(path))
    assert all(row.text[x.start : x.end] == x.text for row in rows for x in row.entities)
    return rows


def told(row):
    return row.text, [(entity.label, entity.text) for entity in row.entities]


@pytest.mark.parametrize("separator", "/_|／＿#:")
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_any_separator_stands_before_a_tag(tmp_path, separator, end):
    content = end.join(["王/B-PER 芳/I-PER 在/O 济/B-LOC 南/I-LOC ", "", "雨/O 了/O"]).replace("/", separator)
    rows = read(tmp_path, "\ufeff" + content)
    assert [row.place for row in rows] == [1, 3]
    assert [told(row) for row in rows] == [
        ("王芳在济南", [("PER", "王芳"), ("LOC", "济南")]),
        ("雨了", []),
    ]


@pytest.mark.parametrize(
    ("line", "text", "entities"),
    [
        ("王芳_B-PER 在_O 济南_S-LOC", "王芳在济南", [("PER", "王芳"), ("LOC", "济南")]),
        ("王/PER-B 芳/PER-E 在/O", "王芳在", [("PER", "王芳")]),
        ("王/b-per 芳/i-per 在/o", "王芳在", [("per", "王芳")]),
        ("昨天|O 王芳|PER 来|O", "昨天王芳来", [("PER", "王芳")]),
        ("昨天/O 王芳/person 来/O", "昨天王芳来", [("person", "王芳")]),
        ("1/2/B-NUM 和/O //B-SIGN 甲/乙/O", "1/2和/甲/乙", [("NUM", "1/2"), ("SIGN", "/")]),
        ("王/B-PER  /I-PER 芳/I-PER", "王 芳", [("PER", "王 芳")]),
        ("Ana/B-PER Ruiz/I-PER left/O New York/B-LOC ./O", "Ana Ruiz left New York.", None),
    ],
    ids=["words", "suffixes", "lower_case", "labels", "labels_in_lower_case", "slashes", "blank", "english"],
)
def test_tags_are_read_as_those_of_columns(tmp_path, line, text, entities):
    (row,) = read(tmp_path, line)
    assert told(row) == (text, entities or [("PER", "Ana Ruiz"), ("LOC", "New York")])


def test_a_space_in_a_word_is_counted(tmp_path):
    (row,) = read(tmp_path, "New York/B-LOC rained/O here/O")
    assert "space_in_word" in row.notes


PEOPLE_DAILY = """\
19980101-01-001-001/m  王/nr  芳/nr  、/w  欧阳/nr  明/nr  到/v  [济南/ns  海关/n]nt  。/w  

19980101-01-001-002/m  昨天/t  [中外合资/j  企业/n]l  来/v  和{he2}/c  ［/w  [/w  ]/w
"""


def test_parts_of_speech_of_names_are_entities(tmp_path):
    first, second = read(tmp_path, PEOPLE_DAILY)
    assert told(first) == (
        "王芳、欧阳明到济南海关。",
        [("nr", "王芳"), ("nr", "欧阳明"), ("nt", "济南海关"), ("ns", "济南")],
    )
    assert first.id == "19980101-01-001-001"
    assert first.notes == ("surname_and_given_name_joined",) * 2 + ("parts_of_speech",)
    assert told(second) == ("昨天中外合资企业来和［[]", [])
    assert second.notes == ("bracket_that_is_no_name", "pronunciation")


@pytest.mark.parametrize(
    ("line", "entities"),
    [
        ("昨天/o 王/nr 芳/nr 李梅/nr 来/o", ["王", "芳", "李梅"]),
        ("昨天/t 王芳/nr 李梅/nr 来/v", ["王芳", "李梅"]),
        ("江/nr1 南/nr2 、/w 安娜/nrf 来/v", ["江南", "安娜"]),
        ("[[济南/ns 市/n]/ns 海关/n]/nt 来/v", ["济南市海关", "济南市", "济南"]),
        ("王芳/nh 今天/nt 在/p 济南/ns 大学/ni", ["王芳", "济南", "大学"]),
        ("王芳_np 在_p 济南_ns", ["王芳", "济南"]),
        ("[济南/ns 海关/n 来/v", ["济南"]),
        ("济南/ns 海关/n]nt 来/v", ["济南"]),
        ("昨天/t 在/p 济南/ns 腾空而起/l/% 来/v", ["济南"]),
    ],
    ids=["whole", "whole_words", "ictclas", "nested", "ltp", "thulac", "open", "closed", "two_tags"],
)
def test_names_by_the_tags_of_each_corpus(tmp_path, line, entities):
    (row,) = read(tmp_path, line)
    assert [entity.text for entity in row.entities] == entities


def test_what_is_odd_in_a_corpus_is_counted(tmp_path):
    content = "[济南/ns 海关/n 来/v\n济南/ns 海关/n]nt 来/v\n济南/ns 腾空而起/l/% 来/v\n"
    notes = [note for row in read(tmp_path, content) for note in row.notes]
    assert sorted(notes) == [
        "bracket_without_its_other_half",
        "bracket_without_its_other_half",
        "parts_of_speech",
        "tag_behind_a_tag",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("王/B-PER 芳/I-PER\n在/O 济南\n", r"txt:2: found '济南' without a tag; expected words with a tag"),
        ("王/B-PER 芳/I-PER\n在/O 济/Q-\n", r"txt:2: 'Q-' is not a tag|txt: 'Q-' is not a tag"),
        ("王芳/nr 在/p 济南/ns\n天气/n 好\n", r"txt:2: found '好' without a tag"),
        ("王芳/nr 在/p 济南/ns\n".encode("gb18030"), r"txt:1: not UTF-8 .*iconv -f GB18030"),
        ("今天 有 雨\n", r"txt: the words of its first lines have no tags; expected"),
    ],
    ids=["no_tag", "no_such_tag", "no_part_of_speech", "gbk", "plain"],
)
def test_broken_lines_are_named(tmp_path, content, message):
    with pytest.raises(UserError, match=message):
        list(tagged_lines.read(written(tmp_path, content)))


@pytest.mark.parametrize(
    "content",
    [
        "The/DT dog/NN ran/VBD\n",
        "今天/t 下雨/v 。/w\n",
        "王/B-PER\n芳/I-PER\n",
        "王\tB-PER\n芳\tI-PER\n",
        "12:30 3/4 和 a_b\n",
        "王芳来了\n",
        '{"text": "王/B-PER 芳/I-PER"}\n',
        "",
    ],
    ids=["english", "no_names", "one_a_line", "columns", "signs", "plain", "json", "empty"],
)
def test_other_files_are_not_claimed(tmp_path, content):
    assert not tagged_lines.recognises(read_head(written(tmp_path, content)))
