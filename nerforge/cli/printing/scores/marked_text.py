"""A sentence with the spans of gold and of an answer marked in place, told apart without colours too.

Each mark is opened and closed by its sign, and the label stands before the bracket that closes it, so that
nested and crossing spans can be told: of ``[<北京[>大学<ORG]医院>ORG]`` gold has 北京大学.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.text import Text

from nerforge.evaluation.error_analysis.sample_errors import ErrorKind, SpanMark
from nerforge.foundation.printing import printable

LEGEND = """\
marks: [=right=LABEL] [-missed-LABEL] [+too much+LABEL]
       [~wrong label or value~GOLD→ANSWER]
       wrong boundary: [<in gold<LABEL] [>in the answer>LABEL]"""
_ELLIPSIS = "..."
_WHOLE = 240
"""Characters of a sentence that is shown whole."""
_CONTEXT = 30
"""Characters on each side of an error in a longer one."""
_MAX_EXCERPTS = 8


class _Sign(NamedTuple):
    sign: str
    style: str


_RIGHT = _Sign("=", "green")
_IN_GOLD, _IN_ANSWER = _Sign("<", "cyan"), _Sign(">", "blue")
_SIGNS = {
    ErrorKind.MISSED: _Sign("-", "red"),
    ErrorKind.SPURIOUS: _Sign("+", "magenta"),
    ErrorKind.LABEL: _Sign("~", "yellow"),
    ErrorKind.VALUE: _Sign("~", "yellow"),
}
Stretch = tuple[int, int]


class _Bracket(NamedTuple):
    """Where a mark opens or closes; in the order in which they are written."""

    at: int
    opens: bool
    depth: tuple[int, int]
    """At one place, what opened last closes first, and what closes last opens first."""
    mark: SpanMark


def mark_text(text: str, marks: Sequence[SpanMark], errors: Sequence[Stretch]) -> Text:
    """Mark a sentence; of a long one, what stands around the places of ``errors``."""
    shown = Text()
    stretches = _stretches(text, marks, errors)
    for place, stretch in enumerate(stretches):
        if place or stretch[0]:
            shown.append(_ELLIPSIS)
        _append(shown, text, stretch, marks)
    if stretches[-1][1] < len(text):
        shown.append(_ELLIPSIS)
    return shown


def _append(shown: Text, text: str, stretch: Stretch, marks: Iterable[SpanMark]) -> None:
    opened: list[SpanMark] = []
    at, end = stretch
    for bracket in sorted(_brackets(marks, stretch)):
        shown.append(printable(text[at : bracket.at]), _style(opened))
        at, sign = bracket.at, _sign(bracket.mark)
        if bracket.opens:
            opened.append(bracket.mark)
            shown.append(f"[{sign.sign}", sign.style)
        else:
            if bracket.mark in opened:
                opened.remove(bracket.mark)
            shown.append(f"{sign.sign}{printable(bracket.mark.label)}]", sign.style)
    shown.append(printable(text[at:end]), _style(opened))


def _brackets(marks: Iterable[SpanMark], stretch: Stretch) -> Iterator[_Bracket]:
    first, last = stretch
    for order, mark in enumerate(marks):
        # A mark that goes beyond the excerpt shows the bracket that lies in it.
        if first <= mark.start < last:
            yield _Bracket(mark.start, True, (-mark.end, order), mark)
        if first < mark.end <= last:
            yield _Bracket(mark.end, False, (-mark.start, -order), mark)


def _sign(mark: SpanMark) -> _Sign:
    if mark.kind is None:
        return _RIGHT
    return _SIGNS.get(mark.kind) or (_IN_GOLD if mark.is_gold else _IN_ANSWER)


def _style(opened: Sequence[SpanMark]) -> str:
    return _sign(opened[-1]).style if opened else ""


def _stretches(text: str, marks: Iterable[SpanMark], errors: Iterable[Stretch]) -> list[Stretch]:
    """Choose what of a sentence is shown."""
    if len(text) <= _WHOLE:
        return [(0, len(text))]
    wide = [(start - _CONTEXT, end + _CONTEXT) for start, end in errors]
    around = _merge(wide or [(0, 2 * _CONTEXT)])[:_MAX_EXCERPTS]
    # A span at the edge of an excerpt is shown whole.
    spans = [
        (mark.start, mark.end)
        for mark in marks
        if any(mark.start < end and start < mark.end for start, end in around)
    ]
    return [(max(start, 0), min(end, len(text))) for start, end in _merge([*around, *spans])]


def _merge(stretches: Iterable[Stretch]) -> list[Stretch]:
    merged: list[Stretch] = []
    for start, end in sorted(stretches):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((start, end))
    return merged
