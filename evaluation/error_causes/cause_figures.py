"""The part of a score file that says what errors come from: its structs, which need no numpy."""

import msgspec


class CauseFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How many errors have a cause, and the scores without them."""

    n: int
    """``missed`` + ``spurious`` + ``wrong``."""
    share: float
    """Of all errors."""
    missed: int
    """Gold entities without a counterpart in the answer."""
    spurious: int
    """Predicted entities without a counterpart in gold."""
    wrong: int
    """Pairs that differ in label, boundary or value; a pair is one error."""
    f1: float
    """Strict micro F1 if these errors were gone: what was missed or wrong is right, what was spurious is not
    there."""
    f1_low: float | None
    f1_high: float | None
    gain: float
    """``f1`` less the strict micro F1 as it is."""
    gain_low: float | None
    gain_high: float | None
    """Of the same resamples as ``gain_low``: the interval of a paired difference."""


class ErrorCauses(msgspec.Struct, frozen=True):
    """What the errors of a score file come from."""

    n_errors: int
    causes: dict[str, CauseFigures]
    """In the order in which causes are looked for; their ``n`` add up to ``n_errors``."""
