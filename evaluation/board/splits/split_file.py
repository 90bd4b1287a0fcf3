"""``split.json``: what a fixed split is made of, and the hash of each of its parts."""

from pathlib import Path

import msgspec

from nerforge.foundation.files.hashing import HashedFile
from nerforge.foundation.files.reading import read_json

SPLIT_FILE = "split.json"
SCHEMA_VERSION = 1


class SplitPart(msgspec.Struct, frozen=True):
    """A gold file of a split."""

    rows: int
    without_entities: int
    entities: int
    sha256: str
    """Of the file's bytes."""


class SplitSettings(msgspec.Struct, frozen=True):
    """How a corpus was divided."""

    limit: int | None
    """Rows that were read, the first ones; None for all."""
    dev: float
    test: float
    similarity: float
    """From which on a training text is a near duplicate of one of dev or test."""


class SplitRows(msgspec.Struct, frozen=True):
    """What became of the rows of the corpus."""

    file: HashedFile
    rows: int
    dropped_rows: int
    """With faults."""
    rows_after_limit: int
    repeated_texts: int
    """Rows whose text an earlier row says."""
    contradictory_texts: int
    """Labellings of a text beyond its first one, which alone counts."""
    near_duplicates_of_dev_or_test: int
    """Training texts that were dropped."""
    near_duplicates_left_between_dev_and_test: int


class FixedSplit(msgspec.Struct, frozen=True, kw_only=True):
    """A split, as ``split.json`` describes it."""

    schema_version: int = SCHEMA_VERSION
    task: str
    parts: dict[str, SplitPart]
    """By the names of the files in ``gold/``."""
    settings: SplitSettings
    source: SplitRows
    versions: dict[str, str]


def read_split(folder: Path) -> FixedSplit:
    """Read the description of a split.

    Raises:
        UserError: there is none, or it cannot be read.
    """
    return read_json(folder / SPLIT_FILE, FixedSplit)
