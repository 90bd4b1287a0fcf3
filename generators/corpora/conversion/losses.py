"""What a layout cannot carry, by kind: the row, an entity, or a detail of either is lost, and counted."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from nerforge.foundation.errors import UserError

_N_PLACES = 3
"""Places that are told of each kind."""


class LostPart(StrEnum):
    """How much is lost."""

    ROW = "row"
    ENTITY = "entity"
    DETAIL = "detail"
    """Something that is said of a row or an entity besides text, label and span."""


class LossKind(StrEnum):
    """What is lost."""

    LINE_BREAK = "line_break"
    REFUSED = "refused"
    NO_PREDICTION = "no_prediction"
    UNREADABLE_ANSWER = "unreadable_answer"
    COMPLETED_VALUE = "completed_value"
    NESTED = "nested"
    CROSSING = "crossing"
    SAME_SPAN = "same_span"
    NORMALISED_VALUE = "normalised_value"
    SCORE = "score"
    ID = "id"
    REPEATED_ID = "repeated_id"
    META = "meta"
    SPLIT = "split"


_ROW, _ENTITY, _DETAIL = LostPart
MEANINGS: Mapping[LossKind, tuple[LostPart, str]] = {
    LossKind.LINE_BREAK: (_ROW, "a text with line ends or tabs, which the layout has no place for"),
    LossKind.REFUSED: (_ROW, "a row that the layout cannot carry"),
    LossKind.NO_PREDICTION: (_ROW, "a sample without a prediction"),
    LossKind.UNREADABLE_ANSWER: (_ROW, "an answer that cannot be read"),
    LossKind.COMPLETED_VALUE: (_ENTITY, "a value that the text does not say"),
    LossKind.NESTED: (_ENTITY, "an entity that lies in a longer one, which is kept"),
    LossKind.CROSSING: (_ENTITY, "an entity that crosses a longer one, which is kept"),
    LossKind.SAME_SPAN: (_ENTITY, "a further label of a span; the first is kept"),
    LossKind.NORMALISED_VALUE: (_DETAIL, "a normalised value; what the text says is written in its place"),
    LossKind.SCORE: (_DETAIL, "the score of an entity"),
    LossKind.ID: (_DETAIL, "the id of a row"),
    LossKind.REPEATED_ID: (_DETAIL, "an id that another row has; one of our own is written in its place"),
    LossKind.META: (_DETAIL, "what a row says besides text and entities"),
    LossKind.SPLIT: (_DETAIL, "the split of a row"),
}
"""How much is lost of each kind, and what it is in words."""


class LossCount(msgspec.Struct):
    """How often something was lost, and where first."""

    loses: LostPart
    meaning: str
    n: int = 0
    places: list[str] = []


class LossCounter:
    """Counts what is lost."""

    def __init__(self, *, is_strict: bool = False) -> None:
        """Begin with nothing lost.

        Args:
            is_strict: Whether to refuse at the first loss.
        """
        self.is_strict = is_strict
        self.counts: dict[LossKind, LossCount] = {}

    def add(self, kind: LossKind, where: str, detail: str = "") -> None:
        """Count a loss.

        Args:
            kind: What is lost.
            where: The row.
            detail: What there is to say besides.

        Raises:
            UserError: nothing may be lost.
        """
        loses, meaning = MEANINGS[kind]
        told = f"{where}: {detail}" if detail else where
        if self.is_strict:
            raise UserError(
                f"{told}: {meaning}: the {loses} would be lost; leave out --strict, or choose another layout"
            )
        count = self.counts.setdefault(kind, LossCount(loses, meaning))
        count.n += 1
        if len(count.places) < _N_PLACES:
            count.places.append(told)

    def in_order(self) -> dict[str, LossCount]:
        """Give the counts, rows first."""
        return {kind.value: self.counts[kind] for kind in LossKind if kind in self.counts}
