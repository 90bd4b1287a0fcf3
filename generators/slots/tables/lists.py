"""Lists of words, one a line, with comments."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.errors import UserError

_EQUALS = re.compile(r"(?:^|\s)=(?:\s|$)")


class Word(NamedTuple):
    """A value and its other names."""

    value: str
    aliases: tuple[str, ...] = ()

    @property
    def surfaces(self) -> tuple[str, ...]:
        """Every way of saying it, the value first."""
        return (self.value, *self.aliases)


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield ``(line number, line)`` of a text file, without blank lines and comments.

    Raises:
        UserError: it cannot be read as UTF-8.
    """
    try:
        content = path.read_text(encoding="utf-8-sig")
    except OSError as err:
        raise UserError(f"{path}: cannot be read: {err.strerror}") from err
    except UnicodeDecodeError as err:
        at = err.object[: err.start].count(b"\n") + 1
        raise UserError(
            f"{path}:{at}: not UTF-8; convert it, for example: iconv -f GB18030 -t UTF-8"
        ) from err
    for number, line in enumerate(content.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line.strip()


def read_words(path: Path) -> tuple[Word, ...]:
    """Read values, one a line; ``value = alias | alias`` gives other names.

    Raises:
        UserError: it cannot be read, is empty, or says one name twice; all faults at once.
    """
    words = []
    faults = []
    lines: dict[str, int] = {}
    for number, line in read_lines(path):
        value, *rest = _EQUALS.split(line, maxsplit=1)
        word = Word(value.strip(), tuple(alias.strip() for part in rest for alias in part.split("|")))
        if not all(word.surfaces):
            faults.append(f"{path}:{number}: an empty name in {line!r}; expected VALUE = ALIAS | ALIAS")
        for surface in word.surfaces:
            first = lines.setdefault(surface, number)
            if first != number or word.surfaces.count(surface) > 1:
                faults.append(f"{path}:{number}: {surface!r} stands already in line {first}; leave one out")
        words.append(word)
    if faults:
        raise UserError("\n".join(dict.fromkeys(faults)))
    if not words:
        raise UserError(f"{path}: holds no words; expected one a line")
    return tuple(words)
