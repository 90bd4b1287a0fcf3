"""How the user wants a predictions file to be read, where it does not say so itself."""

from dataclasses import dataclass
from pathlib import Path

from nerforge.generators.corpora.reading.reading_options import ReadingOptions

FIRST, LAST = "first", "last"
REPEATS = (FIRST, LAST)
"""Which answer may count where a query was answered several times and not in the same way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionOptions:
    """What is known of a predictions file; None where it is to be found out."""

    layout: str | None = None
    query_field: str | None = None
    """The field, or the number of the column from 1, that says what was asked."""
    answer_field: str | None = None
    by_position: bool = False
    """Whether the rows stand in the order of gold, or are numbered in it, whatever ids they carry."""
    requests: Path | None = None
    """The file of requests that says what each ``custom_id`` asked."""
    repeats: str | None = None
    """``first`` or ``last``; None to refuse other answers to the same query."""
    ends: str | None = None
    """What a stated end means in a file of spans: one of ``ENDS``."""
    unit: str | None = None
    """What its offsets count: one of ``UNITS``."""

    def __post_init__(self) -> None:
        """Refuse conventions of offsets that there are not.

        Raises:
            UsageError: there is no such end or unit.
        """
        ReadingOptions(ends=self.ends, unit=self.unit)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the user named."""
        return tuple(name for name in (self.query_field, self.answer_field) if name is not None)
