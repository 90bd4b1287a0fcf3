"""The brackets of the ``bracket`` answer format, as they should be and as models write them."""

import re
from collections.abc import Callable, Container, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from nerforge.templates.answers.tagged.tags import Loose, Tag, Token
from nerforge.templates.domain import Label, LabelSchema, Problem, ProblemKind
from nerforge.templates.mentions.statements import excerpt

# Three kinds of match: an escape (\[), an opening bracket of any width, and a closing one with its label:
# " ： 疾病 ］" gives group 1; "](疾病)", which models write as if it were a Markdown link, gives group 2.
_LOOSE = re.compile(
    r"\\[\[|\\]|[\[［【]|\s{0,3}[|｜丨/:：]\s{0,3}([^\[\]［］【】\n]{1,60}?)\s{0,3}[\]］】]"
    r"|[\]］][(（]([^()（）\n]{1,40})[)）]"
)
# What is left of a closing bracket at the end of a truncated answer: "|疾" of "[肺炎|疾".
_CUT = re.compile(r"[|｜][^\[\]［］【】|｜\n]{0,30}$")


_SWAPPED = re.compile(
    r"[\[［【]\s{0,3}([^\[\]［］【】|｜:：\n]{1,20}?)\s{0,3}[|｜:：]\s{0,3}([^\[\]［］【】|｜\n]{1,200}?)\s{0,3}[\]］】]"
)
"""An entity with its label first."""


class BracketTags:
    """``[`` and ``|label]``; a backslash stands before what could be taken for a part of them."""

    openers: tuple[str, ...] = ("[", "［", "【")

    def opening(self, label: Label) -> str:
        """Write the opening bracket."""
        return "["

    def closing(self, label: Label) -> str:
        """Write bar, label and closing bracket."""
        return f"|{label.answer}]"

    def escape(self, text: str, schema: LabelSchema, *, inside: bool) -> str:
        """Escape what could be taken for a tag or an escape; outside of entities a bracket is a bracket."""
        # "|x" stays as it is, "|疾病]" becomes "\|疾病]": a model copies best what differs least.
        return _unsafe_pattern(schema, inside).sub(lambda found: "\\" + found[0], text)

    def tokens(self, answer: str, schema: LabelSchema) -> list[Token]:
        """Split an answer at brackets that are written just as ``encode`` does; others are words."""
        return _pair(answer, _closer_pattern(schema), schema.from_answer).tokens

    def loose_tokens(self, answer: str, text: str, schema: LabelSchema) -> Loose:
        """Split an answer at brackets of any width, by any name of their label."""
        problems: list[Problem] = []
        answer = _SWAPPED.sub(lambda found: _label_last(found, schema), answer)
        cut = _CUT.search(answer, max(len(answer) - 40, 0))
        if cut is not None and cut[0] not in text:
            problems.append(Problem(ProblemKind.CUT_OFF, cut[0]))
            answer = answer[: cut.start()]
        paired = _pair(answer, _LOOSE, schema.from_variant, text)
        return Loose(paired.tokens, problems + paired.problems)


@cache
def _names(schema: LabelSchema) -> str:
    return "|".join(re.escape(label.answer) for label in schema.labels)


@cache
def _closer_pattern(schema: LabelSchema) -> re.Pattern[str]:
    # Escapes come first in the alternation, so that the bracket of \[ is never read as an opening one.
    return re.compile(rf"\\[\[|\\]|\[|\|({_names(schema)})\]")


@cache
def _unsafe_pattern(schema: LabelSchema, inside: bool) -> re.Pattern[str]:
    bracket = r"\[|" if inside else ""
    return re.compile(rf"{bracket}\|(?=(?:{_names(schema)})\])|\\(?=[\[|\\]|$)")


class _Event(NamedTuple):
    start: int
    end: int
    opener: int
    """For a closing bracket the number of its opening one; -1 for anything else."""
    label: Label | None


