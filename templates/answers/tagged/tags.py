"""Inline answers as tokens: words, opening and closing tags; and the marks that tags make on words."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, Protocol

from nerforge.templates.domain import LabelSchema, Problem, ProblemKind
from nerforge.templates.mentions.statements import excerpt

_MAX_OPEN = 32
"""Tags that may be open at a time; deeper ones are counted and ignored."""


class Tag(Enum):
    """What a token does."""

    WORDS = "words"
    OPEN = "open"
    CLOSE = "close"


class Token(NamedTuple):
    """A piece of an inline answer."""

    tag: Tag
    source: str
    """The plain words, or the tag as it is written."""
    label: str = ""
    """The gold name; empty where the tag does not say it."""


class Mark(NamedTuple):
    """An entity that an inline answer marks, in characters of its plain words."""

    label: str
    start: int
    end: int
    opened: int
    """The number of the opening token."""
    closed: int


class Syntax(Protocol):
    """How an inline format writes its tags."""

    openers: tuple[str, ...]
    """What an opening tag may begin with; an answer without any of these has no tags."""

    def tokens(self, answer: str, schema: LabelSchema) -> list[Token]:
        """Split an answer into words and the tags that are written just as they should be."""

    def loose_tokens(self, answer: str, text: str, schema: LabelSchema) -> "Loose":
        """Split an answer at everything that means a tag, however it is written."""


class Loose(NamedTuple):
    """The tokens of a loose reading, and what was mended or dropped for it."""

    tokens: list[Token]
    problems: list[Problem]


@dataclass(slots=True)
class MarkedText:
    """The plain words of an inline answer, and the marks on them in the order of their opening tags."""

    plain: str
    marks: list[Mark] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def value(self, mark: Mark) -> str:
        """Give the words that a mark encloses."""
        return self.plain[mark.start : mark.end]

    def between(self, start: int, end: int) -> "MarkedText":
        """Cut out the words from ``start`` to ``end`` with the marks that lie in them."""
        marks = [
            mark._replace(start=mark.start - start, end=mark.end - start)
            for mark in self.marks
            if start <= mark.start and mark.end <= end
        ]
        return MarkedText(self.plain[start:end], marks, self.problems)


class _Open(NamedTuple):
    label: str
    start: int
    opened: int
    source: str


def mark(tokens: Sequence[Token]) -> MarkedText:
    """Pair the tags of an answer.

    A closing tag closes the nearest open one of its label, even where that crosses another; one of a label
    that is not open closes the nearest tag that would otherwise stay open. A tag that opens a label once more
    is taken for its end where the answer has no end for both.
    """
    return _Marker(tokens).run()


class _Marker:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.words: list[str] = []
        self.at = 0
        self.open: list[_Open] = []
        # Looks ahead: a second "<疾病>" is the end of the first only if fewer "</疾病>" follow than are open.
        self.still_to_close = Counter(token.label for token in tokens if token.tag is Tag.CLOSE)
        self.n_open: Counter[str] = Counter()
        self.result = MarkedText("")
        self.last_tag = max((i for i, token in enumerate(tokens) if token.tag is not Tag.WORDS), default=-1)

    def run(self) -> MarkedText:
        for number, token in enumerate(self.tokens):
            if token.tag is Tag.WORDS:
                self.words.append(token.source)
                self.at += len(token.source)
            elif token.tag is Tag.OPEN:
                self._opening(number, token)
            else:
                self.still_to_close[token.label] -= 1
                self._closing(number, token)
        for unclosed in self.open:
            # An answer truncated inside its last entity leaves this tag open; an earlier one is a mistake.
            is_last = unclosed.opened == self.last_tag
            kind = ProblemKind.CUT_OFF if is_last else ProblemKind.BAD_TAG
            self._problem(kind, unclosed.source)
        self.result.plain = "".join(self.words)
        self.result.marks.sort(key=lambda mark: mark.opened)
        return self.result

    def _opening(self, number: int, token: Token) -> None:
        label = token.label
        # "患<疾病>肺炎<疾病>。" has no end tag at all: the second opening one ends 肺炎.
        if label and self.n_open[label] > self.still_to_close[label] and self.open[-1].label == label:
            if self.open[-1].start < self.at:
                self._problem(ProblemKind.TAG_VARIANT, token.source)
                self._close(len(self.open) - 1, number)
            else:
                self._problem(ProblemKind.BAD_TAG, token.source)
        elif len(self.open) >= _MAX_OPEN:
            self._problem(ProblemKind.BAD_TAG, token.source)
        else:
            self.open.append(_Open(label, self.at, number, token.source))
            self.n_open[label] += 1

    def _closing(self, number: int, token: Token) -> None:
        # A label "" is a tag that does not say it: any end tag closes it, and names it.
        places = [i for i, opened in enumerate(self.open) if opened.label in (token.label, "")]
        if token.label and places:
            if places[-1] < len(self.open) - 1:
                self._problem(ProblemKind.CROSSED_TAGS, token.source)
            self._close(places[-1], number, token.label)
        # "<疾病>肺炎</身体>": nothing else would end 疾病, so the wrong name is taken for it.
        elif self.open and self.n_open[self.open[-1].label] > self.still_to_close[self.open[-1].label]:
            if token.label:
                self._problem(ProblemKind.TAG_VARIANT, token.source)
            self._close(len(self.open) - 1, number)
        else:
            self._problem(ProblemKind.BAD_TAG, token.source)

    def _close(self, place: int, number: int, label: str = "") -> None:
        opened = self.open.pop(place)
        self.n_open[opened.label] -= 1
        if opened.start == self.at:
            self._problem(ProblemKind.EMPTY_VALUE, self.tokens[number].source)
        else:
            name = label or opened.label
            self.result.marks.append(Mark(name, opened.start, self.at, opened.opened, number))

    def _problem(self, kind: ProblemKind, source: str) -> None:
        self.result.problems.append(Problem(kind, excerpt(source)))
