"""Read gold files a line at a time, so that their size does not matter."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from evaluation.slices import TrainingRow
from generators.files import read_jsonl
from generators.gold import GoldRow
from templates.domain import LabelSchema, Sample
from templates.errors import UserError


class _IndexRow(msgspec.Struct):
    id: str
    text: str


def read_index(path: Path) -> list[tuple[str, str]]:
    """Read the ids and texts of a gold file, in order.

    Raises:
        UserError: a line is malformed, an id occurs twice, or there are no samples.
    """
    index: dict[str, str] = {}
    for number, row in read_jsonl(path, _IndexRow):
        if row.id in index:
            raise UserError(f"{path}:{number}: id {row.id!r} stands already in a line above")
        index[row.id] = row.text
    if not index:
        raise UserError(f"{path}: holds no samples")
    return list(index.items())


def stream_gold(path: Path, schema: LabelSchema) -> Iterator[Sample]:
    """Yield the samples of a gold file.

    Raises:
        UserError: a line is malformed, or an entity contradicts text or schema.
    """
    for number, row in read_jsonl(path, GoldRow):
        try:
            sample = Sample(row.id, row.text, tuple(row.entities), row.meta)
            for entity in sample.entities:
                is_plain = entity.start is not None and row.text[entity.start : entity.end] == entity.text
                if not (is_plain and entity.label in schema):
                    schema.kind(entity, row.text)
        except ValueError as err:
            raise UserError(f"{path}:{number}: {err}") from err
        yield sample


def read_surfaces(path: Path) -> set[str]:
    """Read which words the entities of a training gold file are said with.

    Raises:
        UserError: a line is malformed.
    """
    return set().union(*(row.surfaces() for _, row in read_jsonl(path, TrainingRow)))
