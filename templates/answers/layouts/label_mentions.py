"""Where a line of an answer names labels, and which of its punctuation belongs to the sentence."""

import re
from bisect import bisect_left
from functools import cache, cached_property
from typing import NamedTuple

from nerforge.templates.answers.answer_reading import Span
from nerforge.templates.answers.evidence import WIDTHS, Evidence
from nerforge.templates.domain import Label, LabelSchema
from nerforge.templates.mentions.traditional_characters import simplify
from nerforge.templates.words import AnswerWords, any_of, longest_first

FRAME = " \t\r\u3000\"'“”‘’`*_|｜「」『』#<>@,，、;；:：=.。!！~→⇒-–—"
"""Punctuation that says nothing at the ends of words."""
_MARKS = r"\s\"'“”‘’`*_|｜「」『』《》<>()（）\[\]【】{},，、;；:：=.。!！?？~→⇒\-–—/\\·•#&+@"
NEAR = 16
"""Characters before or behind a label that are looked at."""


_SECOND = re.compile(r"\s?(?:([(（\[【])|[/|｜])\s?$")


class LabelMention(NamedTuple):
    """A label as a line names it."""

    label: Label
    start: int
    end: int


@cache
def _pattern(schema: LabelSchema) -> re.Pattern[str]:
    words = schema.words
    # An ASCII name must stand alone: "dis" is not in "disease". Chinese words have no such bounds.
    names = (
        rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z])" if name.isascii() else re.escape(name)
        for name in sorted({*schema.all_names, *map(simplify, schema.all_names)}, key=longest_first)
    )
    ends = any_of(words.label_ends)
    return re.compile(
        rf"(?P<name>{'|'.join(names)})(?:\s?(?:{ends}))*(?:\d{{1,3}}(?!\d))?(?:\s?[(（]\d+\s?[个项条]?[)）])?",
        re.IGNORECASE,
    )


@cache
def _before(words: AnswerWords) -> re.Pattern[str]:
    inside = any_of((*words.links, *words.value_starts, *words.label_starts, *words.negations))
    # Whatever is no word is a mark, an emoji too: 📍 地点.
    return re.compile(rf"(?:^|[\W_]|{inside})\s*$", re.IGNORECASE)


@cache
def _behind(words: AnswerWords) -> re.Pattern[str]:
    after = any_of((*words.links, *words.joins, *words.nothing))
    return re.compile(rf"$|[{_MARKS}]|(?:{after})", re.IGNORECASE)


class AnswerLine:
    """A line of an answer, as the sentence and the labels know it."""

    def __init__(self, words: str, evidence: Evidence) -> None:
        """Take a line without its line break."""
        self.words = words
        self.evidence = evidence

    @cached_property
    def runs(self) -> list[Span]:
        """The longest runs of two characters or more that the sentence says, in order, without overlap."""
        # 肺炎（CAP） -> 疾病 of a sentence that says 肺炎（CAP）: its brackets are no marks of the answer.
        line, text = self.words.translate(WIDTHS), self.evidence.narrow
        runs = []
        at = 0
        while at < len(line) - 1:
            length = _said_length(line, at, text)
            if length > 1:
                runs.append((at, at + length))
            at += max(length, 1)
        return runs

    def is_said_exactly(self, start: int, end: int) -> bool:
        """Tell whether the sentence says some words with just these marks, wide or narrow."""
        return self.words[start:end].translate(WIDTHS) in self.evidence.narrow

    def is_said_inside(self, at: int) -> bool:
        """Tell whether a character lies within a run of the sentence, with others of the run around it."""
        run = bisect_left(self.runs, (at, 0)) - 1
        return run >= 0 and self.runs[run][0] < at < self.runs[run][1] - 1

    @cached_property
    def mentions(self) -> list[LabelMention]:
        """The labels that the line names, in order."""
        found = []
        # 組織 is 组织; each character keeps its place.
        for match in _pattern(self.evidence.schema).finditer(simplify(self.words)):
            label = self.evidence.label(match[0]) or self.evidence.label(match["name"])
            if label is not None and self._stands_alone(*match.span()):
                found.append(LabelMention(label, *match.span()))
        return self._without_second_names(found)

    def _without_second_names(self, mentions: list[LabelMention]) -> list[LabelMention]:
        """Join 人名(PER), 人名/PER and 人名 PER, which name a label twice."""
        joined: list[LabelMention] = []
        for mention in mentions:
            last = joined[-1] if joined else None
            between = self.words[last.end : mention.start] if last else ""
            second = _SECOND.match(between)
            if last is not None and last.label is mention.label and (second or between == " "):
                joined[-1] = last._replace(end=self._closed(mention.end) if second else mention.end)
            elif second and not second[1]:
                # 人名/组织 names two labels, and so none.
                joined.pop()
            else:
                joined.append(mention)
        return joined

    def _closed(self, at: int) -> int:
        """Take in the bracket behind a second name."""
        return at + (self.words[at : at + 1] in tuple(")）]】"))

    def _stands_alone(self, start: int, end: int) -> bool:
        words = self.evidence.words
        before = self.words[max(start - NEAR, 0) : start]
        behind = self.words[end : end + NEAR]
        if not _before(words).search(before):
            return False
        # "人名孙晓梅" names a label without any mark, where the sentence says the words behind it.
        if not _behind(words).match(behind) and not (behind[:2].isalnum() and self.evidence.says(behind[:2])):
            return False
        return not self._is_joined(start, end)

    def _is_joined(self, start: int, end: int) -> bool:
        """Tell whether the sentence says a label's name as a part of longer words."""
        # World Health Organization is said as a whole: its last word is no label.
        name, says = self.words[start:end], self.evidence.says
        left = self.words[max(start - NEAR, 0) : start].rstrip()[-1:]
        right = self.words[end : end + NEAR].lstrip()[:1]
        return (left.isalnum() and says(left + name)) or (right.isalnum() and says(name + right))


def _said_length(line: str, at: int, text: str) -> int:
    """Give the length of the longest run from ``at`` that the text says; 0 where it is one character."""
    if line[at : at + 2] not in text:
        return 0
    low = 2
    while at + 2 * low <= len(line) and line[at : at + 2 * low] in text:
        low *= 2
    # Said to `low`, not to `high`; halve between.
    high = min(2 * low, len(line) - at + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if line[at : at + middle] in text else (low, middle)
    return low
