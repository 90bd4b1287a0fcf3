"""What to tell the user of a file that no layout recognises."""

from collections.abc import Iterator, Mapping
from typing import Any

from nerforge.generators.corpora.reading.file_heads import FileHead
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout

_DEPTH = 4


def refusal_of(head: FileHead, layouts: Mapping[str, CorpusLayout]) -> str:
    """Say what a file holds, which layout is nearest, and what to try."""
    return f"{head.path}: looks like none of {', '.join(layouts)}; say which it is with --layout"


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
