"""Inline answers as tokens: words, opening and closing tags; and the marks that tags make on words."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, Protocol

from nerforge.templates.domain import LabelSchema, Problem, ProblemKind
from nerforge.templates.mentions.statements import excerpt

_MAX_OPEN = 32
"""Tags that may be open at a time; deeper ones are counted and ignored."""
UNKNOWN = "\0"
"""Stands before the name of a label that the task does not have; alone it is no label at all."""


class Tag(Enum):
    """What a token does."""

    WORDS = "words"
    OPEN = "open"
    CLOSE = "close"
    FRAME = "frame"
    """A tag that says nothing of entities."""
    LOST = "lost"
    """A tag that is dropped, and named by a problem."""


class Token(NamedTuple):
    """A piece of an inline answer."""

    tag: Tag
    start: int
    """First character of the answer's body."""
    end: int
    label: str = ""
    """The gold name; empty where the tag does not say it."""
    words: str = ""
    """The plain words; what an escape stands for."""


def words_between(
    tokens: Iterable[Token | None], start: int, end: int, words: Callable[[int, int], Iterable[Token]]
) -> list[Token]:
    """Put ``words`` of each gap between tokens; None is what turned out to be words."""
    filled: list[Token] = []
    for token in tokens:
        if token is not None:
            if start < token.start:
                filled += words(start, token.start)
            filled.append(token)
            start = token.end
    if start < end:
        filled += words(start, end)
    return filled


def plain_words(body: str) -> Callable[[int, int], list[Token]]:
    """Give what makes one token of the words between two places."""
    return lambda start, end: [Token(Tag.WORDS, start, end, "", body[start:end])]


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

    opener: str
    """The character with which its tags begin."""

    def tokens(self, answer: str, schema: LabelSchema) -> list[Token]:
        """Split an answer into words and the tags that are written just as they should be."""


@dataclass(slots=True)
class MarkedText:
    """The plain words of an inline answer, and the marks on them in the order of their opening tags."""

    plain: str
    marks: list[Mark] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    """The numbers of the tokens that losing problems are about."""

    def value(self, mark: Mark) -> str:
        """Give the words that a mark encloses."""
        return self.plain[mark.start : mark.end]

    def between(self, start: int, end: int) -> "MarkedText":
        """Take the words from ``start`` to ``end`` with the marks that lie in them."""
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


def mark(tokens: Sequence[Token], body: str) -> MarkedText:
    """Pair the tags of an answer.

    A closing tag closes the nearest open one of its label, even where that crosses another; one of a label
    that is not open closes the nearest tag that would otherwise stay open. A tag that opens a label once more
    is taken for its end where the answer has no end for both.
    """
    return _Marker(tokens, body).run()


class _Marker:
    def __init__(self, tokens: Sequence[Token], body: str) -> None:
        self.tokens = tokens
        self.body = body
        self.words: list[str] = []
        self.at = 0
        self.open: list[_Open] = []
        # Looks ahead: a second "<疾病>" is the end of the first only if fewer "</疾病>" follow than are open.
        self.still_to_close = Counter(token.label for token in tokens if token.tag is Tag.CLOSE)
        self.still_to_open = Counter(token.label for token in tokens if token.tag is Tag.OPEN)
        self.n_open: Counter[str] = Counter()
        self.result = MarkedText("")

    def run(self) -> MarkedText:
        last_tag = -1
        for number, token in enumerate(self.tokens):
            if token.tag is Tag.WORDS:
                self.words.append(token.words)
                self.at += len(token.words)
            elif token.tag is Tag.OPEN:
                last_tag = number
                self.still_to_open[token.label] -= 1
                self._opening(number, token.label)
            elif token.tag is Tag.CLOSE:
                last_tag = number
                self.still_to_close[token.label] -= 1
                self._closing(number, token.label)
        for unclosed in self.open:
            self._unclosed(unclosed, last_tag)
        self.result.plain = "".join(self.words)
        self.result.marks.sort(key=lambda mark: mark.opened)
        return self.result

    def _unclosed(self, unclosed: _Open, last_tag: int) -> None:
        # An answer truncated inside its last entity leaves this tag open; an earlier one is a mistake.
        if unclosed.label.startswith(UNKNOWN):
            self._problem(ProblemKind.UNKNOWN_LABEL, unclosed.opened)
        elif unclosed.label:
            is_last = unclosed.opened == last_tag
            self._problem(ProblemKind.CUT_OFF if is_last else ProblemKind.BAD_TAG, unclosed.opened)

    def _opening(self, number: int, label: str) -> None:
        # "患<疾病>肺炎<疾病>。" has no end tag at all: the second opening one ends 肺炎.
        if label and self.n_open[label] > self.still_to_close[label] and self.open[-1].label == label:
            if self.open[-1].start < self.at:
                self._problem(ProblemKind.TAG_VARIANT, number)
                self._close(len(self.open) - 1, number)
            else:
                self._problem(ProblemKind.BAD_TAG, number)
        elif len(self.open) >= _MAX_OPEN:
            self._problem(ProblemKind.BAD_TAG, number)
        else:
            self.open.append(_Open(label, self.at, number))
            self.n_open[label] += 1

    def _closing(self, number: int, label: str) -> None:
        place = self._place(label) if label else -1
        if place >= 0:
            if place < len(self.open) - 1:
                self._problem(ProblemKind.CROSSED_TAGS, number)
            self._close(place, number, label)
        elif label == UNKNOWN:
            return
        # "<疾病>肺炎</身体>": nothing else would end 疾病, so the wrong name is taken for it.
        elif self.open and self._lacks_end(self.open[-1].label):
            if label:
                self._problem(ProblemKind.TAG_VARIANT, number)
            is_unknown = self.open[-1].label.startswith(UNKNOWN)
            self._close(len(self.open) - 1, number, label if is_unknown else "")
        else:
            self._problem(ProblemKind.BAD_TAG, number)

    def _lacks_end(self, label: str) -> bool:
        """Tell whether the rest of the answer has too few end tags for what is open and what opens yet."""
        return self.n_open[label] + self.still_to_open[label] > self.still_to_close[label]

    def _place(self, label: str) -> int:
        """Find the nearest open tag of a label, or one that does not say its own: the end tag names it."""
        for wanted in (label, ""):
            if self.n_open[wanted] > 0:
                return max(at for at, opened in enumerate(self.open) if opened.label == wanted)
        return -1

    def _close(self, place: int, number: int, label: str = "") -> None:
        opened = self.open.pop(place)
        self.n_open[opened.label] -= 1
        if opened.start < self.at:
            name = label or opened.label or UNKNOWN
            self.result.marks.append(Mark(name, opened.start, self.at, opened.opened, number))
        elif label != UNKNOWN:
            is_known = not opened.label.startswith(UNKNOWN)
            self._problem(ProblemKind.EMPTY_VALUE if is_known else ProblemKind.UNKNOWN_LABEL, number)
            self.result.lost.append(opened.opened)

    def _problem(self, kind: ProblemKind, number: int) -> None:
        source = self.body[self.tokens[number].start : self.tokens[number].end]
        self.result.problems.append(Problem(kind, excerpt(source)))
        if kind.loses:
            self.result.lost.append(number)
