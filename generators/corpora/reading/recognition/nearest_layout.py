"""What to tell the user of a file that no layout recognises."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, permutations
from pathlib import Path
from typing import Any

from nerforge.foundation.errors import UserError
from nerforge.foundation.printing import printable
from nerforge.generators.corpora.reading.json_records import read_values
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout
from nerforge.generators.corpora.reading.recognition.file_heads import FileHead, read_head
from nerforge.generators.corpora.reading.recognition.foreign_files import find_foreign
from nerforge.generators.corpora.reading.spans.fields.field_guesses import guess_fields

_DEPTH = 4
_N_KEYS, _N_CHARS = 12, 100
_LEAST_LIKENESS = 0.2
_N_FILES, _N_ROWS, _N_COLUMNS = 50, 5, 4
"""Of a folder, of a file, and of a line: how much is tried."""
_N_LINES = 200
_TAG = re.compile(r"(?<!\w)[BIESMUL][-_]\w")
_TRIED_BYTES = 1 << 23
"""Files up to this size are tried with every layout."""
_TABLES = (".csv", ".tsv")
_OF_TABLES = (
    "tables are read that have a token and its tag, a query and its answer, a text and its spans as JSON, or "
    "text, start, end and label"
)
_MORE = "all layouts: nerforge generate corpus --help; other names: --fields text=...,entities=...,label=..."


def refusal_of(head: FileHead, layouts: Mapping[str, CorpusLayout]) -> str:
    """Say what a file holds, which layout is nearest, and a command to try; six lines at most."""
    path = printable(str(head.path))
    if (foreign := find_foreign(head)) is not None:
        return f"{path}: {printable(str(foreign))}"
    said = [f"{path}: no layout is like it", _seen(head)]
    keys = tuple(dict.fromkeys(key for record in head.records for key in key_paths(record)))
    nearest = _nearest(keys, layouts)
    said += [_differing(nearest, layouts[nearest].keys, keys)] if nearest else []
    command = _command(head, layouts)
    return "\n".join([*said, f"try: {command}" if command else _MORE])


def key_paths(value: Any, prefix: str = "", depth: int = _DEPTH) -> Iterator[str]:
    """Yield the paths of a value: entities[].start of ``{"entities": [{"start": 0}]}`` among them."""
    if not depth:
        return
    if isinstance(value, dict):
        for name, child in value.items():
            path = f"{prefix}.{name}" if prefix else name
            yield path
            yield from key_paths(child, path, depth - 1)
    elif isinstance(value, list) and value:
        yield f"{prefix}[]"
        yield from key_paths(value[0], f"{prefix}[]", depth - 1)


def _seen(head: FileHead) -> str:
    if head.is_folder:
        return f"it holds {_listed(sorted(head.names)) or 'nothing'}"
    if head.records:
        keys = dict.fromkeys(key for record in head.records for key in key_paths(record))
        return f"keys: {_listed([key for key in keys if not key.endswith('[]')])}"
    first = next((line for line in head.lines if line.strip()), "")
    if first.lstrip().startswith(("{'", "[{'")):
        return f"first line: {_short(first)} (Python's notation; write rows with json.dumps)"
    if head.start.lstrip()[:1] in (b"{", b"[") and (fault := _json_fault(head)):
        return fault
    if head.path.suffix.casefold() in _TABLES:
        return f"columns: {_short(first)} ({_OF_TABLES})"
    return f"first line: {_short(first)}"


def _json_fault(head: FileHead) -> str | None:
    """Say what is wrong with JSON of which not even the first row can be read."""
    try:
        next(read_values(head.path), None)
    except UserError as err:
        return _short(str(err).splitlines()[0], 3 * _N_CHARS)
    return None


def _nearest(keys: Sequence[str], layouts: Mapping[str, CorpusLayout]) -> str | None:
    """Name the layout whose keys are most like those that are there."""
    likeness = {
        name: len(set(layout.keys) & set(keys)) / len({*layout.keys, *keys})
        for name, layout in layouts.items()
        if layout.keys
    }
    best = max(likeness, key=lambda name: likeness[name], default=None)
    return best if best is not None and likeness[best] >= _LEAST_LIKENESS else None


def _differing(name: str, wanted: tuple[str, ...], keys: Sequence[str]) -> str:
    lacking = [key for key in wanted if key not in keys]
    others = [key for key in keys if key not in wanted and not key.endswith("[]")]
    said = f"nearest layout: {name}"
    if lacking:
        said += f", which has {_listed(lacking)}"
    return f"{said}; the file has {_listed(others)} instead" if lacking and others else said


def _command(head: FileHead, layouts: Mapping[str, CorpusLayout]) -> str | None:
    """Give a command that reads the file; None where none is found."""
    path, options = head.path, None
    if head.is_folder:
        found = next((file for file in _files(head) if _claims(file, layouts)), None)
        path, options = (found, "") if found else (path, None)
    elif fields := guess_fields(head.values):
        options = f" --fields {shlex.quote(','.join(f'{name}={path}' for name, path in fields.items()))}"
    elif path.stat().st_size <= _TRIED_BYTES:
        options = _reading_layout(head, layouts)
    if options is None:
        return None
    return printable(f"nerforge generate corpus --input {shlex.quote(str(path))}{options} --out data_corpus")


def _files(head: FileHead) -> list[Path]:
    return [path for name in sorted(head.names)[:_N_FILES] if (path := head.path / name).is_file()]


def _claims(file: Path, layouts: Mapping[str, CorpusLayout]) -> bool:
    try:
        head = read_head(file)
    except UserError:
        return False
    return bool(head.start) and any(layout.recognises(head) for layout in layouts.values())


def _reading_layout(head: FileHead, layouts: Mapping[str, CorpusLayout]) -> str | None:
    """Give the options with which a layout reads the file, though it does not look like that."""
    path, has_tags = head.path, any(map(_TAG.search, head.lines[:_N_LINES]))
    for name, layout in layouts.items():
        if _reads(path, layout):
            return f" --layout {name}"
        if has_tags and "token_column" in layout.options:
            for token, tag in permutations(range(1, _N_COLUMNS + 1), 2):
                if _reads_columns(head, layout, token, tag):
                    return f" --layout {name} --token-column {token} --tag-column {tag}"
    return None


def _reads(path: Path, layout: CorpusLayout) -> bool:
    try:
        rows = list(islice(layout.read(path), _N_ROWS))
    except UserError:
        return False
    return any(row.entities and row.text.strip() for row in rows)


def _reads_columns(head: FileHead, layout: CorpusLayout, token: int, tag: int) -> bool:
    """Tell whether entities of two columns have labels that stand in tags: words alone are no labels."""
    try:
        rows = list(islice(layout.read(head.path, token_column=token, tag_column=tag), _N_ROWS))
    except UserError:
        return False
    labels = {entity.label for row in rows for entity in row.entities}
    said = "\n".join(head.lines[:_N_LINES])
    return bool(labels) and all(
        re.search(rf"(?<!\w)[BIESMULW][-_:]{re.escape(label)}(?![\w-])", said) for label in labels
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_N_KEYS]) + (", ..." if len(names) > _N_KEYS else "")
    return _short(shown, 2 * _N_CHARS)


def _short(text: str, length: int = _N_CHARS) -> str:
    return printable(text if len(text) <= length else f"{text[:length]}...")
