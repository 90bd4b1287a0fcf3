"""Word lists: comments, other names, and every fault with its line."""

import pytest

from nerforge.foundation.errors import UserError
from nerforge.generators.slots.tables.lists import Word, read_lines, read_words


def faults(path):
    with pytest.raises(UserError) as caught:
        read_words(path)
    return str(caught.value).replace(f"{path}", path.name).splitlines()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "words.txt"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param("投诉\n意见\n", [Word("投诉"), Word("意见")], id="one a line"),
        pytest.param("投诉", [Word("投诉")], id="no line break at the end"),
        pytest.param("\ufeff投诉\n", [Word("投诉")], id="byte order mark"),
        pytest.param("投诉\r\n意见\r\n", [Word("投诉"), Word("意见")], id="CRLF"),
        pytest.param("# 指标\n\n  投诉  \n  # 完\n　\n", [Word("投诉")], id="comments, blanks and spaces"),
        pytest.param("投诉 = 抱怨 | 客诉", [Word("投诉", ("抱怨", "客诉"))], id="other names"),
        pytest.param("投诉 = 抱怨|客诉", [Word("投诉", ("抱怨", "客诉"))], id="no spaces around |"),
        pytest.param("a=b", [Word("a=b")], id="= without spaces is a character"),
        pytest.param("C# 语言", [Word("C# 语言")], id="# within a line is a character"),
    ],
)
def test_words_are_read(path, content, words):
    path.write_bytes(content.encode())
    assert read_words(path) == tuple(words)


def test_the_value_is_its_own_first_surface():
    assert Word("投诉", ("抱怨", "客诉")).surfaces == ("投诉", "抱怨", "客诉")


def test_lines_keep_their_numbers(path):
    path.write_text("# 一\n甲\n\n乙\n", encoding="utf-8")
    assert list(read_lines(path)) == [(2, "甲"), (4, "乙")]


EMPTY = "an empty name in {}; expected VALUE = ALIAS | ALIAS"


@pytest.mark.parametrize(
    ("content", "messages"),
    [
        pytest.param("", ["words.txt: holds no words; expected one a line"], id="empty file"),
        pytest.param("# 投诉\n", ["words.txt: holds no words; expected one a line"], id="comments only"),
        pytest.param(
            "甲\n乙\n甲\n", ["words.txt:3: '甲' stands already in line 1; leave one out"], id="twice"
        ),
        pytest.param(
            "甲 = 丙\n乙 = 丙\n",
            ["words.txt:2: '丙' stands already in line 1; leave one out"],
            id="alias twice",
        ),
        pytest.param(
            "甲 = 甲\n", ["words.txt:1: '甲' stands already in line 1; leave one out"], id="alias of itself"
        ),
        pytest.param(
            "甲 = 乙 | | 丙\n", ["words.txt:1: " + EMPTY.format("'甲 = 乙 | | 丙'")], id="empty alias"
        ),
        pytest.param("甲 = \n", ["words.txt:1: " + EMPTY.format("'甲 ='")], id="nothing behind ="),
        pytest.param("= 甲\n", ["words.txt:1: " + EMPTY.format("'= 甲'")], id="nothing before ="),
        pytest.param(
            "甲\n甲\n乙 = |丁\n",
            [
                "words.txt:2: '甲' stands already in line 1; leave one out",
                "words.txt:3: " + EMPTY.format("'乙 = |丁'"),
            ],
            id="all at once",
        ),
    ],
)
def test_every_fault_is_told_with_its_line(path, content, messages):
    path.write_text(content, encoding="utf-8")
    assert faults(path) == messages


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
def test_another_encoding_is_told_with_the_line(path, encoding):
    path.write_bytes("abc\n投诉\n".encode(encoding))
    line = 2 if encoding == "gb18030" else 1
    assert faults(path) == [
        f"words.txt:{line}: not UTF-8; convert it, for example: iconv -f GB18030 -t UTF-8"
    ]


def test_a_missing_file_is_told(path):
    assert faults(path) == ["words.txt: cannot be read: No such file or directory"]