def _pair(
    answer: str,
    pattern: re.Pattern[str],
    find_label: Callable[[str], Label | None],
    text: str | None = None,
) -> Loose:
    """Pair each closing bracket with the nearest opening one that is free; what finds no partner is words.

    Of ``[[肺|身体]炎|疾病]``, ``|身体]`` closes the second bracket and ``|疾病]`` the first; of
    ``[附录 [肺|身体]`` the first bracket stays words.

    ``text`` is the sentence in a loose reading, where closing brackets of unknown labels are left out and
    counted, and None in a strict one.
    """
    pairing = _Pairing(answer, text)
    for found in pattern.finditer(answer):
        name = found[found.lastindex] if found.lastindex else None
        pairing.add(found, name, find_label(name) if name else None)
    if text is not None and "[" not in text:
        pairing.leave_out_free()
    return Loose(_tokens(answer, pairing.events, pairing.labels, pairing.left_out), pairing.problems)


class _Pairing:
    """The brackets of an answer so far: which are paired, and which opening ones are free."""

    def __init__(self, answer: str, text: str | None) -> None:
        self.answer = answer
        self.text = text
        self.events: list[_Event] = []
        self.free: list[int] = []
        self.problems: list[Problem] = []
        self.labels: dict[int, Label] = {}
        """The label of each opening bracket that has a partner, by the number of its event."""
        self.left_out: set[int] = set()

    def add(self, found: re.Match[str], name: str | None, label: Label | None) -> None:
        """Take an opening bracket, a closing one with the name of its label, or an escape."""
        number = len(self.events)
        opener = -1
        # An escape becomes an event too, with no opener and no label: _tokens unescapes it.
        if name is None and found[0][0] != "\\":
            self.free.append(number)
        elif label is not None and self.free:
            opener = self.free.pop()
            self.labels[opener] = label
            if self.text is not None:
                self.problems += _variant(found[0], label)
        elif name is not None and self.text is not None and found[0] not in self.text:
            self._leave_out(number, found[0], name, label)
        self.events.append(_Event(found.start(), found.end(), opener, label))

    def _leave_out(self, number: int, source: str, name: str, label: Label | None) -> None:
        if label is not None:
            self.problems.append(Problem(ProblemKind.BAD_TAG, excerpt(source)))
            self.left_out.add(number)
        # Only a bar makes "|药]" the end of an entity; "：" and "/" before a bracket occur in ordinary text.
        elif self.free and source.lstrip()[0] in "|｜丨":
            self.left_out.update((number, self.free.pop()))
            self.problems.append(Problem(ProblemKind.UNKNOWN_LABEL, excerpt(name)))

    def leave_out_free(self) -> None:
        """Leave out opening brackets without a partner, the last one as cut off if the answer ends in it."""
        self.left_out.update(self.free)
        starts = [self.events[number].start for number in self.free]
        is_last = bool(self.free) and self.free[-1] > max(self.labels, default=-1)
        is_cut = is_last and "]" not in self.answer[starts[-1] :]
        kind = ProblemKind.CUT_OFF if is_cut else ProblemKind.BAD_TAG
        self.problems += [Problem(kind, excerpt(self.answer[start : start + 100])) for start in starts]


def _label_last(found: re.Match[str], schema: LabelSchema) -> str:
    # "[疾病: 肺炎]" becomes "[肺炎 | 疾病]"; where both sides are labels, "[疾病|身体]", nothing is swapped.
    is_swapped = schema.from_variant(found[1]) is not None and schema.from_variant(found[2]) is None
    return f"[{found[2]} | {found[1]}]" if is_swapped else found[0]


def _variant(source: str, label: Label) -> list[Problem]:
    if source == f"|{label.answer}]":
        return []
    kind = ProblemKind.TAG_VARIANT if label.answer in source else ProblemKind.LABEL_VARIANT
    return [Problem(kind, excerpt(source))]


def _tokens(
    answer: str, events: Sequence[_Event], labels: Mapping[int, Label], left_out: Container[int]
) -> list[Token]:
    tokens: list[Token] = []
    cursor = 0
    for number, event in enumerate(events):
        source = answer[event.start : event.end]
        is_escape = source[0] == "\\"
        if not (is_escape or number in labels or event.opener >= 0 or number in left_out):
            continue
        if cursor < event.start:
            tokens.append(Token(Tag.WORDS, answer[cursor : event.start]))
        cursor = event.end
        if is_escape:
            tokens.append(Token(Tag.WORDS, source[1:]))
        elif number in labels:
            tokens.append(Token(Tag.OPEN, source, labels[number].name))
        elif event.opener >= 0 and event.label is not None:
            tokens.append(Token(Tag.CLOSE, source, event.label.name))
    if cursor < len(answer):
        tokens.append(Token(Tag.WORDS, answer[cursor:]))
    return tokens
