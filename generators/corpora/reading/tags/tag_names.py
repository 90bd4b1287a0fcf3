"""What numbers of tags stand for, where a file beside the rows says it."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import yaml

from nerforge.generators.corpora.reading.tags.tag_schemes import OUTSIDE

_LISTS = ("labels.txt", "label_list.txt", "label.txt", "tags.txt", "ner_tags.txt", "classes.txt")
_JSON = (
    "label_list.json", "id2label.json", "label2id.json", "label_map.json", "labels.json", "tag2id.json",
    "id2tag.json", "tags.json", "label_to_id.json", "ner_label_list.json", "dataset_info.json",
    "dataset_infos.json", "features.json", "config.json",
)  # fmt: skip
_CARD = "README.md"
_DEPTH = 10
_MAX_BYTES = 1 << 22
_NUMBERED = re.compile(r"(?:(\d+)[\s,:]+(\S+)|(\S+)[\s,:]+(\d+))")


class TagNames(NamedTuple):
    """The names of numbers from 0."""

    names: tuple[str, ...]
    source: str
    """The file that says them."""


def find_names(path: Path, column: str) -> TagNames | None:
    """Look for the names of a column's tags beside its file, or in the folder above.

    Args:
        path: The file of rows.
        column: What its tags are called.
    """
    for folder in (path.parent, path.parent.parent):
        for name in (*_LISTS, *_JSON, _CARD):
            if names := _names_in(folder / name, column):
                return TagNames(names, name)
    return None


def names_of(value: Any) -> tuple[str, ...] | None:
    """Read names of numbers: a list of names, or an object from numbers to names or from names to numbers."""
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return tuple(value) if OUTSIDE in value else None
    if not isinstance(value, dict) or not value:
        return None
    pairs = [_numbered(*pair) for pair in value.items()]
    numbered = {number: name for number, name in filter(None, pairs)}
    if len(numbered) < len(value) or sorted(numbered) != list(range(len(numbered))):
        return None
    return names_of([numbered[number] for number in range(len(numbered))])


def _numbered(key: str, value: Any) -> tuple[int, str] | None:
    if isinstance(value, str) and key.isdecimal():
        return int(key), value
    return (value, key) if isinstance(value, int) and not isinstance(value, bool) else None


def _names_in(path: Path, column: str) -> tuple[str, ...] | None:
    try:
        if not path.is_file() or path.stat().st_size > _MAX_BYTES:
            return None
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".txt":
            return _names_of_lines(text.splitlines())
        content = _front_matter(text) if path.name == _CARD else msgspec.json.decode(text)
    except (OSError, ValueError, yaml.YAMLError, RecursionError):
        # What cannot be read names nothing; the refusal says what is expected.
        return None
    found = list(_search(content, ()))
    # Of several columns with names that of the tags goes before any other.
    return next((names for path, names in found if column in path), found[0][1] if found else None)


def _names_of_lines(lines: Sequence[str]) -> tuple[str, ...] | None:
    names = [line.strip() for line in lines if line.strip()]
    if matches := [match for name in names if (match := _NUMBERED.fullmatch(name))]:
        return names_of({m[2] or m[3]: int(m[1] or m[4]) for m in matches})
    return names_of(names)


def _front_matter(text: str) -> Any:
    """Read the YAML before a card of a data set, as hubs show it."""
    match = re.match(r"---\n(.*?)\n---", text, re.DOTALL)
    return yaml.safe_load(match[1]) if match else None


def _search(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Yield all names of numbers within a value, with the keys that lead to them."""
    if names := names_of(value):
        yield path, names
    elif isinstance(value, dict) and len(path) < _DEPTH:
        name = value.get("name")
        inner = (*path, name) if isinstance(name, str) else path
        for key, child in value.items():
            yield from _search(child, (*inner, str(key)))
    elif isinstance(value, list) and len(path) < _DEPTH:
        for child in value:
            yield from _search(child, path)
