"""Read of gold files only what a pass over them needs, so that their size does not matter."""

from pathlib import Path

import msgspec

from nerforge.evaluation.metrics.slices import TrainingRow
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_all_jsonl, read_jsonl
from nerforge.foundation.files.row_faults import RowFaults
from nerforge.generators.datasets.entity_gold import distinct, read_gold
from nerforge.templates.domain import LabelSchema


class _IndexRow(msgspec.Struct):
    id: str
    text: str


def read_index(path: Path, schema: LabelSchema | None = None) -> list[tuple[str, str]]:
    """Read the ids and texts of a gold file, in order.

    Args:
        path: The file.
        schema: Its labels, to tell the faults of its entities together with those of ids and lines.

    Raises:
        UserError: lines are malformed, ids occur twice (the message has a line for each of the first such
            faults), or there are no samples.
    """
    faults = RowFaults(path)
    rows = distinct(path, read_jsonl(path, _IndexRow, faults), faults)
    try:
        return [(row.id, row.text) for row in rows]
    except UserError:
        if schema is not None:
            read_gold(path, schema)
        raise


def read_surfaces(path: Path) -> set[str]:
    """Read which words the entities of a training gold file are said with.

    Raises:
        UserError: the file cannot be read, or lines are malformed.
    """
    return set().union(*(row.surfaces() for _, row in read_all_jsonl(path, TrainingRow)))
