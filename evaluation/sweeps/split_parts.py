"""Parts of a split: a fixed sample of its rows, and smaller samples which each larger one holds."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_all_jsonl, read_jsonl
from nerforge.generators.corpora.texts.long_texts import piece_of

_FIRST = 50
"""Rows of the smallest part after which checkpoints are compared."""
_SHARES = (8, 4, 2)
"""What part of the rows is answered when checkpoints are compared."""


class _GoldRow(msgspec.Struct):
    id: str
    meta: dict[str, object] = {}


class Part(NamedTuple):
    """Some rows of a split, or all."""

    ids: frozenset[str]
    n_all: int
    """Rows of the split."""

    @property
    def is_whole(self) -> bool:
        """Whether it is the split itself."""
        return len(self.ids) == self.n_all

    def name(self, split: str) -> str:
        """Name the part for files."""
        return split if self.is_whole else f"{split}.sample-{len(self.ids)}"


class PartFiles(NamedTuple):
    """Gold and predictions of a part."""

    gold: Path
    predictions: Path


def plan_parts(gold: Path, *, limit: int | None, stop_early: bool, seed: int) -> list[Part]:
    """Plan which rows are answered, in parts of which each holds the one before; the last is what is judged.

    The pieces of a long text stay together, so that parts may be a little larger than asked for.

    Args:
        gold: The split's gold.
        limit: Rows to judge by; None for all.
        stop_early: Whether checkpoints are compared on the way.
        seed: Of the order of the rows.

    Raises:
        UserError: gold cannot be read or holds no rows.
    """
    texts = _texts(gold)
    n_all = sum(map(len, texts))
    if not n_all:
        raise UserError(f"{gold}: holds no rows; generate the data set with a share for dev")
    random.Random(seed).shuffle(texts)
    # 400 rows give parts of 50, 100, 200 and 400; of 200 rows the eighth is too few to compare by.
    n_judged = min(limit or n_all, n_all)
    sizes = [n_judged // share for share in _SHARES if n_judged // share >= _FIRST] if stop_early else []
    return [Part(_first(texts, size), n_all) for size in (*sizes, n_judged)]


def _texts(gold: Path) -> list[list[str]]:
    """Give the ids of the rows of each text."""
    texts: dict[str, list[str]] = {}
    for number, row in read_all_jsonl(gold, _GoldRow):
        try:
            piece = piece_of(row.meta)
        except msgspec.ValidationError as err:
            raise UserError(f"{gold}:{number}: meta: {err}; generate the data set again") from err
        # Pieces of one text share a key, so that they are drawn together; any other row is its own text.
        key = f"row {row.id}" if piece is None else f"text {piece.document}"
        texts.setdefault(key, []).append(row.id)
    return list(texts.values())


def _first(texts: list[list[str]], size: int) -> frozenset[str]:
    ids: list[str] = []
    for of_text in texts:
        if len(ids) >= size:
            break
        ids += of_text
    return frozenset(ids)


@contextmanager
def part_files(part: Part, data: Path, split: str, predictions: Path) -> Iterator[PartFiles]:
    """Give gold and predictions of a part alone, in files that are gone after the block."""
    gold = data / "gold" / f"{split}.jsonl"
    if part.is_whole:
        yield PartFiles(gold, predictions)
        return
    with TemporaryDirectory() as folder:
        files = PartFiles(Path(folder) / "gold" / gold.name, Path(folder) / predictions.name)
        files.gold.parent.mkdir()
        # The manifest, the task and the files that the task names.
        for path in data.iterdir():
            if path.is_file():
                (Path(folder) / path.name).symlink_to(path.resolve())
        _copy_rows(gold, files.gold, part.ids)
        _copy_rows(predictions, files.predictions, part.ids)
        yield files


def _copy_rows(source: Path, target: Path, ids: frozenset[str]) -> None:
    with target.open("wb") as file:
        for _, row in read_jsonl(source, dict[str, object]):
            if row.get("id") in ids:
                file.write(msgspec.json.encode(row) + b"\n")
