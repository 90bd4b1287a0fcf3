"""The prompts of a split, with the ids of its gold."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import msgspec

from evaluation.engines import Request
from generators.corpora.json_arrays import read_array
from generators.dataset import ALPACA_NAMES, find_alpaca
from generators.files import read_all_jsonl, read_jsonl
from templates.errors import UsageError, UserError


class _GoldHead(msgspec.Struct):
    id: str
    text: str


class _AlpacaRow(msgspec.Struct):
    """A row as ``generate`` writes it."""

    instruction: str
    input: str
    system: str | None = None

    @property
    def user_turn(self) -> str:
        """What LLaMA-Factory makes of the row: instruction, newline, input."""
        return "\n".join(part for part in (self.instruction, self.input) if part)


def require_alpaca(data: Path, split: str) -> Path:
    """Find the alpaca file of a split.

    Raises:
        UsageError: there is no such split.
        UserError: there is no such file.
    """
    if split not in ALPACA_NAMES:
        raise UsageError(f"unknown split {split!r}; known: {', '.join(ALPACA_NAMES)}")
    path = find_alpaca(data, split)
    if not path.is_file():
        raise UserError(f"{path}: no such file; name a dataset directory of `generate` with a {split} split")
    return path


def read_requests(data: Path, split: str) -> Iterator[Request]:
    """Yield the prompts of a split, with the ids of its gold, a row at a time in memory.

    Raises:
        UsageError: there is no such split.
        UserError: alpaca file and gold are missing or do not fit together.
    """
    alpaca_path = require_alpaca(data, split)
    gold_path = data / "gold" / f"{split}.jsonl"
    pairs = zip_longest(read_all_jsonl(gold_path, _GoldHead), _read_alpaca(alpaca_path))
    for number, (gold, row) in enumerate(pairs, start=1):
        if gold is None or row is None:
            longer, shorter = (alpaca_path, gold_path) if gold is None else (gold_path, alpaca_path)
            raise UserError(
                f"{shorter} ends after {number - 1} rows, {longer} goes on; generate the data set again"
            )
        line, head = gold
        if head.text != row.input:
            raise UserError(
                f"{gold_path}:{line}: {head.text[:40]!r} is not the row of {alpaca_path.name} at this place, "
                f"{row.input[:40]!r}; generate the data set again"
            )
        yield Request(head.id, row.user_turn, row.system)


def _read_alpaca(path: Path) -> Iterator[_AlpacaRow]:
    if path.suffix == ".jsonl":
        for _, row in read_jsonl(path, _AlpacaRow):
            yield row
        return
    decoder = msgspec.json.Decoder(_AlpacaRow)
    for element in read_array(path, "an array of rows, as `generate` writes it", "row"):
        try:
            yield decoder.decode(element.source)
        except msgspec.DecodeError as err:
            raise UserError(f"{element.where}: {err}; generate the data set again") from err
