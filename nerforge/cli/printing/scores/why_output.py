"""How the causes of errors are printed: a table of them, and a few words beside each error."""

from collections.abc import Iterator

from msgspec import UNSET
from rich.console import RenderableType

from nerforge.cli.printing.plain_table import percent, percent_interval, plain_table
from nerforge.evaluation.error_causes.cause_figures import CauseFigures, ErrorCauses
from nerforge.evaluation.error_causes.cause_words import CAUSE_WORDS
from nerforge.evaluation.error_causes.causes import Cause
from nerforge.evaluation.reading.wrong_samples import FoundCause, TrainingUse
from nerforge.foundation.printing import printable

_KINDS = {
    "longer": "within a longer span",
    "shorter": "around a shorter span",
    "crossing": "across a span",
    "unlabelled": "unlabelled",
}


def why_table(why: ErrorCauses, *, wide: bool) -> Iterator[RenderableType]:
    """Lay out the causes that there are, in the order they are looked for in, and say what they mean.

    Args:
        why: The causes.
        wide: Whether there is room for the kinds of errors; without them the table fits into 80 columns.
    """
    kinds = ("missed", "spurious", "wrong") if wide else ()
    table = plain_table(("cause of errors", "errors", "share", *kinds, "F1 without", "", "gain", ""))
    found = {name: x for name, x in why.causes.items() if x.n}
    for name, x in found.items():
        table.add_row(name, *_cells(x, wide=wide))
    yield from ("", table, "") if found else ("", "no errors to explain")
    yield from (f"{name}: {CAUSE_WORDS[Cause(name)].meaning}" for name in found)


def cause_words(cause: FoundCause) -> str:
    """Name a cause and what it follows from."""
    evidence = ""
    if cause.near is not UNSET:
        evidence = f": {cause.near}"
    elif cause.training is not UNSET:
        evidence = f": {_use_words(cause.training)}"
    return printable(f"{cause.cause}{evidence}")


def _use_words(use: TrainingUse) -> str:
    counts = [f"{n} {label}" for label, n in use.labels.items()]
    counts += [f"{n} {words}" for name, words in _KINDS.items() if (n := getattr(use, name))]
    return f"training has {', '.join(counts)}" if counts else "not in training"


def _cells(x: CauseFigures, *, wide: bool) -> list[str]:
    return [
        str(x.n),
        percent(x.share),
        *(map(str, (x.missed, x.spurious, x.wrong)) if wide else ()),
        percent(x.f1),
        percent_interval(x.f1_low, x.f1_high),
        f"{100 * x.gain:+.1f}",
        percent_interval(x.gain_low, x.gain_high),
    ]
