"""Gold files: one sample a line, in the order of the alpaca file beside them."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from generators.files import read_jsonl
from templates.domain import Entity, LabelSchema, Sample
from templates.errors import UserError


class GoldRow(msgspec.Struct):
    """A line of a gold file: exactly a sample's fields."""

    id: str
    text: str
    entities: list[Entity]
    meta: dict[str, Any] = {}


def encode_gold(samples: Iterable[Sample]) -> Iterator[bytes]:
    """Write samples as JSON lines."""
    encoder = msgspec.json.Encoder()
    for sample in samples:
        yield encoder.encode(sample) + b"\n"


def read_gold(path: Path, schema: LabelSchema) -> list[Sample]:
    """Read a gold file.

    Raises:
        UserError: a line is malformed, an id occurs twice, or an entity contradicts text or schema.
    """
    samples: list[Sample] = []
    lines: dict[str, int] = {}
    for number, row in read_jsonl(path, GoldRow):
        if row.id in lines:
            raise UserError(f"{path}:{number}: id {row.id!r} stands already in line {lines[row.id]}")
        lines[row.id] = number
        try:
            sample = Sample(row.id, row.text, tuple(row.entities), row.meta)
            for entity in sample.entities:
                schema.kind(entity, sample.text)
        except ValueError as err:
            raise UserError(f"{path}:{number}: {err}") from err
        samples.append(sample)
    if not samples:
        raise UserError(f"{path}: holds no samples")
    return samples
