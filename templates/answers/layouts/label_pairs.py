"""Which values of a line belong to which of its labels: those behind a label, or those before it."""

import re
from collections.abc import Iterator
from functools import cache, cached_property
from typing import NamedTuple

from nerforge.templates.answers.answer_reading import Span
from nerforge.templates.answers.layouts.label_mentions import FRAME, NEAR, AnswerLine, LabelMention
from nerforge.templates.answers.layouts.value_lists import (
    OPEN_BRACKETS,
    OPENING,
    ValueList,
    ValueReader,
    pieces_between,
    trim,
)
from nerforge.templates.words import AnswerWords, Words, any_of

_MAX_GAP = 2_000
"""Characters between two labels in which values are looked for."""
_LINKS = frozenset("@(（[【<《:：=→⇒>|｜,，\t-–—/”\"」』’'*`")
_STOP, _FULL_STOP = re.compile(r"[。；;]|\.\s"), re.compile(r"。|\.\s")
# A value with a name that may be a label: 大雨（天气）, (大雨, Weather), “大雨”是天气.
_NAMED = re.compile(
    r"(?<![^、,，;；。()（）\[\]【】:：\s])(?P<value>[^、,，;；。()（）\[\]【】:：\s]++)\s?[(（\[【](?P<name>[^()（）\[\]【】,，]{1,20})[)）\]】]"
    r"|[(（\[](?P<value2>[^,，|()（）\[\]]+)[,，|]\s*(?P<name2>[^,，()（）\[\]]{1,20})[)）\]]"
    r"|[\"“「'](?P<value3>[^\"“”「」']+)[\"”」']"
    r"\s?(?:是|为|属于|is an?|is|->|→|[:：])\s?(?P<name3>[^、,，;；。.\"“”]{1,20})"
)
_EXPLANATION = re.compile(r"\s*+[)）\]】]*+\s*+(?:[:：#]|[-–—]{1,2}\s)")
_BRACKET = re.compile(r"[()（）\[\]【】{}]")
_NO_VALUE = re.compile(r"[\s<>()（）|,，、:：;；。\"'“”*_#]*+")
"""What alone is no value, and no word for none."""
_SEPARATED = re.compile(r"[、,，;；。]")
_BOUNDS = ("", *"、,，;；。.!！)）]】\n")
"""What may follow a label."""
ENDS = FRAME + "()（）[]【】"

_Assigned = list[tuple[LabelMention, ValueList]]


class NamedValue(NamedTuple):
    """A value of a line with the name of a label that the task does not know."""

    name: Span
    value: Span
    end: int


class LabelledPairs(NamedTuple):
    """The labels of a line, each with its values."""

    is_headed: bool
    """Whether labels stand before their values."""
    labelled: _Assigned
    unknown: list[NamedValue]

    @property
    def has_values(self) -> bool:
        """Whether any label has a value that the sentence says."""
        return any(values.values for _, values in self.labelled)

    @property
    def is_answer(self) -> bool:
        """Whether any label has a value, said or not, or a word for none."""
        return any(x.values or x.unsaid or x.is_nothing for _, x in self.labelled)


@cache
def _denial(words: Words, reach: int) -> re.Pattern[str]:
    """Match one of some words with at most ``reach`` characters behind it, at the end."""
    return re.compile(rf"(?:{any_of(words)})[^,，。；;]{{0,{reach}}}$", re.IGNORECASE)


@cache
def _link(words: AnswerWords) -> re.Pattern[str]:
    return re.compile(any_of((*words.links, *words.label_starts, *words.value_starts)), re.IGNORECASE)


