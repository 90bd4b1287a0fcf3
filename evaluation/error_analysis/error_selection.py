"""Choose which wrong samples are shown: the first ones of gold, of a label or of a kind of error."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

from nerforge.evaluation.error_analysis.error_reasons import LOSSES
from nerforge.evaluation.error_analysis.sample_errors import EntityError, ErrorKind, find_errors
from nerforge.evaluation.reading.scored_samples import MISSING
from nerforge.evaluation.reading.wrong_samples import WrongLabel, WrongSample
from nerforge.templates.domain import Outcome

READING = "reading"
"""The kind of a sample whose answer is missing, unparsable or could not be read to its end."""
ERROR_KINDS = (*(kind.value for kind in ErrorKind), READING)
AnyWrong: TypeAlias = WrongSample | WrongLabel


class ErrorFilter(NamedTuple):
    """What is looked for; empty for anything."""

    labels: tuple[str, ...] = ()
    """Of gold or of the answer."""
    kinds: tuple[str, ...] = ()
    """One of these, ``ERROR_KINDS``."""

    def accepts(self, row: AnyWrong) -> bool:
        """Tell whether a wrong sample has an error of one of the labels and one of the kinds."""
        if not (self.labels or self.kinds):
            return True
        traits = _label_traits(row) if isinstance(row, WrongLabel) else _entity_traits(row)
        return any(self._is_asked(label, kind) for label, kind in traits)

    def _is_asked(self, label: str | None, kind: str) -> bool:
        return (not self.labels or label in self.labels) and (not self.kinds or kind in self.kinds)


class SelectedErrors(NamedTuple):
    """Wrong samples to show, and how many there are."""

    shown: list[AnyWrong]
    n_accepted: int
    """Those that the filter accepts."""
    n_wrong: int


def select_errors(rows: Sequence[AnyWrong], n: int, looked_for: ErrorFilter) -> SelectedErrors:
    """Take the first ``n`` that are looked for."""
    accepted = [row for row in rows if looked_for.accepts(row)]
    return SelectedErrors(accepted[:n], len(accepted), len(rows))


class DescribedSample(NamedTuple):
    """A wrong sample with its errors, as ``--json`` prints it."""

    sample: AnyWrong
    errors: list[EntityError]


def describe_errors(rows: Sequence[AnyWrong]) -> list[DescribedSample]:
    """Find the errors of each sample; of a text's class the two labels say all."""
    return [
        DescribedSample(row, [] if isinstance(row, WrongLabel) else find_errors(row).errors) for row in rows
    ]


def _entity_traits(row: WrongSample) -> Iterator[tuple[str | None, str]]:
    """Give label and kind of each error; what was not read may be of any label that has an error."""
    errors = find_errors(row).errors
    yield from ((error.label, error.kind.value) for error in errors)
    if _was_not_read(row):
        yield from ((label, READING) for label in (None, *(error.label for error in errors)))


def _label_traits(row: WrongLabel) -> Iterator[tuple[str | None, str]]:
    kind = ErrorKind.LABEL.value if row.predicted else READING
    yield from ((entity.label, kind) for entity in (*row.gold, *row.predicted))


def _was_not_read(row: WrongSample) -> bool:
    return row.outcome in (MISSING, Outcome.UNPARSABLE) or any(x.kind in LOSSES for x in row.problems)
