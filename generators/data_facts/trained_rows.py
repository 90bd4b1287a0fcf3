"""The rows that a trainer reads of a split, as turns, in the order of its gold."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.generators.chat_turns import ChatTurn
from nerforge.generators.corpora.reading.json_records import read_typed
from nerforge.generators.datasets.dataset import find_alpaca
from nerforge.generators.rows.row_shapes import AnyShapeRow


class TrainedRows(NamedTuple):
    """What a model is shown and taught, row by row."""

    turns: list[Sequence[ChatTurn]] | None = None
    """None where it is not known."""
    notes: Sequence[str] = ()


def read_trained(folder: Path, split: str, n_gold: int) -> TrainedRows:
    """Read the rows of a split; rows that cannot be used are told in a note, for gold can be looked at alone.

    Args:
        folder: A dataset directory.
        split: One of its splits.
        n_gold: Lines of its gold, which stand in the order of the rows.
    """
    path = find_alpaca(folder, split)
    if not path.is_file():
        return TrainedRows(notes=[f"{path}: is not there, so rows of {split} are not shown"])
    turns: list[Sequence[ChatTurn]] = []
    try:
        for number, row in read_typed(path, AnyShapeRow):
            try:
                turns.append(row.dialogue())
            except ValueError as err:
                raise UserError(f"{path}: row {number} {err}") from err
    except UserError as err:
        return TrainedRows(notes=[f"{err}; rows of {split} are not shown, see nerforge doctor {folder}"])
    if len(turns) != n_gold:
        note = f"{path}: holds {len(turns):,} rows, gold has {n_gold:,}; rows of {split} are not shown"
        return TrainedRows(notes=[note])
    return TrainedRows(turns)
