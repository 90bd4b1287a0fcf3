"""Find out in which encoding people's text files are: UTF-8, UTF-16 as Excel writes it, or GB18030."""

import codecs
from pathlib import Path
from typing import TextIO

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.read_errors import read_errors_of

UTF8 = "utf-8-sig"
_GB = "gb18030"
_BLOCK = 1 << 17
# The marks of UTF-32 begin with those of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    codecs.BOM_UTF8: UTF8,
}
_BINARY = {
    b"PK\x03\x04": "a zip archive or an Excel workbook; save it as CSV UTF-8, or unpack it",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file; save it as CSV UTF-8",
    b"PAR1": "a Parquet file; save it as JSON Lines",
    b"\x1f\x8b": "a gzip archive; unpack it",
    b"%PDF": "a PDF; copy its text into a file",
}
_SHARE_BY_CHANCE = 0.1


def find_encoding(path: Path) -> str:
    """Find the encoding of a text file; one that is truncated within its last character is UTF-8 still.

    Raises:
        UserError: the file cannot be read, is no text, or is in no one encoding.
    """
    with read_errors_of(path):
        with path.open("rb") as file:
            head = file.read(_BLOCK)
        _refuse_binary(path, head)
        marked = next((name for mark, name in _MARKS.items() if head.startswith(mark)), None)
        if marked is not None and marked != UTF8:
            return marked
        if b"\0" in head:
            return _unmarked_utf16(path)
        return UTF8 if _fits(path, "utf-8") else _other_than_utf8(path)


def open_text(path: Path, encoding: str, newline: str = "") -> TextIO:
    """Open a file of an encoding that ``find_encoding`` found, with its line ends as they are.

    A carriage return ends a line too, unless ``newline`` is a line feed.
    """
    return path.open(encoding=encoding, errors="replace", newline=newline)


def _refuse_binary(path: Path, head: bytes) -> None:
    for magic, what in _BINARY.items():
        if head.startswith(magic):
            raise UserError(f"{path}: is {what}")


def _fits(path: Path, encoding: str) -> bool:
    """Tell whether all bytes are of an encoding, apart from a last character that is truncated."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return False
    return True


def _other_than_utf8(path: Path) -> str:
    """Take GB18030 where it fits and hardly a line is UTF-8 by itself.

    Raises:
        UserError: it does not fit.
    """
    # A GB18030 file has many lines that are not UTF-8, and hardly one beyond ASCII that is. One bad byte in a
    # UTF-8 file is the reverse: it is refused with its line, not taken for Chinese of another encoding.
    first_bad = n_bad = n_good = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                n_good += not line.decode().isascii()
            except UnicodeDecodeError:
                n_bad += 1
                first_bad = first_bad or number
    if n_good <= n_bad * _SHARE_BY_CHANCE and _fits(path, _GB):
        return _GB
    raise UserError(
        f"{path}:{first_bad}: not UTF-8, nor is the file in one other encoding; "
        f"convert it, for example: iconv -f GB18030 -t UTF-8"
    )


def _unmarked_utf16(path: Path) -> str:
    """Find the UTF-16 whose text has line ends and no NUL.

    Raises:
        UserError: neither byte order gives such a text.
    """
    data = path.read_bytes()
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text and ("\n" in text or "\r" in text):
            return encoding
    raise UserError(f"{path}: holds NUL bytes, so it is no text; expected text in UTF-8")
