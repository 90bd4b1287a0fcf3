"""Break example commands into lines that fit, as a shell reads them."""

from collections.abc import Iterable, Iterator
from unicodedata import east_asian_width

from nerforge.cli.help.examples import Example

_INDENT = "  "


def example_lines(examples: Iterable[Example], width: int) -> Iterator[str]:
    """Lay out examples, each with what it is for.

    Args:
        examples: They may be pasted into a shell as they stand.
        width: Columns of a line; a character of Chinese takes two.
    """
    for example in examples:
        if example.does:
            yield f"{example.does}:"
        yield from (f"{_INDENT}{line}" for line in _broken(example.line, width - len(_INDENT)))


def _broken(line: str, width: int) -> Iterator[str]:
    """Break a command before its options, where it is too long."""
    command, *options = line.split(" --")
    so_far = command
    for option in options:
        longer = f"{so_far} --{option}"
        # Room for the backslash.
        if cells(longer) > width - 2:
            yield f"{so_far} \\"
            so_far = f"{_INDENT}--{option}"
        else:
            so_far = longer
    yield so_far


def cells(text: str) -> int:
    """Count the columns that a text takes on a terminal."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
