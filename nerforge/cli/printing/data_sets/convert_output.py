"""How a conversion is printed: what was written, what became of the rows, and what was lost."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from nerforge.cli.printing.output import print_json, stdout
from nerforge.foundation.printing import printable
from nerforge.generators.corpora.conversion.conversion_summary import ConversionSummary, ConvertedFile
from nerforge.generators.corpora.conversion.losses import LossCount

_N_EXAMPLES = 3


def print_conversion(summary: ConversionSummary) -> None:
    """Print a line for each file, each count and each kind of loss."""
    console = stdout()
    for line in conversion_lines(summary):
        console.print(printable(line), markup=False)


def print_conversion_json(summary: ConversionSummary) -> None:
    """Print the summary as JSON."""
    counts = {"rows_written": summary.n_written, "entities_written": summary.n_entities}
    print_json(msgspec.to_builtins(summary) | counts)


def conversion_lines(summary: ConversionSummary) -> Iterator[str]:
    """Yield what there is to say of a conversion."""
    kind = summary.kind if summary.model is None else f"predictions of {summary.model}"
    yield f"{summary.source} ({summary.layout}) to {summary.to}, as {kind}"
    yield from map(_file_line, summary.out)
    if n := summary.rows_of_other_splits:
        yield f"{_number(n, 'row')} of other splits"
    yield from _read_lines(summary.read)
    if not summary.lost:
        yield "the layout carries all of it"
    yield from (_loss_line(kind, count) for kind, count in summary.lost.items())


def _file_line(file: ConvertedFile) -> str:
    labels = ", ".join(f"{label} {n:,}" for label, n in file.labels.items())
    written = f"{file.path}: {_number(file.rows, 'row')}, {_number(file.entities, 'entity', 'entities')}"
    return f"{written} ({labels})" if labels else written


def _read_lines(read: Mapping[str, Any]) -> Iterator[str]:
    """Yield what was counted when the source was read: rows that were dropped, first, with examples."""
    for name, value in read.items():
        if isinstance(value, dict) and value:
            counts = ", ".join(f"{key} {n:,}" for key, n in value.items() if isinstance(n, int))
            yield f"{name.replace('_', ' ')}: {counts}"
        elif isinstance(value, int) and value and name not in ("rows", "entities"):
            yield f"{name.replace('_', ' ')}: {value:,}"
    for example in read.get("fault_examples", [])[:_N_EXAMPLES]:
        yield f"  {example}"


def _loss_line(kind: str, count: LossCount) -> str:
    more = ", ..." if count.n > len(count.places) else ""
    places = "; ".join(count.places)
    return f"lost: {count.n:,} x {count.loses.value} ({kind}): {count.meaning}: {places}{more}"


def _number(n: int, one: str, several: str = "") -> str:
    return f"{n:,} {one if n == 1 else several or one + 's'}"
