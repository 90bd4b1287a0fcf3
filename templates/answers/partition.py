"""Account for every character of an answer: which part of it is what."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from nerforge.templates.answers.answer_reading import Span
from nerforge.templates.answers.envelope import AnswerBody
from nerforge.templates.domain import AnswerPart, PartKind

_KINDS = tuple(PartKind)
_CODES = {kind: code for code, kind in enumerate(_KINDS, start=1)}
_NAMED = (_CODES[PartKind.VALUE], _CODES[PartKind.LABEL])
_WORDS = re.compile(r"[^\W_](?:[^\n]*[^\W_])?")
"""The words of a line, without punctuation around them."""
_UNKNOWN, _KNOWN = re.compile(rb"\x00+"), re.compile(rb"[^\x00]+")
_NO_BREAK = re.compile(r"[^\n]")


class Ledger:
    """The characters of a body, each with the kind of its part, or with none yet."""

    def __init__(self, body: str) -> None:
        """Begin with nothing known."""
        self.body = body
        self.codes = bytearray(len(body))

    def mark(self, kind: PartKind, spans: Iterable[Span]) -> None:
        """Say what some characters are, whatever they were taken for."""
        code = bytes([_CODES[kind]])
        for start, end in spans:
            self.codes[start:end] = code * (end - start)

    def mark_unknown(self, kind: PartKind, span: Span) -> None:
        """Say what those characters of a span are of which nothing is known."""
        for found in _UNKNOWN.finditer(self.codes, *span):
            self.mark(kind, [found.span()])

    def has(self, kind: PartKind) -> bool:
        """Tell whether any character is of a kind."""
        return _CODES[kind] in self.codes

    def mark_lost(self, words: str) -> None:
        """Mark words that a problem is about; where these are not found, the last character."""
        at = self.body.find(words) if words else -1
        if at >= 0 and not any(code in self.codes[at : at + len(words)] for code in _NAMED):
            self.mark(PartKind.PROBLEM, [(at, at + len(words))])
            return
        free = (at for at in range(len(self.codes) - 1, -1, -1) if self.codes[at] not in _NAMED)
        last = next(free, len(self.codes) - 1)
        self.mark(PartKind.PROBLEM, [(last, last + 1)] if last >= 0 else [])

    def unknown(self) -> Iterator[Span]:
        """Yield, line by line, the words of which nothing is known."""
        for found in _UNKNOWN.finditer(self.codes):
            for words in _WORDS.finditer(self.body, *found.span()):
                if not words[0].isdecimal():
                    yield words.span()

    def rest(self) -> str:
        """Give the body with blanks for all that is known."""
        pieces: list[str] = []
        at = 0
        for known in _KNOWN.finditer(self.codes):
            pieces += (self.body[at : known.start()], _NO_BREAK.sub(" ", self.body[slice(*known.span())]))
            at = known.end()
        return "".join([*pieces, self.body[at:]])

    def parts(self, body: AnswerBody) -> tuple[AnswerPart, ...]:
        """Give the parts of the whole answer; what is still unknown is punctuation and so frame."""
        codes = bytearray(bytes([_CODES[PartKind.FRAME]]) * len(body.answer))
        for start, end in pairwise([*body.starts, len(self.body)]):
            source = body.source(start)
            low = max(start, 0)
            size = max(min(end, len(self.body)) - low, 0)
            piece = self.codes[low : low + size].replace(b"\x00", bytes([_CODES[PartKind.FRAME]]))
            room = len(codes) - (source + low - start)
            codes[source + low - start : source + low - start + size] = piece[:room]
        for part in body.wrapping:
            codes[part.start : part.end] = bytes([_CODES[part.kind]]) * (part.end - part.start)
        return tuple(
            AnswerPart(_KINDS[run[0][0] - 1], *run.span())
            for run in re.finditer(rb"(.)\1*", codes, re.DOTALL)
        )
