"""Read lines that name labels and values: headings with items, lists behind labels, pairs, sentences."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from nerforge.templates.answers.answer_reading import AnswerReading, Span
from nerforge.templates.answers.evidence import Evidence
from nerforge.templates.answers.layouts.label_mentions import NEAR, AnswerLine, LabelMention
from nerforge.templates.answers.layouts.label_pairs import ENDS, LabelledPairs, LabelPairs
from nerforge.templates.answers.layouts.value_lists import (
    CLOSE_BRACKETS,
    MAX_UNSAID,
    OPEN_BRACKETS,
    ValueList,
    ValueReader,
    trim,
)
from nerforge.templates.domain import Label, PartKind, ProblemKind
from nerforge.templates.mentions.folding import fold
from nerforge.templates.words import AnswerWords, any_of

_MAX_LINE = 100_000
_MIN_UNSAID = (1, 2)
"""Characters of the shortest value, of Chinese and of ASCII, that is taken though the sentence lacks it."""
_MAX_NAMED = 500
"""Characters of a line that may name a value by an unknown label."""
# "1. ", "2、", "- ", "（3）", "一、", "① ", "> ", "### ", "- [x] "; "2,5-二酮" and "3.5T" have none.
_BULLET = re.compile(
    r"[ \t\u3000]{0,40}(?:(?:[-+•·●▪◆■>]|\*(?!\*)"
    r"|\*\*(?=[\d一二三四五六七八九十]{1,3}[、.．)）]|[①-⑳])"
    r"|\[[ xX√✓]\]|#{1,6}|\d{1,3}\s?(?:[、)）]|[.:：．](?!\d))"
    r"|[（(\[【]\d{1,3}[)）\]】]|[（(]?[一二三四五六七八九十]{1,3}[、)）.]|[①-⑳])[ \t]{0,8}){1,3}"
)
# Items that stand in one line: "1）人名：王建国 2）组织：水利部", "①王建国（人名）②李明（人名）".
_LINE_END = re.compile(r"\n|(?<=\s)(?=\d{1,2}(?:[)）、]|\.\s))|(?<=[^\s\d])(?=[①-⑳])")
_MARKED = re.compile(r"@@([^@#\n]{1,200})##")
_BRACKETS = tuple(zip(OPEN_BRACKETS, CLOSE_BRACKETS, strict=True))
_AROUND = '*_` "“”'
_COUNT = re.compile(r"\d{0,4}\s?[个项条]?")
# A value and a name without any mark, in columns of blanks.
_SPACED = re.compile(r"(?P<rest>\S+)[ \t]+(?P<name>[A-Za-z_-]{2,20}|[\u4e00-\u9fff]{2,6})\s*$")
# Possessive, as blanks in a row would else be tried in every division: "投|" and 300 blanks took seconds.
# "职务：外交部长" and "职务 -> 外交部长"; "外交部长 -> 职务" and "外交部长（职务）".
_HEADED = re.compile(
    r"\s*+[*_`【\[「]*+\s*+(?P<name>[^:：\s][^:：\n]{0,30}?)\s*+[*_`】\]」]*+\s*+(?:[:：]|->|=>|→)"
    r"\s*+[*_`]*+\s*+(?P<rest>\S.*)$"
)
_PAIRED = re.compile(
    r"(?P<rest>\S(?:.*?\S)??)(?:\s*+(?:->|=>|→|——|--|[:：=|｜]|[(（【\[])|\s++[-–—]\s)\s*+[*_`\"“]*+\s*+"
    r"(?P<name>[^\s:：()（）【】\[\]\n\"“”][^:：()（）【】\[\]\n\"“”]{0,19}?)[*_`\"”]*+\s*+[)）】\]]?\s*+[。.;；,，]?$"
)


@cache
def _open_end(words: AnswerWords) -> re.Pattern[str]:
    """Match what is never the end of an answer."""
    return re.compile(rf"(?:->|→|=>|[:：=(（\[【|｜,，、]|{any_of(words.links)})\s*$", re.IGNORECASE)


def _looks_like_heading(words: str) -> bool:
    return words.rstrip(" *_`").endswith((":", "：", "】")) or words.lstrip().startswith(("#", "**"))


def read_lines(body: str, evidence: Evidence) -> AnswerReading:
    """Read words that name labels and values, such as ``临床表现：发热、咳嗽`` and ``发热（临床表现）``."""
    return _LineReader(body, evidence).read().in_other_format(body)


class _Item(NamedTuple):
    """A line of the body, and where its words begin behind a number or bullet."""

    line: AnswerLine
    at: int
    """Where the line stands in the body."""
    start: int
    has_bullet: bool

    def place(self, span: Span) -> Span:
        """Give the place in the body of a place in the line."""
        return self.at + span[0], self.at + span[1]

    @property
    def has_hash(self) -> bool:
        """Whether it is a heading of Markdown."""
        return "#" in self.line.words[: self.start]

    def words(self, span: Span) -> str:
        return self.line.words[slice(*span)]

    def paired(self) -> Iterator[LabelMention]:
        """Yield the labels that stand beside a value: the first of a line, and those in brackets."""
        words = self.line.words
        for mention in self.line.mentions:
            before = words[max(mention.start - NEAR, 0) : mention.start].rstrip(_AROUND)[-1:]
            behind = words[mention.end : mention.end + NEAR].lstrip(_AROUND)
            is_bracketed = before in tuple(OPEN_BRACKETS) and behind[:1] in tuple(CLOSE_BRACKETS)
            is_first = mention is self.line.mentions[0]
            # "句中的人名和地点：" names labels, and no value.
            has_value = (behind[:1] in tuple(":：=→-") and len(behind) > 1) or before in tuple(
                ":：>→-—–=|,，\t"
            )
            if is_bracketed or (is_first and has_value):
                yield mention


class _Heading(NamedTuple):
    """What heads a list of values."""

    label: Label | None
    """None for a name that the task does not know."""
    name: str
    at: Span


class _LineReader:
    def __init__(self, body: str, evidence: Evidence) -> None:
        self.body = body
        self.evidence = evidence
        self.reading = AnswerReading(evidence)
        self.lines: dict[str, AnswerLine] = {}
        self.pairs: dict[str, LabelPairs] = {}
        self.heading: _Heading | None = None
        self.is_one_a_line = False
        """Whether the answer names a label again, so that each time it names one entity."""
        self.is_one_an_item = False
        """Whether there are more items than labels, so that each is one value."""
        self.has_marks = _MARKED.search(body) is not None
        """Whether values stand in marks as GPT-NER has them."""
        self.bare: list[Span] = []
        """Items that the sentence says, and that no label stands beside or above."""
        self.unknown: list[tuple[str, Span, Span]] = []
        """Names that may be labels, with their places and those of their values."""

    def read(self) -> AnswerReading:
        items = list(self._items())
        names = Counter(mention.label.name for item in items for mention in item.paired())
        self.is_one_a_line = any(n > 1 for n in names.values())
        labels = {mention.label.name for item in items for mention in item.line.mentions}
        self.is_one_an_item = sum(map(self._is_plain_item, items)) > len(labels)
        for item in items:
            self._read_item(item)
        if items:
            self._read_end(items[-1])
        self._name_unlabelled()
        return self.reading

    def _is_plain_item(self, item: _Item) -> bool:
        """Tell an item of values from a heading, and from a word for none."""
        is_item = item.has_bullet and not item.has_hash and not item.line.mentions
        return is_item and not self.evidence.denies(item.line.words[item.start :])

    def _name_unlabelled(self) -> None:
        """Note values that have no label, or one that the task does not know."""
        for at in self.bare if self.reading.statements else ():
            self.reading.problem(ProblemKind.UNREAD, self.body[slice(*at)], at)
        for name, at, value_at in self.unknown:
            value = self.body[slice(*value_at)]
            is_answer = bool(self.reading.statements) or self.reading.says_nothing
            kind = ProblemKind.UNKNOWN_LABEL if is_answer else ProblemKind.UNREAD
            self.reading.problem(kind, f"{name}: {value}", at, value_at)

    def _items(self) -> Iterator[_Item]:
        at = 0
        for words in _LINE_END.split(self.body):
            if words.strip() and len(words) <= _MAX_LINE:
                bullet = _BULLET.match(words)
                start = bullet.end() if bullet is not None and bullet.end() < len(words) else 0
                # A model in a loop repeats its lines.
                line = self.lines.setdefault(words, AnswerLine(words, self.evidence))
                yield _Item(line, at, start, start > 0)
            at += len(words) + (self.body[at + len(words) : at + len(words) + 1] == "\n")

    def _read_item(self, item: _Item) -> None:
        span = trim(item.line.words, item.start, len(item.line.words), ENDS)
        if span[0] == span[1]:
            return
        if self.evidence.is_chatter(item.words(span)):
            self.reading.mark(PartKind.CHATTER, item.place(span))
            return
        mentions = [mention for mention in item.line.mentions if mention.start >= item.start]
        if mentions and self._read_marked_copy(item, mentions[0]):
            return
        if len(mentions) == 1 and self._is_heading(item, mentions[0], span):
            self.heading = _Heading(mentions[0].label, item.words(span), item.place(mentions[0][1:]))
            self.reading.mark(PartKind.LABEL, self.heading.at)
        elif not (mentions and self._read_pairs(item, self._label_pairs(item, mentions))):
            self._read_unlabelled(item, span)

    def _read_marked_copy(self, item: _Item, mention: LabelMention) -> bool:
        """Read 人名：记者@@王海##在上海, as GPT-NER asks for each label (https://arxiv.org/abs/2304.10428)."""
        if not self.has_marks:
            return False
        marked = [found.span(1) for found in _MARKED.finditer(item.line.words, mention.end)]
        copy = item.line.words[mention.end :].replace("@@", "").replace("##", "")
        # A copy without marks says that there is none of the label.
        if fold(copy.strip(ENDS)) != self.evidence.folded.strip("."):
            return False
        self.reading.mark(PartKind.FRAME, item.place((item.start, len(item.line.words))))
        for span in marked:
            self._state(item, mention.label, item.place(mention[1:]), span)
        self.reading.says_nothing |= not marked
        return True

    def _label_pairs(self, item: _Item, mentions: list[LabelMention]) -> LabelPairs:
        words = item.line.words
        if words not in self.pairs:
            self.pairs[words] = LabelPairs(item.line, item.start, mentions, is_one=self.is_one_a_line)
        return self.pairs[words]

    def _is_heading(self, item: _Item, mention: LabelMention, span: Span) -> bool:
        """Tell whether a label is all that a line says; a number of its items may stand behind it."""
        rest = item.words((mention.end, span[1])).strip(ENDS)
        is_first = not any(map(str.isalnum, item.words((span[0], mention.start))))
        # Under a heading an item may be called as a label is: 疾病 below 身体.
        is_marked = item.has_hash or item.line.words[mention.end :].strip()[:1] in (
            "：",
            ":",
        )
        is_value = self.heading is not None and item.has_bullet and self.evidence.says(item.words(span))
        return is_first and _COUNT.fullmatch(rest) is not None and (is_marked or not is_value)

    def _read_pairs(self, item: _Item, pairs: LabelPairs) -> bool:
        """Read labels with values before or behind them; tell whether there are any."""
        if pairs.is_in_copy:
            for mention in pairs.mentions:
                self.reading.problem(ProblemKind.BAD_TAG, item.words(mention[1:]), item.place(mention[1:]))
            return True
        read = pairs.pairs
        if not read.has_values and pairs.denies():
            for mention in pairs.mentions:
                self.reading.say_nothing(item.words(mention[1:]), item.place(mention[1:]))
            return True
        if read.is_answer:
            self._take_pairs(item, pairs, read)
        return read.is_answer

    def _take_pairs(self, item: _Item, pairs: LabelPairs, read: LabelledPairs) -> None:
        # What else a line with labels and values says explains them.
        self.reading.mark(PartKind.CHATTER, item.place((item.start, len(item.line.words))))
        for mention, values in read.labelled:
            ends = [(mention.end, x[0]) if read.is_headed else (x[1], mention.start) for x in values.unsaid]
            said = [x for x, end in zip(values.unsaid, ends, strict=True) if pairs.is_linked(*end)]
            unsaid = said if read.is_headed or not values.values else []
            self._take(item, mention.label, item.place(mention[1:]), values, unsaid)
        for found in read.unknown:
            self.unknown.append((item.words(found.name), item.place(found.name), item.place(found.value)))

    def _take(self, item: _Item, label: Label, at: Span, values: ValueList, unsaid: list[Span]) -> None:
        for span in values.values:
            self._state(item, label, at, span)
        for span in values.remarks:
            self.reading.mark(PartKind.CHATTER, item.place(span))
        for span in unsaid:
            value = item.words(span)
            if _MIN_UNSAID[value.isascii()] <= len(value) <= MAX_UNSAID and not any(
                mark in value for mark in "<>[]{}|。"
            ):
                self._state(item, label, at, span)
            else:
                self.reading.problem(ProblemKind.UNREAD, value, item.place(span))
        if values.is_nothing:
            self.reading.say_nothing(self.body[slice(*at)], at)
        if values.is_ambiguous:
            whole = values.values[0][0], values.values[-1][1]
            self.reading.problem(ProblemKind.AMBIGUOUS_LIST, item.words(whole))

    def _state(self, item: _Item, label: Label, at: Span, span: Span) -> None:
        value, place = item.words(span), item.place(span)
        if self.evidence.field(value) is not None and not self.evidence.says(value):
            self.reading.mark(PartKind.FRAME, place)
        elif self.evidence.is_placeholder(value):
            self.reading.problem(ProblemKind.PROMPT_ECHO, value, at, place)
        else:
            self.reading.add(label, at, value, place)

    def _read_unlabelled(self, item: _Item, span: Span) -> None:
        """Read a line in which no label stands: an item under a heading, or a name that is unknown."""
        words = item.line.words
        if self.evidence.denies(item.words(span)):
            if self.heading is not None:
                self.reading.say_nothing(item.words(span), item.place(span))
        elif self._read_unknown(item, span):
            return
        elif self.heading is None or words.rstrip().endswith((":", "：")) or words.lstrip().startswith("#"):
            self._read_unheaded(item, span)
        else:
            is_one = item.has_bullet and self.is_one_an_item
            values = ValueReader(item.line).read(item.start, len(words), is_item=True, is_one=is_one)
            if values.values or item.has_bullet:
                self._under_heading(item, self.heading, values)

    def _read_unheaded(self, item: _Item, span: Span) -> None:
        """Read a heading by an unknown name, or an item that no heading stands above."""
        if _looks_like_heading(item.line.words) and span[1] - span[0] <= MAX_UNSAID:
            self.heading = _Heading(None, item.words(span), item.place(span))
        elif item.has_bullet and span[1] - span[0] > 1 and self.evidence.says(item.words(span)):
            self.bare.append(item.place(span))

    def _under_heading(self, item: _Item, heading: _Heading, values: ValueList) -> None:
        if heading.label is not None:
            self._take(item, heading.label, heading.at, values, values.unsaid)
            return
        for span in (*values.values, *values.unsaid):
            self.unknown.append((heading.name, heading.at, item.place(span)))

    def _read_unknown(self, item: _Item, span: Span) -> bool:
        """Note a value that the sentence says beside a name that is no label: 职务：外交部长."""
        words, says = item.line.words, self.evidence.says
        for pattern in (_HEADED, _PAIRED, _SPACED) if len(words) <= _MAX_NAMED else ():
            found = pattern.match(words, span[0])
            if found is None:
                continue
            name, rest = trim(words, *found.span("name")), trim(words, *found.span("rest"))
            if self.evidence.is_denied(item.words(name)):
                self.reading.mark(PartKind.CHATTER, item.place(span))
                return True
            if (
                name[0] < name[1]
                and rest[1] - rest[0] > 1
                and says(item.words(rest))
                and not says(item.words(name))
            ):
                self.unknown.append((item.words(name), item.place(name), item.place(rest)))
                return True
        return False

    def _read_end(self, item: _Item) -> None:
        """Note a value without its label at the end of an answer that ends too early."""
        self._drop_unclosed(item)
        start = max([item.start, *(mention.end for mention in item.line.mentions)])
        if not _open_end(self.evidence.words).search(item.line.words, start):
            return
        reader = ValueReader(item.line)
        claimed = {x.value_at for x in self.reading.statements}
        for span in reader.read(start, len(item.line.words)).values:
            if item.place(span) not in claimed:
                self.reading.problem(ProblemKind.CUT_OFF, item.words(span), item.place(span))

    def _drop_unclosed(self, item: _Item) -> None:
        """Note a value at the end of an answer whose bracket is not closed: ((组织: 美国参议."""
        last = self.reading.statements[-1].value_at if self.reading.statements else None
        words = item.line.words.rstrip()
        is_open = any(words.count(a) > words.count(b) for a, b in _BRACKETS)
        has_bracket = last is not None and any(x in self.body[slice(*last)] for x in OPEN_BRACKETS)
        if last is not None and is_open and not has_bracket and last[1] == item.at + len(words):
            self.reading.problem(ProblemKind.CUT_OFF, self.reading.statements.pop().value, last)
