"""What grounding did to the answers of a prediction file, which its rows say."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from nerforge.evaluation.grounding.findings import GroundingChange, GroundingMark
from nerforge.foundation.files.reading import read_all_jsonl

_LAYOUT = "nerforge"
"""The layout of prediction files whose rows may say it."""


class GroundingNotes(msgspec.Struct, frozen=True):
    """What was changed in an answer, and what stays open."""

    changes: list[GroundingChange] = []
    marks: list[GroundingMark] = []


class _Row(msgspec.Struct):
    id: str | None = None
    grounding: GroundingNotes | None = None


def read_grounding_notes(predictions: Path, layout: str) -> dict[str, GroundingNotes]:
    """Give by sample what grounding changed or left open; nothing for files that do not say it.

    Args:
        predictions: A file that was read as predictions before.
        layout: As which.

    Raises:
        UserError: a row says it in another form than ``nerforge ground`` writes it.
    """
    return dict(_notes(predictions)) if layout == _LAYOUT and predictions.is_file() else {}


def _notes(predictions: Path) -> Iterator[tuple[str, GroundingNotes]]:
    for _, row in read_all_jsonl(predictions, _Row):
        notes = row.grounding
        if row.id is not None and notes is not None and (notes.changes or notes.marks):
            yield row.id, notes
