"""The row that every layout of a predictions file is read into, and what a layout has to say of itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from nerforge.evaluation.confidence.token_logprobs import TokenLogprobs

Fields = dict[str, Any]
"""A row as the file has it."""


class PredictionRow(NamedTuple):
    """What one row of a predictions file says, or one exchange of a row that holds a conversation."""

    output: str | None
    """The answer as generated; None where there is none, as the request failed."""
    id: str | None = None
    """The gold id, in layouts that carry one."""
    prompt: str | None = None
    """What the model was asked, in layouts that carry it."""
    is_cut: bool = False
    """Whether the answer was cut at the limit of new tokens, as far as the layout says."""
    remark: str | None = None
    """What the user should know of how the row was read; rows of one remark are counted."""
    is_earlier: bool = False
    """Whether it is of the history of a row, whose id says nothing of it."""
    logprobs: TokenLogprobs | None = None
    """Of the answer's tokens, in layouts that carry them."""


@dataclass(frozen=True, slots=True)
class PredictionLayout:
    """One way in which programs and people write predictions, as its module in ``layouts`` states it.

    A layout of another package is a record like these, in its entry points of the group
    ``nerforge.prediction_layouts``, under the record's own name.
    """

    name: str
    shape: str
    """The fields, as an error message shows them."""
    recognises: Callable[[Fields], bool]
    """Tells by a row's fields whether it is of this layout; no row is of two of ours."""
    read: Callable[[Fields], Sequence[PredictionRow]]
    """Reads a row; raises ``msgspec.ValidationError`` where it does not fit."""
    has_gold_ids: bool = False
    """Whether the id of a row always is a gold id."""
    is_loose: bool = False
    """Whether people wrote it: a query may not be in gold, or be asked again."""
    read_line: Callable[[bytes], PredictionRow] | None = None
    """Reads a line of JSON as ``read`` reads its fields, and faster; raises whatever where it cannot."""
    precedence: int = 50
    """The layout with the lowest number is asked first whether a row is its own; of equal ones, ours."""
