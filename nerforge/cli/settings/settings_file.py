"""Find and read ``nerforge.toml``, or ``[tool.nerforge]`` of a ``pyproject.toml``."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nerforge.cli.settings.errors import SettingsError

OWN_FILE, PROJECT_FILE = "nerforge.toml", "pyproject.toml"
_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")
_HEADER = re.compile(r"\s*\[\[?([^\[\]]+)\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""\s*([\w.\-"' ]+?)\s*=""")


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """What a file says, and where in it."""

    path: Path
    folder: Path
    """Where it is: what its paths are meant from."""
    values: Mapping[str, Any]
    """The tables as they stand, those of ``[tool.nerforge]`` without that head."""
    lines: Mapping[tuple[str, ...], int]
    """The line of each key and table, counted from 1."""

    def place(self, *keys: str) -> str:
        """Name the line of a key, or of the table that it stands in."""
        for end in range(len(keys), 0, -1):
            if (line := self.lines.get(keys[:end])) is not None:
                return f"{self.path}:{line}"
        return str(self.path)


def find_settings(start: Path) -> SettingsFile | None:
    """Read the nearest file from a folder upwards to the root of its git repository; without one, only there.

    Raises:
        SettingsError: the file is no TOML, or cannot be read.
    """
    for folder in _folders(start):
        own, project = folder / OWN_FILE, folder / PROJECT_FILE
        if own.is_file():
            return _read(own, (), start)
        if project.is_file():
            found = _read(project, ("tool", "nerforge"), start)
            if found.values:
                return found
    return None


def _folders(start: Path) -> Iterator[Path]:
    upwards = [start, *start.parents]
    root = next((at for at, folder in enumerate(upwards) if (folder / ".git").exists()), 0)
    return iter(upwards[: root + 1])


def _read(file: Path, head: tuple[str, ...], start: Path) -> SettingsFile:
    # Most calls, --help among them, have no file to read.
    import tomllib

    # Messages name it as one would type it.
    path = Path(file.name) if file.parent == start else file
    try:
        text = file.read_bytes().decode("utf-8")
        values: Any = tomllib.loads(text)
    except UnicodeDecodeError as err:
        raise SettingsError(f"{path}: not UTF-8 at byte {err.start:,}; save it in UTF-8") from err
    except tomllib.TOMLDecodeError as err:
        said = str(err)
        line = f":{found[1]}" if (found := _PLACE.search(said)) else ""
        raise SettingsError(f"{path}{line}: no TOML: {_PLACE.sub('', said)}") from err
    for key in head:
        values = values.get(key, {})
    if not isinstance(values, dict):
        raise SettingsError(f"{path}: [{'.'.join(head)}] has to be a table")
    return SettingsFile(path, file.parent, values, dict(_lines(text, head)))


def _lines(text: str, head: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
    """Find where keys and tables stand, which tomllib does not tell; not those within inline tables."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = keys = _split(header[1])
        elif found := _KEY.match(line):
            keys = (*table, *_split(found[1]))
        else:
            continue
        if keys[: len(head)] == head:
            yield keys[len(head) :], number


def _split(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
