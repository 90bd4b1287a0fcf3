"""Gold files: one sample a line, in the order of the alpaca file beside them."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from generators.files import read_jsonl
from templates.domain import Entity, LabelSchema, Sample
from templates.errors import UserError
from templates.tasks.files import TASK_FILE


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=_HasId)


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
        UserError: a line is malformed, an id occurs twice, an entity contradicts text or schema, or there are
            no samples.
    """
    return list(distinct(path, _read_samples(path, schema)))


def stream_gold(path: Path, schema: LabelSchema) -> Iterator[Sample]:
    """Yield the samples of a gold file a line at a time, so that its size does not matter.

    Raises:
        UserError: a line is malformed, or an entity contradicts text or schema.
    """
    return (sample for _, sample in _read_samples(path, schema))


def distinct(path: Path, rows: Iterable[tuple[int, R]]) -> Iterator[R]:
    """Pass on the numbered rows of a gold file, whichever of their fields are read.

    Raises:
        UserError: an id occurs twice, or there are no rows.
    """
    lines: dict[str, int] = {}
    for number, row in rows:
        first = lines.setdefault(row.id, number)
        if first != number:
            raise UserError(f"{path}:{number}: id {row.id!r} stands already in line {first}")
        yield row
    if not lines:
        raise UserError(f"{path}: holds no samples")


def _read_samples(path: Path, schema: LabelSchema) -> Iterator[tuple[int, Sample]]:
    for number, row in read_jsonl(path, GoldRow):
        try:
            sample = Sample(row.id, row.text, tuple(row.entities), row.meta)
            for entity in sample.entities:
                is_plain = entity.start is not None and row.text[entity.start : entity.end] == entity.text
                if not (is_plain and entity.label in schema):
                    schema.kind(entity, row.text)
        except ValueError as err:
            raise UserError(
                f"{path}:{number}: {err}; where a data set has its own {TASK_FILE}, pass that as --task"
            ) from err
        yield number, sample
