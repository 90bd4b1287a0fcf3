from pathlib import Path

import pytest

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.delimited import DelimitedRecord, find_delimiter, read_delimited
from nerforge.foundation.files.encodings import UTF8, find_encoding

TEXT = "query,answer\r\n菏泽市,<City>菏泽</City>\r\n"
ROWS = [DelimitedRecord(1, ["query", "answer"]), DelimitedRecord(2, ["菏泽市", "<City>菏泽</City>"])]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "gbk"]
)
def test_a_table_reads_the_same_in_every_encoding(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(TEXT.encode(encoding))
    assert list(read_delimited(path)) == ROWS


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a\tb, c\n1\t2, 3, 4\n", "\t"),
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2\n3;4,5\n", ";"),
        ("a|b\n1|2\n", "|"),
        ('a,b\n"x, y; z",2\n', ","),
        ("one\ntwo\n", None),
    ],
    ids=["tab", "comma", "semicolon", "bar", "quoted", "none"],
)
def test_the_delimiter_is_found(text: str, delimiter: str | None, tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text(text)
    assert find_delimiter(path, UTF8) == delimiter


def test_records_keep_the_line_where_they_begin_and_blank_ones_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a,b\n\n"two\nlines",x\n,\nlast,y\n\n\n')
    assert [(record.line, record.cells[0]) for record in read_delimited(path)] == [
        (1, "a"), (3, "two\nlines"), (6, "last"),
    ]  # fmt: skip


def test_a_quote_that_is_not_closed_is_told(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a,b\n"x,y\nz,w\n')
    with pytest.raises(UserError, match=r"t\.csv:2: unexpected end of data; expected quotes"):
        list(read_delimited(path, ","))


def test_utf8_whose_end_was_cut_off_is_utf8(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes("菏泽市".encode()[:-1])
    assert find_encoding(path) == UTF8


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("菏泽\n".encode() * 20 + b"\xff\xfe\n", "t.txt:21: not UTF-8, nor is"),
        (b"PK\x03\x04rest", "t.txt: is a zip archive or an Excel workbook"),
        (b"PAR1rest", "t.txt: is a Parquet file"),
        (b"a\0b", "t.txt: holds NUL bytes"),
    ],
    ids=["mixed", "excel", "parquet", "nul"],
)
def test_a_file_that_is_no_text_is_told(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes(content)
    with pytest.raises(UserError, match=said):
        find_encoding(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        find_encoding(tmp_path / "no.txt")
