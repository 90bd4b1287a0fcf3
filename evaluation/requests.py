"""The prompts of a split, with the ids of its gold."""

from pathlib import Path

import msgspec

from evaluation.engines import Request
from generators.dataset import ALPACA_NAMES, find_alpaca
from generators.files import read_json, read_jsonl
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


def read_requests(data: Path, split: str) -> list[Request]:
    """Read the prompts of a split, with the ids of its gold.

    Raises:
        UsageError: there is no such split.
        UserError: alpaca file and gold are missing or of different lengths.
    """
    if split not in ALPACA_NAMES:
        raise UsageError(f"unknown split {split!r}; known: {', '.join(ALPACA_NAMES)}")
    alpaca_path = find_alpaca(data, split)
    gold_path = data / "gold" / f"{split}.jsonl"
    rows = _read_alpaca(alpaca_path)
    gold = list(read_jsonl(gold_path, _GoldHead))
    if len(gold) != len(rows):
        raise UserError(
            f"{alpaca_path} has {len(rows)} rows, {gold_path} has {len(gold)}; generate the data set again"
        )
    for (line, head), row in zip(gold, rows, strict=True):
        if head.text != row.input:
            raise UserError(
                f"{gold_path}:{line}: {head.text[:40]!r} is not the row of {alpaca_path.name} at this place, "
                f"{row.input[:40]!r}; generate the data set again"
            )
    return [Request(head.id, row.user_turn, row.system) for (_, head), row in zip(gold, rows, strict=True)]


def _read_alpaca(path: Path) -> list[_AlpacaRow]:
    if path.suffix == ".jsonl":
        return [row for _, row in read_jsonl(path, _AlpacaRow)]
    return read_json(path, list[_AlpacaRow])
