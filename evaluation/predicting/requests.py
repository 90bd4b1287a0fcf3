"""The prompts of a split, with the ids of its gold."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import msgspec

from nerforge.evaluation.engines import Request
from nerforge.evaluation.predicting.hand_written import find_gold, read_entry_requests
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.json_arrays import read_array
from nerforge.foundation.files.reading import read_all_jsonl, read_jsonl
from nerforge.generators.datasets.data_directory import SetFolder, find_set
from nerforge.generators.datasets.data_entries import find_entry, is_generated
from nerforge.generators.datasets.dataset import ALPACA_NAMES, DATASET_INFO, find_alpaca
from nerforge.generators.datasets.sentence_places import sentence_places
from nerforge.generators.rows.row_shapes import AnyShapeRow


class GoldHead(msgspec.Struct):
    """What is needed of a line of gold to ask about its sentence."""

    id: str
    text: str


def own_set(data: Path, split: str) -> SetFolder | None:
    """Find the data set of ours and its split that is asked for; None for rows of others.

    Args:
        data: A dataset directory, or a data directory of LLaMA-Factory into which some were added.
        split: The split, or the name of an entry.
    """
    # "ner_dev", as dataset_info.json calls it, is asked for as often as "dev".
    by_entry = {name: known for known, name in ALPACA_NAMES.items()}
    found = by_entry.get(split, split)
    has_no_info = not (data / DATASET_INFO).is_file()
    if found in ALPACA_NAMES and (is_generated(data) or (has_no_info and find_alpaca(data, found).is_file())):
        return SetFolder(data, found)
    try:
        return find_set(data, find_entry(data, split).says)
    except UserError:
        # What is missing is said by who needs the rows.
        return None


def require_alpaca(data: Path, split: str) -> Path:
    """Find the file of rows of a split, or of any data set by its name.

    Raises:
        UsageError: there is no such split or data set.
        UserError: there is no such file.
    """
    own = own_set(data, split)
    if own is None:
        return find_entry(data, split).path
    path = find_alpaca(own.path, own.split)
    if not path.is_file():
        raise UserError(f"{path}: no such file; name a dataset directory of `generate` with a {split} split")
    return path


def has_rows(data: Path, split: str) -> bool:
    """Tell whether a folder has rows of a split, ours or another's."""
    try:
        return require_alpaca(data, split).is_file()
    except UserError:
        return False


class AskedRow(NamedTuple):
    """A row and the gold sentence that it asks about."""

    id: str
    sentence: str
    row: AnyShapeRow


def read_requests(data: Path, split: str, gold: Path | None = None) -> Iterator[Request]:
    """Yield the prompts of a split, with the ids of its gold, a row at a time in memory.

    Args:
        data: A dataset directory of ours, or a data directory of LLaMA-Factory.
        split: ``train``, ``dev`` or ``test``, or the name of a data set.
        gold: The gold of a data set without our manifest; None for what lies beside it. Where there is none,
            rows are named by their position.

    Raises:
        UsageError: there is no such split or data set.
        UserError: rows and gold are missing or do not fit together.
    """
    own = own_set(data, split)
    if own is None:
        entry = find_entry(data, split)
        yield from read_entry_requests(entry, gold or find_gold(data, entry))
    else:
        for asked in read_asked(own.path, own.split):
            turns = asked.row.turns()
            yield Request(asked.id, turns.user, turns.system, asked.sentence)


def describe_rows(data: Path, split: str, gold: Path | None = None) -> list[str]:
    """Say how rows without our manifest are found and named, a sentence each.

    Raises:
        UsageError: there is no such split or data set.
        UserError: there is no such folder or file.
    """
    if own_set(data, split) is not None:
        return ["--gold is not needed: the data set has gold of its own"] if gold else []
    entry = find_entry(data, split)
    found = gold or find_gold(data, entry)
    named = (
        f"rows have the ids of {found}"
        if found
        else f"no gold beside {entry.path}: rows are named by their position (row-000001); score them with "
        "--gold FILE --by-position, or predict with --gold"
    )
    return [*([entry.note] if entry.note else []), named]


def read_asked(data: Path, split: str) -> Iterator[AskedRow]:
    """Yield the rows of a split of our own with their gold, a row at a time in memory.

    Raises:
        UsageError: there is no such split.
        UserError: rows and gold are missing or do not fit together.
    """
    alpaca_path = require_alpaca(data, split)
    gold_path = data / "gold" / f"{split}.jsonl"
    places = sentence_places(data)
    # zip() would drop the rows that are left when the shorter of the two ends.
    pairs = zip_longest(read_all_jsonl(gold_path, GoldHead), _read_turns(alpaca_path))
    for number, (gold, row) in enumerate(pairs, start=1):
        if gold is None or row is None:
            longer, shorter = (alpaca_path, gold_path) if gold is None else (gold_path, alpaca_path)
            raise UserError(
                f"{shorter} ends after {number - 1} rows, {longer} goes on; generate the data set again"
            )
        line, head = gold
        if not places.asks_about(row.turns().user, head.text, row.input):
            found = places.guess(row.turns().user, row.input)
            raise UserError(
                f"{gold_path}:{line}: {head.text[:40]!r} is not the sentence of the row of "
                f"{alpaca_path.name} at this place, {found[:40]!r}; generate the data set again"
            )
        yield AskedRow(head.id, head.text, row)


def _read_turns(path: Path) -> Iterator[AnyShapeRow]:
    rows = _read_lines(path) if path.suffix == ".jsonl" else _read_elements(path)
    for where, row in rows:
        try:
            row.turns()
        except ValueError as err:
            raise UserError(f"{where}: {err}; generate the data set again") from err
        yield row


def _read_lines(path: Path) -> Iterator[tuple[str, AnyShapeRow]]:
    for number, row in read_jsonl(path, AnyShapeRow):
        yield f"{path}:{number}", row


def _read_elements(path: Path) -> Iterator[tuple[str, AnyShapeRow]]:
    decoder = msgspec.json.Decoder(AnyShapeRow)
    for element in read_array(path, "an array of rows, as `generate` writes it", "row"):
        try:
            yield element.where, decoder.decode(element.source)
        except msgspec.DecodeError as err:
            raise UserError(f"{element.where}: {err}; generate the data set again") from err
