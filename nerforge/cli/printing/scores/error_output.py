"""How a wrong sample is shown: its marked sentence, each error with its reason, how it was read."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec import UNSET
from rich.cells import cell_len, get_character_cell_size
from rich.console import Console
from rich.text import Text

from nerforge.cli.printing.scores.marked_text import mark_text
from nerforge.cli.printing.scores.why_output import cause_words
from nerforge.evaluation.error_analysis.error_reasons import LOSSES, problem_words
from nerforge.evaluation.error_analysis.sample_errors import (
    MISSED,
    EntityError,
    SampleErrors,
    count_sides,
    find_errors,
)
from nerforge.evaluation.reading.scored_samples import MISSING
from nerforge.evaluation.reading.wrong_samples import WrongLabel, WrongSample
from nerforge.foundation.printing import printable
from nerforge.templates.domain import Outcome

_INDENT = "  "
_MAX_LINES = 20
"""Errors of one sample that are shown, and problems."""
_VALUE = 60
"""Characters of an entity's value."""
_HEAD, _TAIL = 120, 60
"""Characters of an answer, at its beginning and at its end."""
_TEXT = 100
"""Characters of a text that is classified."""
_LACKS = {MISSING: "there is no answer", Outcome.UNPARSABLE.value: "the answer is unparsable"}
_MIN_WIDTH = 20
"""Columns below which lines are left to the terminal."""
_READ_WELL = (Outcome.CLEAN, Outcome.EMPTY)


class _Line(NamedTuple):
    name: str
    said: str
    style: str = ""


def print_wrong_sample(console: Console, sample: WrongSample) -> None:
    """Print all there is to say of a wrong sample."""
    found = find_errors(sample)
    console.print(Text(printable(f"{sample.id}: {counts_of(sample, found)}"), style="bold"))
    print_indented(console, mark_text(sample.text, found.marks, found.places))
    print_reasons(console, sample, found)


def print_reasons(console: Console, sample: WrongSample, found: SampleErrors) -> None:
    """Print a line for each missed and each spurious entity, and how the answer was read."""
    _print_lines(console, (*_error_lines(found), *_reading_lines(sample)))


def print_marked(console: Console, sample: WrongSample, answer: Text) -> None:
    """Print the marked sentence, the answer as it is shown elsewhere, and a line for each error."""
    found = find_errors(sample)
    print_indented(console, mark_text(sample.text, found.marks, found.places))
    print_indented(console, answer, "→ ")
    _print_lines(console, _error_lines(found))


def _print_lines(console: Console, lines: Iterable[_Line]) -> None:
    for line in lines:
        print_indented(console, Text(line.said), Text(f"{line.name:<10}", style=line.style))


def counts_of(sample: WrongSample, found: SampleErrors) -> str:
    """Say how many entities are right and wrong."""
    n_missed, n_spurious = count_sides(found.errors)
    counts = {"right": len(found.right), "missed": n_missed, "too much": n_spurious}
    said = ", ".join(f"{n} {name}" for name, n in counts.items() if n)
    if found.errors:
        return said
    return (
        f"{said or 'no entities in gold'}, but {_LACKS.get(sample.outcome, 'a part of the answer was lost')}"
    )


def print_wrong_label(console: Console, row: WrongLabel) -> None:
    """Print a text that got another label than gold's, or none."""
    gold = row.gold[0].label
    said = f"{row.predicted[0].label} instead of {gold}" if row.predicted else f"no label, instead of {gold}"
    console.print(Text(printable(f"{row.id}: {said}"), style="bold"))
    print_indented(console, Text(printable(_excerpt(row.text, _TEXT))))
    if not row.predicted or row.output is not None:
        print_indented(console, Text(_answer(row)), f"{'answer':<10}")


def print_indented(console: Console, text: Text, lead: Text | str = "") -> None:
    """Print a text behind an indent and a lead, as ``print_folded`` does."""
    print_folded(console, text, Text.assemble(_INDENT, lead))


def print_folded(console: Console, text: Text, before: Text) -> None:
    """Print a text behind another; a terminal is given lines that fit, a pipe one line."""
    width = console.width - before.cell_len
    fits = console.is_terminal and width >= _MIN_WIDTH
    for line in text.divide(_line_ends(text.plain, width)) if fits else [text]:
        console.print(Text.assemble(before, line))
        before = Text(" " * before.cell_len)


def _line_ends(text: str, width: int) -> list[int]:
    """Divide a text into lines: at a blank near the end of the line, else within what is one word to rich."""
    ends: list[int] = []
    cells = blank = cells_to_blank = 0
    for place, character in enumerate(text):
        size = get_character_cell_size(character)
        if cells + size > width:
            # Chinese has no blanks: without one in the last quarter the line is filled.
            end = blank if cells_to_blank > 0.75 * width else place
            ends.append(end)
            cells, cells_to_blank = cell_len(text[end:place]), 0
        cells += size
        if character == " ":
            blank, cells_to_blank = place + 1, cells
    return ends


def _error_lines(found: SampleErrors) -> Iterable[_Line]:
    return _first([_error_line(error) for error in found.errors])


def _reading_lines(sample: WrongSample) -> Iterator[_Line]:
    problems = dict.fromkeys(sample.problems)
    yield from _first(
        [
            _Line("reading", printable(problem_words(x)), "yellow" if x.kind in LOSSES else "dim")
            for x in problems
        ]
    )
    for piece in () if sample.pieces is UNSET else sample.pieces:
        if piece.outcome not in _READ_WELL:
            yield _Line("answer", printable(f"of {piece.id}: {piece.outcome}"))
    # An answer that says that there is nothing explains why everything was missed.
    if sample.outcome != Outcome.CLEAN or any(problem.kind in LOSSES for problem in problems):
        yield _Line("answer", _answer(sample))


def _error_line(error: EntityError) -> _Line:
    is_missed = error.side == MISSED
    place = "" if error.start is None else f" {error.start}-{error.end}"
    value = printable(_excerpt(error.text, _VALUE))
    why = "" if error.cause is UNSET else f" [{cause_words(error.cause)}]"
    said = f"{printable(error.label)} {value}{place}: {printable(error.reason)}{why}"
    return _Line("missed" if is_missed else "too much", said, "red" if is_missed else "magenta")


def _first(lines: Sequence[_Line]) -> Iterable[_Line]:
    yield from lines[:_MAX_LINES]
    if len(lines) > _MAX_LINES:
        yield _Line("", f"and {len(lines) - _MAX_LINES} more")


def _answer(row: WrongSample | WrongLabel) -> str:
    """Say how an answer was read, and show it."""
    if row.output is None:
        return row.outcome
    output = row.output
    if len(output) > _HEAD + _TAIL:
        output = f"{output[:_HEAD]} ... {output[-_TAIL:]}"
    return f"{row.outcome}: {printable(output)}"


def _excerpt(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}..."
