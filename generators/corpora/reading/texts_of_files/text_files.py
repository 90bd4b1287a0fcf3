"""Read small text files whole, with their line ends as they are."""

from collections.abc import Iterator
from pathlib import Path

from nerforge.foundation.files.read_errors import read_errors_of
from nerforge.generators.corpora.reading.texts_of_files.utf8_lines import byte_lines, encoding_fault

BOM = "\ufeff"


def read_text(path: Path) -> str:
    """Read a text file in UTF-8; a byte order mark stays the first character.

    Raises:
        UserError: it cannot be read, or is not UTF-8.
    """
    with read_errors_of(path):
        content = path.read_bytes()
    try:
        return content.decode()
    except UnicodeDecodeError as err:
        raise encoding_fault(path, content.count(b"\n", 0, err.start) + 1, err) from err


def without_mark(text: str) -> str:
    """Remove a byte order mark."""
    return text.removeprefix(BOM)


def lines_of(text: str) -> list[str]:
    """Give the lines of a text that line feeds end, without a carriage return at their end."""
    return [line.removesuffix("\r") for line in text.split("\n")]


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text file with their numbers, without their ends and without a byte order mark.

    Raises:
        UserError: it cannot be read, or a line is not UTF-8.
    """
    for number, line in enumerate(byte_lines(path), start=1):
        try:
            yield number, line.decode().removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError as err:
            raise encoding_fault(path, number, err) from err
