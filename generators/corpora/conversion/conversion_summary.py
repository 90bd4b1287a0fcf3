"""What a conversion has written, and what it has lost."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from nerforge.generators.corpora.conversion.losses import LossCount

GOLD, PREDICTIONS = KINDS = ("gold", "predictions")
"""What a file says of its entities: that they are right, or that a model found them."""


class ConvertedFile(msgspec.Struct):
    """A file that was written, or a folder of a layout that is one."""

    path: str
    rows: int = 0
    entities: int = 0
    labels: dict[str, int] = {}


class ConversionSummary(msgspec.Struct):
    """What became of the rows of an annotated file."""

    source: str
    layout: str
    """That of the source; several, with a comma between, where its files have several."""
    to: str
    kind: str
    """``gold`` or ``predictions``."""
    model: str | None
    out: list[ConvertedFile]
    rows: int
    """Of the source, before anything was dropped."""
    rows_of_other_splits: int
    read: Mapping[str, Any]
    """What became of them while they were read, as in the manifest of ``generate``; or the outcomes of
    answers."""
    lost: dict[str, LossCount]
    """What the layout could not carry, by kind."""
    notes: list[str]
    """Of how the source was read, a sentence each."""

    @property
    def n_written(self) -> int:
        """Rows that were written."""
        return sum(file.rows for file in self.out)

    @property
    def n_entities(self) -> int:
        """Entities that were written."""
        return sum(file.entities for file in self.out)

    @property
    def labels(self) -> Counter[str]:
        """Entities that were written, by label."""
        return sum((Counter(file.labels) for file in self.out), Counter())
