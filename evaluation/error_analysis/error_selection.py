"""Choose which wrong samples are shown: the first ones of gold, of a label or of a kind of error."""

from collections.abc import Sequence
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
        if isinstance(row, WrongLabel):
            return self._accepts_label(row)
        errors = find_errors(row).errors
        of_labels = [error for error in errors if not self.labels or error.label in self.labels]
        if any(not self.kinds or error.kind in self.kinds for error in of_labels):
            return True
        is_asked = READING in self.kinds or not self.kinds
        return is_asked and _was_not_read(row) and bool(of_labels or not self.labels)

    def _accepts_label(self, row: WrongLabel) -> bool:
        named = {entity.label for entity in (*row.gold, *row.predicted)}
        kind = ErrorKind.LABEL if row.predicted else READING
        return (not self.labels or bool(named & {*self.labels})) and (not self.kinds or kind in self.kinds)


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


def _was_not_read(row: WrongSample) -> bool:
    return row.outcome in (MISSING, Outcome.UNPARSABLE) or any(x.kind in LOSSES for x in row.problems)
