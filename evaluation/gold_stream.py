"""Read of gold files only what a pass over them needs, so that their size does not matter."""

from pathlib import Path

import msgspec

from evaluation.slices import TrainingRow
from generators.files import read_jsonl
from generators.gold import distinct


class _IndexRow(msgspec.Struct):
    id: str
    text: str


def read_index(path: Path) -> list[tuple[str, str]]:
    """Read the ids and texts of a gold file, in order.

    Raises:
        UserError: a line is malformed, an id occurs twice, or there are no samples.
    """
    return [(row.id, row.text) for row in distinct(path, read_jsonl(path, _IndexRow))]


def read_surfaces(path: Path) -> set[str]:
    """Read which words the entities of a training gold file are said with.

    Raises:
        UserError: the file cannot be read, or a line is malformed.
    """
    return set().union(*(row.surfaces() for _, row in read_jsonl(path, TrainingRow)))
