"""The values that stand before or behind a label in a line, with what else stands there."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, pairwise

from nerforge.templates.answers.answer_reading import Span
from nerforge.templates.answers.layouts.label_mentions import FRAME, NEAR, AnswerLine
from nerforge.templates.words import AnswerWords, any_of

_MAX_LAYERS = 16
"""Brackets, marks and links that may stand around a value, one around the other."""
_MAX_SCANNED = 2_000
"""Characters in which the end of a bracket is looked for."""
_MAX_MARKS = 8
"""Marks around a value of which each number is tried."""
MAX_UNSAID = 20
"""Characters of a value that is taken though the sentence does not say it."""
OPENING, CLOSING = "(（[【{“「『‘《<", ")）]】}”」』’》>"
OPEN_BRACKETS, CLOSE_BRACKETS = OPENING[:4], CLOSING[:4]
_MARKS = frozenset(OPENING + CLOSING)
_PAIRS = {*zip(OPENING, CLOSING, strict=True), ('"', '"'), ("'", "'"), ("`", "`")}
_PARTNERS = dict(
    [*zip(OPENING[:-1], CLOSING[:-1], strict=True), *zip(CLOSING[:-1], OPENING[:-1], strict=True)]
)
_ALWAYS = " \t\r\u3000,，、;；:：=→⇒|｜。"
"""Marks that are never an end of a value, though the sentence may have them there."""
_SOFT = "".join(mark for mark in FRAME if mark not in "“”‘’「」『』\"'.")
_QUOTED = re.compile(
    r"\"([^\"\n]+)\"|“([^“”\n]+)”|‘([^‘’\n]+)’|「([^「」\n]+)」|『([^『』\n]+)』|`([^`\n]+)`|\*\*(?=\S)([^*\n]+)(?<=\S)\*\*"
    r"|(?<![A-Za-z])'([^'\n]+)'(?![A-Za-z])"
)
_SEPARATOR = re.compile(r"\s(?:#{2,3}|/)\s|[、,，;；|｜\t/]")
_MAX_LINK = 24
"""Characters of the longest word that links."""
_MAX_PIECE = 300
"""Characters of words that are taken apart where the sentence does not say them."""
_MAX_LISTED = 4
"""Characters of a value of a list that stands where one value is expected: 武汉、南京 -> 地理实体."""
_BLANKS = re.compile(r"\s+")
_REMARK = re.compile(r"(?P<head>.+?)\s*[(（\[【][^()（）]*[)）\]】]$")
_EXPLAINED = re.compile(r"[:：=,，→]|\s#\s|\s[-–—]+\s|[-–—]{2,}|->|=>")


@dataclass(slots=True)
class ValueList:
    """Places of values in a line."""

    values: list[Span] = field(default_factory=list)
    remarks: list[Span] = field(default_factory=list)
    """What explains a value."""
    unsaid: list[Span] = field(default_factory=list)
    """What stands in the place of a value and is not said by the sentence."""
    is_ambiguous: bool = False
    """Whether the sentence says some of the values as one, too, or one of them as several."""
    is_nothing: bool = False
    """Whether a word says that there is none."""


def trim(words: str, start: int, end: int, marks: str = FRAME) -> Span:
    """Leave out marks at both ends."""
    while start < end and words[start] in marks:
        start += 1
    while end > start and words[end - 1] in marks:
        end -= 1
    return start, end


def pieces_between(start: int, marks: Iterable[Span], end: int) -> Iterator[Span]:
    """Yield what stands before, between and behind some marks."""
    bounds = [start, *chain.from_iterable(marks), end]
    return zip(bounds[::2], bounds[1::2], strict=True)


def _may_part(mark: str, *, is_item: bool) -> bool:
    """Tell whether a mark, with the characters beside it, may stand between values."""
    return not ("/" in mark or ("," in mark and mark.isascii()) or (is_item and "、" not in mark))


def _are_alike(sizes: list[int], *, is_strict: bool) -> bool:
    """Tell whether pieces are as long as values: 肺、心 and 肺炎、肝炎, but not 正、侧位片 and T、B细胞."""
    least, most = min(sizes), max(sizes)
    is_short = most <= _MAX_LISTED and most - least <= 2
    return (least > 1 or most < 3) and (is_short or not is_strict)


@cache
def _lead(words: AnswerWords) -> re.Pattern[str]:
    """Match words that may stand before a value in a sentence, or link it to its label."""
    names = any_of((*words.value_starts, *words.links))
    return re.compile(rf"\s*+(?:(?:{names})\s*+[:：]?\s*+)++", re.IGNORECASE)


@cache
def _tail(words: AnswerWords) -> re.Pattern[str]:
    """Match a word that links a value to the label behind it, or ends a list."""
    names = any_of((*words.links, *words.joins, *words.value_ends, *words.label_starts))
    return re.compile(rf"(?:{names})$", re.IGNORECASE)


@cache
def _nothing(words: AnswerWords) -> re.Pattern[str]:
    """Match a word for no value, and what may follow it."""
    return re.compile(rf"(?:{any_of(words.nothing)})(?=[\s(（，,。；;.]|$)", re.IGNORECASE)


@cache
def _joins(words: AnswerWords) -> re.Pattern[str]:
    return re.compile(any_of(words.joins), re.IGNORECASE)


class ValueReader:
    """Reads the values between two places of a line."""

    def __init__(self, line: AnswerLine) -> None:
        """Take the line."""
        self.line = line
        self.words = line.words
        self.evidence = line.evidence
        self.said: dict[Span, bool] = {}

    def read(self, start: int, end: int, *, is_item: bool = False, is_one: bool = False) -> ValueList:
        """Read a list of values.

        Args:
            start: Where it begins in the line.
            end: Where it ends.
            is_item: Whether it is an item of a list, which may be one value or several.
            is_one: Whether it is one value if the sentence says it whole, as the answer names each alone.
        """
        result = ValueList()
        quoted, is_all = self._quoted(start, end)
        bare = self._bare(start, end)
        if any(self._is_nothing(*x) for x in (trim(self.words, start, end, FRAME + OPENING + CLOSING), bare)):
            return ValueList(is_nothing=True)
        if quoted and is_all:
            result.values = quoted
        elif bare[0] < bare[1]:
            self._list(*bare, result, is_item=is_item or is_one, is_one=is_one)
            # “王毅”是我国的外交部长: what stands in quotes is meant.
            if quoted and not result.values:
                result = ValueList(quoted)
        return result

    def _is_nothing(self, start: int, end: int) -> bool:
        is_said_so = _nothing(self.evidence.words).match(self.words, start, end) is not None
        return (is_said_so or self.evidence.denies(self.words[start:end])) and not self._says_more(start, end)

    def _says_more(self, start: int, end: int) -> bool:
        return end - start > 2 and self._says(start, end)

    def _says(self, start: int, end: int) -> bool:
        """Tell whether the sentence says a part of the line, which is asked several times."""
        span = start, end
        if span not in self.said:
            self.said[span] = self.evidence.says(self.words[start:end])
        return self.said[span]

    def _bare(self, start: int, end: int) -> Span:
        """Leave out marks, brackets around all, and words that only link, unless the sentence says them."""
        for _ in range(_MAX_LAYERS):
            before = start, end
            start, end = trim(self.words, start, end, _ALWAYS)
            if self._is_balanced(start, end) and self._says(start, end):
                return start, self._with_end(start, end)
            for step in (self._without_bracket, self._without_mark, self._without_links):
                if (start, end) == before:
                    start, end = step(start, end)
            if (start, end) == before or start >= end:
                break
        return start, end

    def _with_end(self, start: int, end: int) -> int:
        """Take in the full stop of an abbreviation: Inc. in the middle of a sentence."""
        if self.words[end : end + 1] != ".":
            return end
        pattern = re.escape(self.words[start : end + 1]) + r"(?!\s*$|\s+[A-Z])"
        return end + bool(re.search(pattern, self.evidence.text))

    def _is_balanced(self, start: int, end: int) -> bool:
        words = self.words[start:end]
        if _MARKS.isdisjoint(words):
            return True
        return all(words.count(a) == words.count(b) for a, b in zip(OPENING[:-1], CLOSING[:-1], strict=True))

    def _without_bracket(self, start: int, end: int) -> Span:
        """Leave out brackets and quotes around all, and one that has no partner, as in 外交部（."""
        first, last = self.words[start : start + 1], self.words[end - 1 : end]
        if end - start > 1 and (first, last) in _PAIRS and self._closes_last(start, end):
            return start + 1, end - 1
        if last in tuple(OPENING):
            return start, end - 1
        if first in tuple(CLOSING) or self._lacks_partner(first, start, end):
            return start + 1, end
        return start, end - self._lacks_partner(last, start, end)

    def _closes_last(self, start: int, end: int) -> bool:
        """Tell whether the first bracket closes at the last character, not as in （左）肾炎、肺炎（重症）."""
        opening, closing = self.words[start], self.words[end - 1]
        if opening == closing:
            return True
        depth = 0
        for at in range(start, min(end, start + _MAX_SCANNED)):
            depth += (self.words[at] == opening) - (self.words[at] == closing)
            if depth == 0:
                return at == end - 1
        return False

    def _lacks_partner(self, bracket: str, start: int, end: int) -> bool:
        """Tell whether there are more, or fewer, of a bracket than of its partner: 【 of 《新科学家》 【."""
        pair = _PARTNERS.get(bracket)
        return pair is not None and self.words.count(bracket, start, end) != self.words.count(
            pair, start, end
        )

    def _without_mark(self, start: int, end: int) -> Span:
        """Leave out as few marks as make a value that the sentence says, else all of them."""
        left, right = trim(self.words, start, end)
        soft = trim(self.words, start, end, _SOFT)
        for n_marks in range(1, min(left - start + end - right, _MAX_MARKS) + 1):
            for before in range(min(n_marks, left - start) + 1):
                span = start + before, end - (n_marks - before)
                if span[1] >= right and self._is_balanced(*span) and self._says(*span):
                    return span
        # Quotes and full stops may belong to the first or last of several values.
        return (left, right) if soft == (start, end) and not self._is_balanced(start, end) else soft

    def _without_links(self, start: int, end: int) -> Span:
        lead = _lead(self.evidence.words).match(self.words, start, end)
        if lead and lead.end() <= end and not self._says_first(start, end):
            return lead.end(), end
        tail = _tail(self.evidence.words).search(self.words, max(start, end - _MAX_LINK), end)
        is_link = tail is not None and tail.start() > start and not self._says_last(start, end)
        return start, tail.start() if tail and is_link else end

    def _says_first(self, start: int, end: int) -> bool:
        """Tell whether the first of several values begins like a link: 有机酸血症, but not 症状有发热."""
        found = _SEPARATOR.search(self.words, start, end)
        is_apart = not self.words[max(start - NEAR, 0) : start].rstrip()[-1:].isalnum()
        return is_apart and found is not None and self._says(*trim(self.words, start, found.start(), _ALWAYS))

    def _says_last(self, start: int, end: int) -> bool:
        """Tell whether the last of several values ends like a link: 民主、共和（组织）."""
        last = max((found.end() for found in _SEPARATOR.finditer(self.words, start, end)), default=None)
        is_apart = not self.words[end : end + NEAR].lstrip()[:1].isalnum()
        return is_apart and last is not None and self._says(*trim(self.words, last, end, _ALWAYS))

    def _quoted(self, start: int, end: int) -> tuple[list[Span], bool]:
        """Give what stands in quotes and is said, and whether nothing else stands there; then all of it."""
        found = list(_QUOTED.finditer(self.words, start, end))
        if not found:
            return [], False
        spans = [match.span(match.lastindex or 0) for match in found if match[match.lastindex or 0].strip()]
        beside = _QUOTED.sub("", self.words[start:end]).strip(FRAME + OPENING + CLOSING)
        if not beside:
            return spans, bool(spans)
        for pattern in (_lead, _joins):
            beside = pattern(self.evidence.words).sub("", beside).strip(FRAME + OPENING + CLOSING)
        return [span for span in spans if self._says(*span)], not beside

    def _list(
        self, start: int, end: int, result: ValueList, *, is_item: bool = False, is_one: bool = False
    ) -> None:
        exactly = self.line.is_said_exactly(start, end)
        pieces = self._split(start, end, all_marks=exactly)
        if exactly or (is_item and self._says(start, end)):
            result.is_ambiguous |= len(pieces) > 1 and all(self._says(*piece) for piece in pieces)
            if is_one or not self._is_list(pieces, is_item=is_item, is_exact=exactly):
                pieces = [(start, end)]
        for piece in pieces:
            self._value(piece, result, is_first=piece == pieces[0])

    def _is_list(self, pieces: list[Span], *, is_item: bool, is_exact: bool) -> bool:
        """Tell a list of values from one value with a mark in it: 发热、咳嗽, but not 2,5-二酮."""
        if len(pieces) < 2 or not all(self._says(*piece) for piece in pieces):
            return False
        between = [self.words[a[1] - 1 : b[0] + 1] for a, b in pairwise(pieces)]
        sizes = [end - start for start, end in pieces]
        are_alike = _are_alike(sizes, is_strict=is_item and is_exact)
        return are_alike and all(_may_part(mark, is_item=is_item) for mark in between)

    def _split(self, start: int, end: int, *, all_marks: bool) -> list[Span]:
        """Split at separators outside of brackets, and outside of what the sentence says just so."""
        marks = list(self._marks(start, end))
        free = [mark for mark in marks if all_marks or not self.line.is_said_inside(mark[0])]
        # 咳嗽、咳痰、发热 of a sentence that says 咳嗽、咳痰: where 、 separates once, it does so each time.
        used = {self.words[slice(*mark)] for mark in free}
        free = [mark for mark in marks if self.words[slice(*mark)] in used]
        pieces = (trim(self.words, *piece, _ALWAYS) for piece in pieces_between(start, free, end))
        return [piece for piece in pieces if piece[0] < piece[1]]

    def _marks(self, start: int, end: int) -> Iterator[Span]:
        """Yield separators outside of brackets."""
        depth, at = 0, start
        for found in _SEPARATOR.finditer(self.words, start, end):
            between = self.words[at : found.start()]
            depth += sum(map(between.count, OPEN_BRACKETS)) - sum(map(between.count, CLOSE_BRACKETS))
            at = found.end()
            if depth <= 0:
                depth = 0
                yield found.span()

    def _value(self, piece: Span, result: ValueList, *, is_first: bool) -> None:
        start, end = piece if self._says(*piece) else self._bare(*piece)
        if start < end and self._says(start, end):
            result.values.append((start, end))
            return
        parts = self._taken_apart(start, end)
        for value in parts.values:
            self._list(*value, result)
        result.remarks += parts.remarks
        start, end = trim(self.words, start, end)
        if start < end and not parts.values:
            (result.unsaid if is_first or not result.values else result.remarks).append((start, end))

    def _taken_apart(self, start: int, end: int) -> ValueList:
        readers = (self._at_remark, self._at_joins, self._at_mark, self._at_end)
        parts = (reader(start, end) for reader in readers if end - start <= _MAX_PIECE)
        return next((found for found in parts if found.values), ValueList())

    def _at_remark(self, start: int, end: int) -> ValueList:
        """Split 外交部（中国政府部门）, unless the sentence has these brackets too."""
        found = _REMARK.match(self.words, start, end)
        if found is None:
            return ValueList()
        head = trim(self.words, *found.span("head"))
        return ValueList([head], [(head[1], end)]) if self._says(*head) else ValueList()

    def _at_joins(self, start: int, end: int) -> ValueList:
        """Split 北京和上海 where the sentence says both."""
        for pattern in (_joins(self.evidence.words), _BLANKS):
            joins = (found.span() for found in pattern.finditer(self.words, start, end))
            pieces = [trim(self.words, *piece) for piece in pieces_between(start, joins, end)]
            if len(pieces) > 1 and all(a < b and self._says(a, b) for a, b in pieces):
                return ValueList(pieces)
        return ValueList()

    def _at_mark(self, start: int, end: int) -> ValueList:
        """Split 王毅：中国外交部长 where the sentence says the beginning."""
        for found in _EXPLAINED.finditer(self.words, start, end):
            head = trim(self.words, start, found.start())
            if head[0] < head[1] and self._says(*head):
                return ValueList([head], [(found.end(), end)])
        return ValueList()

    def _at_end(self, start: int, end: int) -> ValueList:
        """Take what the sentence says behind other words: The sentence mentions 长江."""
        for found in _BLANKS.finditer(self.words, start, end):
            if self._says(found.end(), end):
                return ValueList([(found.end(), end)], [(start, found.start())])
        return ValueList()
