"""Gold files: one sample a line, in the order of the alpaca file beside them."""

from collections.abc import Iterable, Iterator, Set
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_jsonl
from nerforge.foundation.files.row_faults import RowFaults
from nerforge.foundation.json_values import JsonObject
from nerforge.templates.domain import Entity, LabelSchema, Sample
from nerforge.templates.tasks.files import TASK_FILE


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=_HasId)
_TASK_HINT = f"where a data set has its own {TASK_FILE}, pass that as --task"


class GoldRow(msgspec.Struct):
    """A line of a gold file: exactly a sample's fields."""

    id: str
    text: str
    entities: tuple[Entity, ...]
    meta: JsonObject = {}


def encode_gold(samples: Iterable[Sample]) -> Iterator[bytes]:
    """Write samples as JSON lines."""
    encoder = msgspec.json.Encoder()
    for sample in samples:
        yield encoder.encode(sample) + b"\n"


def read_gold(path: Path, schema: LabelSchema) -> list[Sample]:
    """Read a gold file.

    Raises:
        UserError: lines are malformed, ids occur twice, entities contradict text or schema (the message has a
            line for each of the first such faults), or there are no samples.
    """
    faults = RowFaults(path)
    return list(distinct(path, _read_samples(path, schema, faults), faults))


def stream_gold(path: Path, schema: LabelSchema) -> Iterator[Sample]:
    """Yield the samples of a gold file a line at a time, so that its size does not matter.

    Raises:
        UserError: lines are malformed, or entities contradict text or schema; after the first such line the
            others are only looked at for faults.
    """
    faults = RowFaults(path)
    for _, sample in _read_samples(path, schema, faults):
        if not faults:
            yield sample
    faults.check()


def distinct(path: Path, rows: Iterable[tuple[int, R]], faults: RowFaults) -> Iterator[R]:
    """Pass on the numbered rows of a gold file, whichever of their fields are read.

    Args:
        path: The file.
        rows: Its rows.
        faults: What is wrong with rows that are not among them; after a fault no row is passed on.

    Raises:
        UserError: there are faults, an id occurs twice, or there are no rows.
    """
    lines: dict[str, int] = {}
    for number, row in rows:
        first = lines.setdefault(row.id, number)
        if first != number:
            faults.add(number, f"duplicate id {row.id!r}, first in line {first}")
        if not faults:
            yield row
    faults.check()
    if not lines:
        raise UserError(f"{path}: holds no samples")


def _read_samples(path: Path, schema: LabelSchema, faults: RowFaults) -> Iterator[tuple[int, Sample]]:
    labels = frozenset(schema.names)
    for number, row in read_jsonl(path, GoldRow, faults):
        messages = [] if _says_values(row, labels) else list(_faults_of(row, schema))
        for message in messages:
            faults.add(number, message)
        if not messages:
            yield number, Sample(row.id, row.text, row.entities, row.meta)


def _says_values(row: GoldRow, labels: Set[str]) -> bool:
    """Tell whether each entity is the usual one, whose span says its value: a fast look before the whole."""
    text = row.text
    for entity in row.entities:
        if entity.start is None or entity.label not in labels:
            return False
        if text[entity.start : entity.end] != entity.text:
            return False
    return True


def _faults_of(row: GoldRow, schema: LabelSchema) -> Iterator[str]:
    """Say what is wrong with each entity."""
    for entity in row.entities:
        if entity.end is not None and entity.end > len(row.text):
            yield (
                f"entity {entity.text!r} ({entity.label}) ends at {entity.end}, "
                f"the text has {len(row.text)} characters"
            )
            continue
        try:
            schema.kind(entity, row.text)
        except ValueError as err:
            yield f"{err}; {_TASK_HINT}"
