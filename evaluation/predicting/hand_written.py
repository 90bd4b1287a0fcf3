"""The prompts of data directories without our manifest, as people write them: with gold or without."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import msgspec

from nerforge.evaluation.engines import Request
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_jsonl
from nerforge.generators.datasets.data_entries import DataEntry, EntryRow, read_entry, split_of
from nerforge.generators.datasets.dataset import ALPACA_NAMES

_EXCERPT = 40


class _GoldHead(msgspec.Struct):
    id: str
    text: str


class AskedEntry(NamedTuple):
    """A row and the id that its answer gets."""

    id: str
    sentence: str
    """What gold says is asked about; without gold, the row's column for it, or nothing."""
    row: EntryRow


def find_gold(folder: Path, entry: DataEntry) -> Path | None:
    """Find the gold of a data set beside it: by its name, or by the split that it is."""
    # "ner_dev" is our name of dev; "my-valid-set" says dev by one of its words.
    split = next((split for split, name in ALPACA_NAMES.items() if name == entry.name), split_of(entry.name))
    names = [f"{name}.jsonl" for name in (entry.name, split) if name]
    return next((folder / "gold" / name for name in names if (folder / "gold" / name).is_file()), None)


def read_entry_requests(entry: DataEntry, gold: Path | None) -> Iterator[Request]:
    """Yield the prompts of a data set, with the ids of gold or, without it, their positions.

    Raises:
        UserError: the rows cannot be read, or gold does not belong to them.
    """
    for asked in read_asked_entry(entry, gold):
        yield Request(asked.id, asked.row.user, asked.row.system, asked.sentence or None)


def read_asked_entry(entry: DataEntry, gold: Path | None) -> Iterator[AskedEntry]:
    """Yield the rows of a data set with their ids, one at a time in memory.

    Raises:
        UserError: the rows cannot be read, or gold does not belong to them.
    """
    if gold is None:
        for number, row in enumerate(read_entry(entry), start=1):
            yield AskedEntry(f"row-{number:06d}", row.sentence, row)
        return
    for number, (head, row) in enumerate(zip_longest(_heads(gold), read_entry(entry)), start=1):
        if head is None or row is None:
            longer, shorter = (entry.path, gold) if head is None else (gold, entry.path)
            raise UserError(
                f"{shorter}: ends after {number - 1} rows, {longer} goes on; they must belong together"
            )
        line, said = head
        # `in`, not equality: the instruction is a part of the user turn.
        if said.text not in row.user:
            raise UserError(
                f"{row.where}: does not ask about {said.text[:_EXCERPT]!r} of {gold}:{line}; gold has a "
                "line for each row, in their order"
            )
        yield AskedEntry(said.id, said.text, row)


def _heads(gold: Path) -> Iterator[tuple[int, _GoldHead]]:
    return read_jsonl(gold, _GoldHead)
