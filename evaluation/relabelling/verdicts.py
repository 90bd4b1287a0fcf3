"""Read verdicts: what a person who looked at a sentence says of its gold."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Literal

import msgspec

from nerforge.foundation.files.reading import read_jsonl
from nerforge.foundation.files.row_faults import RowFaults
from nerforge.templates.domain import Entity, LabelSchema, Sample

VERSION = 1
GOLD, MODEL, AMBIGUOUS = "gold", "model", "ambiguous"
REFUSE, KEEP = "refuse", "keep"
CONFLICTS = (REFUSE, KEEP)
"""What becomes of verdicts that contradict each other: an error, or gold stays and they are counted."""
VERDICTS = (GOLD, MODEL, AMBIGUOUS)
"""Who is wrong: gold, the model, or nobody can tell."""
_HASH = 12
"""Characters of a hash that a message shows."""


class JudgedError(msgspec.Struct, frozen=True):
    """The error that was looked at; None in its place where it was the whole sentence."""

    side: Literal["gold", "pred"]
    label: str
    start: int | None = None
    end: int | None = None


class VerdictRow(msgspec.Struct, frozen=True):
    """A line of a file of verdicts."""

    schema_version: int
    id: str
    text_sha256: str
    verdict: Literal["gold", "model", "ambiguous"]
    entities: tuple[Entity, ...] | None = None
    """The whole mended gold of the sentence, with the verdict ``gold`` alone."""
    error: JudgedError | None = None
    note: str = ""


class PlacedVerdict(msgspec.Struct, frozen=True):
    """A verdict, and where it stands."""

    where: str
    """File and line."""
    row: VerdictRow


@dataclass(slots=True)
class Verdicts:
    """Verdicts by sample id, each said once."""

    of_sample: dict[str, list[PlacedVerdict]] = field(default_factory=lambda: defaultdict(list))
    n_repeated: int = 0
    """Said again in the same words, and counted once."""

    def __iter__(self) -> Iterator[PlacedVerdict]:
        """Yield all."""
        return (verdict for found in self.of_sample.values() for verdict in found)


def read_verdicts(paths: list[Path], samples: Mapping[str, Sample], schema: LabelSchema) -> Verdicts:
    """Read files of verdicts, and check each against the gold that it is about.

    Args:
        paths: The files, of one person or several.
        samples: Gold by id.
        schema: Its labels.

    Raises:
        UserError: lines are malformed, of another gold, or say entities that cannot be; the message has a
            line for each of the first such faults.
    """
    found = Verdicts()
    for path in paths:
        faults = RowFaults(path)
        for number, row in read_jsonl(path, VerdictRow, faults):
            message = _fault_of(row, samples, schema)
            if message is not None:
                faults.add(number, message)
                continue
            placed = PlacedVerdict(f"{path}:{number}", row)
            if any(_says(row) == _says(other.row) for other in found.of_sample[row.id]):
                found.n_repeated += 1
            else:
                found.of_sample[row.id].append(placed)
        faults.check()
    return found


def _says(row: VerdictRow) -> object:
    # A note is for people: the same verdict with another note is the same.
    return row.verdict, row.error, None if row.entities is None else frozenset(row.entities)


def _fault_of(row: VerdictRow, samples: Mapping[str, Sample], schema: LabelSchema) -> str | None:
    """Say what is wrong with a verdict; None for nothing."""
    if row.schema_version != VERSION:
        return (
            f"schema_version {row.schema_version}; expected {VERSION}, which this version of nerforge reads"
        )
    sample = samples.get(row.id)
    if sample is None:
        return f"gold has no sample {row.id!r}; give the gold that the verdicts are about"
    found = text_hash(sample.text)
    if row.text_sha256 != found:
        return (
            f"the text of {row.id!r} is another one: the verdict is about text_sha256 "
            f"{row.text_sha256[:_HASH]!r}, gold has {found[:_HASH]!r}; give the gold that was judged, or "
            "judge the sentence again"
        )
    if (row.entities is not None) != (row.verdict == GOLD):
        return f"verdict {row.verdict!r} {_entities_fault(row)}"
    return next(_entity_faults(row.entities or (), sample, schema), None)


def _entities_fault(row: VerdictRow) -> str:
    if row.entities is None:
        return 'lacks "entities"; expected the whole mended gold of the sentence, [] for none'
    return 'has "entities"; expected them with the verdict "gold" alone'


def _entity_faults(entities: tuple[Entity, ...], sample: Sample, schema: LabelSchema) -> Iterator[str]:
    for number, entity in enumerate(entities):
        if entity.end is not None and entity.end > len(sample.text):
            yield (
                f"entity {entity.text!r} ({entity.label}) ends at {entity.end}, "
                f"the text of {sample.id!r} has {len(sample.text)} characters"
            )
            continue
        if entity in entities[:number]:
            yield f"entity {entity.text!r} ({entity.label}) stands twice in the mended gold of {sample.id!r}"
        try:
            schema.kind(entity, sample.text)
        except ValueError as err:
            yield str(err)


def encode_verdicts(samples: Iterable[Sample]) -> Iterator[bytes]:
    """Write samples as verdicts that gold is theirs, a line each."""
    encode = msgspec.json.Encoder().encode
    for sample in samples:
        row = VerdictRow(VERSION, sample.id, text_hash(sample.text), "gold", sample.entities)
        yield encode(row) + b"\n"


def text_hash(text: str) -> str:
    """Give the SHA-256 of a sentence's UTF-8."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
