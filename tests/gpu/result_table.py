"""The table of ``make gpu``: each line measures something, is skipped with a reason, or fails with one."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

FAILED = "failed: "
STATES = ("ok", "failed", "skipped")
_LONGEST = 200


class Figure(NamedTuple):
    """What a line measured."""

    measured: str
    reference: str = ""
    """What it is held against: an estimate, or another way to the same."""
    ratio: float | None = None
    """Of the measured to the reference."""
    fault: str = ""
    """Why the figure does not do; empty where it does."""


class TableLine(NamedTuple):
    """One line: a name, what it needs, and how it is measured."""

    name: str
    missing: Callable[[], str | None]
    """Says why it cannot be measured here; None where it can."""
    measure: Callable[[Path], Figure]
    """Measures in an empty folder."""


class LineResult(NamedTuple):
    """What became of a line."""

    name: str
    figure: Figure | None
    reason: str = ""
    """Why it was skipped, or failed."""
    seconds: float = 0.0

    @property
    def state(self) -> str:
        """Say whether it was measured, skipped or failed."""
        if self.figure is not None and not self.figure.fault:
            return "ok"
        return "failed" if self.figure is not None or self.reason.startswith(FAILED) else "skipped"


def run_lines(lines: Iterable[TableLine], work: Path) -> Iterator[LineResult]:
    """Measure line by line; a failure of one does not end the others, and is not hidden."""
    for number, line in enumerate(lines):
        if reason := line.missing():
            yield LineResult(line.name, None, reason)
            continue
        folder, start = work / str(number), time.monotonic()
        folder.mkdir(parents=True)
        try:
            figure, reason = line.measure(folder), ""
        except Exception as err:  # Whatever a line's libraries raise belongs into the table.
            figure, reason = None, f"{FAILED}{type(err).__name__}: {err}"
        yield LineResult(line.name, figure, reason, time.monotonic() - start)


def say_table(results: Sequence[LineResult]) -> str:
    """Write the table, its counts last."""
    head = ("what", "measured", "estimate or reference", "ratio", "seconds")
    rows = [head, *(_cells(result) for result in results)]
    # Reasons are longer than any column: they do not widen it.
    whole = [row for row in rows if len(row) == len(head)]
    names = max(len(row[0]) for row in rows)
    widths = [names, *(max(len(row[column]) for row in whole) for column in range(1, len(head)))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in rows
    ]
    counts = ", ".join(f"{sum(x.state == state for x in results)} {state}" for state in STATES)
    return "\n".join([*lines, counts])


def _cells(result: LineResult) -> tuple[str, ...]:
    if result.figure is None:
        said = " ".join(result.reason.split())
        said = said if len(said) <= _LONGEST else f"{said[:_LONGEST]} ..."
        return result.name, said if said.startswith(FAILED) else f"skipped: {said}"
    figure = result.figure
    if figure.fault:
        return result.name, f"{FAILED}{figure.fault} ({figure.measured}; {figure.reference})"
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    return result.name, figure.measured, figure.reference, ratio, f"{result.seconds:.0f}"


def exit_code(results: Sequence[LineResult]) -> int:
    """Give 1 where a line failed, else 0: a line that is skipped with its reason is no failure."""
    return int(any(result.state == "failed" for result in results))
