"""How the errors of two systems differ by their causes."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec import UNSET

from nerforge.evaluation.error_causes.causes import Cause
from nerforge.evaluation.reading.wrong_samples import NamedEntity, WrongSample
from nerforge.foundation.errors import UserError

_Error = tuple[str, bool, NamedEntity]
"""The sample, whether the entity is gold's, and the entity that the error is about."""


class CauseChange(NamedTuple):
    """The errors of one cause in A and in B."""

    cause: str
    n_a: int
    n_b: int
    gone: int
    """Errors of A that B does not have: what A missed or got wrong is right, or its surplus is not there."""
    new: int
    """Errors of B that A does not have."""


def cause_changes(a: Sequence[WrongSample], b: Sequence[WrongSample]) -> list[CauseChange]:
    """Compare the errors of two systems, whose causes are known, in the order in which causes are looked for.

    An error of both may have another cause in each; it is then counted in either, and neither gone nor new.

    Raises:
        UserError: a cause names an entity that a sample does not have.
    """
    errors_a, errors_b = list(_errors(a)), list(_errors(b))
    n_a, n_b = (Counter(cause for cause, _ in errors) for errors in (errors_a, errors_b))
    gone, new = _only(errors_a, errors_b), _only(errors_b, errors_a)
    names = [*Cause, *sorted((n_a.keys() | n_b.keys()) - set(Cause))]
    return [CauseChange(str(x), n_a[x], n_b[x], gone[x], new[x]) for x in names if n_a[x] or n_b[x]]


def _errors(samples: Sequence[WrongSample]) -> Iterator[tuple[str, _Error]]:
    for sample in samples:
        for found in () if sample.causes is UNSET else sample.causes:
            # The error of a pair is about gold's entity: any other answer to it is the same error.
            is_gold = found.gold is not None
            place = found.gold if is_gold else found.predicted
            entities = sample.gold if is_gold else sample.predicted
            if place is None or not 0 <= place < len(entities):
                raise UserError(f"sample {sample.id}: a cause names an entity that is not there; score again")
            yield found.cause, (sample.id, is_gold, entities[place])


def _only(errors: Sequence[tuple[str, _Error]], others: Sequence[tuple[str, _Error]]) -> Counter[str]:
    """Count by cause the errors that the others are not; equal ones count as often as they are more."""
    left = Counter(error for _, error in others)
    counts: Counter[str] = Counter()
    for cause, error in errors:
        if left[error]:
            left[error] -= 1
        else:
            counts[cause] += 1
    return counts
