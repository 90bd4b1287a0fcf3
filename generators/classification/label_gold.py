"""Gold of text classification: a labelled text a line."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from nerforge.foundation.files.reading import read_jsonl
from nerforge.foundation.files.row_faults import RowFaults
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.datasets.entity_gold import distinct


class LabelledText(msgspec.Struct, frozen=True):
    """A text and its label; exactly what a line of gold holds."""

    id: str
    text: str
    label: str
    meta: JsonObject = {}
    """``options``: the labels that the prompt offers, where the corpus says so."""

    @property
    def options(self) -> tuple[str, ...]:
        """The labels that the prompt offers; none for all of the task."""
        return tuple(self.meta.get("options", ()))

    @property
    def labels(self) -> tuple[str]:
        """Its one label."""
        return (self.label,)

    @property
    def labelling(self) -> bytes:
        """What tells it from another sample of the same text; that is not what the prompt offers."""
        return self.label.encode()


def encode_labelled(sample: LabelledText) -> bytes:
    """Write a line of gold."""
    return msgspec.json.encode(sample) + b"\n"


def read_labelled(path: Path) -> list[LabelledText]:
    """Read a gold file.

    Raises:
        UserError: lines are malformed, ids occur twice or options are no lists of labels (the message has a
            line for each of the first such faults), or there are no texts.
    """
    faults = RowFaults(path)
    return list(distinct(path, _read(path, faults), faults))


def _read(path: Path, faults: RowFaults) -> Iterator[tuple[int, LabelledText]]:
    for number, sample in read_jsonl(path, LabelledText, faults):
        options = sample.meta.get("options", [])
        if not isinstance(options, list) or not all(isinstance(option, str) for option in options):
            faults.add(number, f"meta.options is {options!r}, expected a list of labels")
            continue
        yield number, sample