class LabelPairs:
    """Pairs the labels of one line with its values."""

    _RESPECTIVELY = re.compile(r"分别|respectively", re.IGNORECASE)

    def __init__(self, line: AnswerLine, start: int, mentions: list[LabelMention], *, is_one: bool) -> None:
        """Take a line, where its words begin, and the labels that it names, at least one.

        ``is_one`` says that each line of the answer names one entity.
        """
        self.is_one = is_one
        self.line = line
        self.words = line.words
        self.evidence = line.evidence
        self.start = start
        self.mentions = mentions
        self.reader = ValueReader(line)
        self.has_denied = False
        """Whether the line says of a value that it has not the label behind it."""

    @cached_property
    def pairs(self) -> LabelledPairs:
        """The values on the side of the labels on which more of the line is explained."""
        if self._RESPECTIVELY.search(self.words) and (paired := self._one_by_one()):
            return LabelledPairs(False, paired, [])
        headed, behind = self._assign(is_headed=True), self._assign(is_headed=False)
        # "王毅（人名）：中国外交部长" begins with a value, so what follows the label explains it.
        is_behind = self._names_before() or self.has_denied or bool(behind[0][1].values)
        if is_behind or _explained(behind) > _explained(headed):
            starts = [*(mention.start for mention in self.mentions[1:]), len(self.words)]
            gaps = ((mention.end, start) for mention, start in zip(self.mentions, starts, strict=True))
            return LabelledPairs(False, behind, [found for gap in gaps for found in self.unknown(*gap)])
        return LabelledPairs(True, headed, [])

    def _one_by_one(self) -> _Assigned:
        """Pair 王建国和水利部分别是人名和组织 in order; nothing where their numbers differ."""
        values = self.reader.read(self.start, self.mentions[0].start).values
        if len(values) != len(self.mentions):
            return []
        return [(mention, ValueList([span])) for mention, span in zip(self.mentions, values, strict=True)]

    def denies(self) -> bool:
        """Tell whether the line says that there are no such labels: 没有出现人名、组织."""
        denial = _denial(self.evidence.words.negations, 12)
        return denial.search(self.words, self.start, self.mentions[0].start) is not None

    @cached_property
    def is_in_copy(self) -> bool:
        """Whether the line repeats the sentence with labels in it, which say where values end alone."""
        for mention in self.mentions:
            around = self.words[max(mention.start - NEAR, 0) : mention.start]
            before = around.rstrip(" (（[【/")
            behind = self.words[mention.end : mention.end + NEAR].lstrip(" )）]】")
            is_open = len(before) < len(around) and behind[:1].isalnum() and before[-1:].isalnum()
            if is_open and self.evidence.says(before[-2:] + behind[:2]):
                return True
        return False

    def is_linked(self, end: int, start: int) -> bool:
        """Tell whether a mark links a value to the label behind it; mere words may be a sentence about it."""
        # "火星（地点）" names a value; "根据上下文判断为人名" and "it is a GPE" name none.
        return any(mark in _LINKS for mark in self.words[end:start])

    def unknown(self, start: int, end: int) -> Iterator[NamedValue]:
        """Yield values that the sentence says with names that no label has."""
        for found in _NAMED.finditer(self.words, start, end):
            number = (found.lastgroup or "name").removeprefix("name")
            value, name = found.span(f"value{number}"), trim(self.words, *found.span(f"name{number}"))
            words, says = self.words[slice(*name)], self.evidence.says
            if self.words[found.end() : found.end() + NEAR].lstrip()[:1] not in _BOUNDS:
                continue
            if says(self.words[slice(*value)]) and words and not says(words) and not self._is_known(words):
                yield NamedValue(name, value, found.end())

    def _is_known(self, name: str) -> bool:
        return self.evidence.label(name) is not None or self.evidence.is_denied(name)

    def _assign(self, *, is_headed: bool) -> _Assigned:
        """Give each label the values on one side of it."""
        mentions = self._without_values(is_headed=is_headed)
        gaps = list(pieces_between(self.start, (mention[1:] for mention in mentions), len(self.words)))
        sides = list(map(self._until_stop, gaps[1:]) if is_headed else map(self._from_stop, gaps[:-1]))
        assigned = [(m, self._values(side)) for m, side in zip(mentions, sides, strict=True)]
        filled = [at for at, (_, values) in enumerate(assigned) if values.values]
        # One list is one value where the sentence says it whole, unless a colon tells that a list follows.
        if len(filled) == 1 and not (is_headed and self._is_colon(mentions[filled[0]].end)):
            at = filled[0]
            assigned[at] = mentions[at], self._values(sides[at], is_item=True)
        return assigned if is_headed else self._without_remarks(assigned)

    def _without_remarks(self, assigned: _Assigned) -> _Assigned:
        """Leave out what names the label again in a remark: 陆委会 => 机构，属于机构; and mere links."""
        kept: _Assigned = []
        linked: set[str] = set()
        denied: ValueList | None = None
        for mention, values in assigned:
            is_linked = bool(values.values) and self.is_linked(values.values[-1][1], mention.start)
            is_again = not is_linked and self._is_again(mention, values, linked)
            is_denied = self._denies_between(values, mention)
            self.has_denied |= is_denied
            # 北京：不是组织，是地理实体
            is_instead = not values.values and self._links_only(kept, mention)
            instead, denied = denied if is_instead else None, values if is_denied else None
            is_remark = is_again or is_denied
            kept.append((mention, instead or (ValueList() if is_remark else values)))
            linked |= {mention.label.name} if is_linked else set()
        return kept

    def _is_again(self, mention: LabelMention, values: ValueList, linked: set[str]) -> bool:
        return mention.label.name in linked or self._is_link(values)

    def _links_only(self, kept: _Assigned, mention: LabelMention) -> bool:
        """Tell whether nothing but a link stands between two labels."""
        between = self.words[kept[-1][0].end : mention.start].strip(ENDS + "而") if kept else ""
        return _link(self.evidence.words).fullmatch(between) is not None

    def _denies_between(self, values: ValueList, mention: LabelMention) -> bool:
        """Tell whether words between a value and its label deny it: “市民”也不是具体的人名."""
        if not values.values:
            return False
        start, denial = values.values[-1][1], _denial(self.evidence.words.denials, 4)
        # "停电时长”，未提及公司" denies that there is a 公司.
        is_apart = _SEPARATED.search(self.words, start, mention.start) is not None
        return not is_apart and denial.search(self.words, start, mention.start) is not None

    def _is_link(self, values: ValueList) -> bool:
        """Tell whether what stands before a label is no value but links it: 属于地点的有太湖."""
        links = _link(self.evidence.words)
        return len(values.values) == 1 and links.fullmatch(self.words, *values.values[0]) is not None

    def _values(self, side: Span, *, is_item: bool = False) -> ValueList:
        is_short = side[1] - side[0] <= _MAX_GAP
        if not is_short or _NO_VALUE.fullmatch(self.words, *side):
            return ValueList()
        return self.reader.read(*side, is_item=is_item, is_one=self.is_one)

    def _is_colon(self, at: int) -> bool:
        """Tell whether a list may follow: 症状：发热、咳嗽, while 症状 -> 发热 names one value."""
        return self.words[at : at + NEAR].lstrip("*_` ")[:1] in (":", "：")

    def _without_values(self, *, is_headed: bool) -> list[LabelMention]:
        """Leave out what is a value though a label has its name: 人名 -> 人名 of a sentence that says it."""
        kept: list[LabelMention] = []
        for mention in self.mentions:
            start = kept[-2].end if len(kept) > 1 else self.start
            if kept and self._is_value_of(kept[-1], mention, start, is_headed=is_headed):
                kept[-1] = kept[-1] if is_headed else mention
            else:
                kept.append(mention)
        return kept

    def _is_value_of(self, last: LabelMention, mention: LabelMention, start: int, *, is_headed: bool) -> bool:
        """Tell whether of two names that stand together one is the value of the other."""
        if not self.is_linked(last.end, mention.start) or self.words[last.end : mention.start].strip(ENDS):
            return False
        value = mention if is_headed else last
        # Of 发热：症状 - 症状类实体 the first 症状 is the label of 发热.
        has_value = not is_headed and any(map(str.isalnum, self.words[start : last.start]))
        return not has_value and self.evidence.says(self.words[value.start : value.end])

    def _names_before(self) -> bool:
        """Tell whether the first label belongs to words before it: 火星（地点）, but not 句中的地点."""
        first = self.mentions[0]
        start, end = trim(self.words, self.start, first.start, ENDS)
        words = self.words[start:end]
        marks = self.words[end : first.start].strip(",，、 ")
        # "query(日期=" opens a list of arguments, "火星（地点）" names a value.
        is_open = marks in ("(", "（") and self.words[first.end : first.end + 1] in tuple("=:：")
        is_named = any(map(str.isalnum, words)) and not self.evidence.is_chatter(words)
        return is_named and not is_open and any(mark in _LINKS for mark in marks)

    def _until_stop(self, gap: Span) -> Span:
        """Leave out the next sentence of a line."""
        found = _FULL_STOP.search(self.words, *gap)
        return (gap[0], found.start()) if found and not self.line.is_said_inside(found.start()) else gap

    def _behind_brackets(self, start: int, end: int) -> Span:
        """Leave out the rest of the brackets around the label before."""
        depth = 0
        for found in _BRACKET.finditer(self.words, start, end):
            depth += 1 if found[0] in OPENING else -1
            if depth < 0:
                start, depth = found.end(), 0
        return start, end

    def _from_stop(self, gap: Span) -> Span:
        """Leave out what explains the label before, the rest of its brackets, and names that are unknown."""
        start, end = self._behind_brackets(*gap)
        if _EXPLANATION.match(self.words, start, end):
            # "王毅（人名）：外交部长，朔尔茨（人名）": the last words belong to the next label.
            last = max((m.end() for m in _SEPARATED.finditer(self.words, start, end)), default=end)
            start = last if self.words[end - 1 : end] in tuple(OPEN_BRACKETS) else end
        start = max([start, *(unknown.end for unknown in self.unknown(start, end))])
        stops = (m for m in _STOP.finditer(self.words, start, end) if not self.line.is_said_inside(m.start()))
        last = max((m.end() for m in stops), default=start)
        return (last if trim(self.words, last, end)[0] < end else start), end


def _explained(assigned: _Assigned) -> int:
    """Count the characters of values, and the labels that have any."""
    lists = [values for _, values in assigned]
    return sum(b - a for x in lists for a, b in x.values) + 2 * sum(
        bool(x.values or x.is_nothing) for x in lists
    )
