"""Read the entities that an answer tags, in a copy of the sentence or in a list."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice, pairwise

from nerforge.templates.answers.evidence import Evidence
from nerforge.templates.answers.tagged.alignment import InlineAlignment, align_exactly, align_loosely
from nerforge.templates.answers.tagged.loose_tags import LooseTags
from nerforge.templates.answers.tagged.tags import UNKNOWN, Mark, MarkedText, Syntax, Tag, Token, mark
from nerforge.templates.domain import AnswerPart, Entity, Grounding, PartKind, Problem, ProblemKind
from nerforge.templates.mentions.folding import fold
from nerforge.templates.mentions.statements import LOOP_LENGTH, excerpt
from nerforge.templates.mentions.value_search import Span

Zones = tuple[PartKind | None, PartKind | None, PartKind | None]

_MAX_TAGGED = 50
"""Characters of an answer for each of its sentence, at most; what is beyond is a loop or no answer to it."""
_MAX_SHORT = 50_000
"""Characters of an answer that are read however short the sentence is."""
# Group 1 is a heading such as "答案：", group 2 the rest of the line without blanks around it.
_LINE = re.compile(r"[^\S\n]{0,9}([^\n:：]{0,20}[:：][^\S\n]{0,9})?(\S(?:[^\n]*\S)?)")
_BULLET = re.compile(r"\s{0,9}(?:[-*+•·●]|\d{1,3}\s?[.、)）:：．]|[（(]\d{1,3}[)）]|[①-⑳])[^\S\n]{0,9}")
_LINE_BREAK = re.compile(rf"[^\S\n]{{0,9}}\n(?:{_BULLET.pattern}|\s{{0,9}})")
_SEPARATOR = re.compile(rf"{_LINE_BREAK.pattern}|[\s,，;；、|/]{{1,9}}")
_FIRM = frozenset("<[{(")
"""What begins tags that are such wherever they stand."""
_MAX_LINES = 64
"""Lines of an answer that are tried as a copy of the sentence."""


@dataclass(slots=True)
class TagReading:
    """What the tags of an answer say; all places count characters of its body."""

    entities: list[Entity] = field(default_factory=list)
    groundings: list[Grounding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    account: Callable[[], Iterator[AnswerPart]] = lambda: iter(())
    """Makes ``parts``."""
    says_nothing: bool = False
    """Whether a tag holds a word for no entity."""
    is_loop: bool = False
    """Whether the answer repeats itself as a model does that was stopped at its limit."""
    is_copy: bool = True
    """Whether the tags stand in a copy of the sentence."""
    is_firm: bool = True
    """Whether some tags are such wherever they stand, not only in a copy as quotes with a label are."""
    echo_end: int = 0
    """Where the echo of a prompt ends that holds all tags: its example's; 0 where there is none."""

    @property
    def parts(self) -> tuple[AnswerPart, ...]:
        """What each character is, in order; words that the sentence does not say may be in no part."""
        return tuple(self.account())


def longest_body(text: str) -> int:
    """Give the number of characters of an answer that are read."""
    return _MAX_TAGGED * len(text) + _MAX_SHORT


def read_tags(body: str, evidence: Evidence, syntax: Syntax | None = None) -> TagReading | None:
    """Read the tags of an answer, in whatever state they are; None where no tag means a label.

    Args:
        body: The answer without what models wrap it in.
        evidence: The sentence and the labels.
        syntax: How the tags should be written; None where other answers were asked for.
    """
    start, end = 0, min(len(body), longest_body(evidence.text))
    if len(body) > end and not re.search(r"[<\[]", body[:end]):
        start, end = len(body) - end, len(body)
    scanner = LooseTags(body, evidence)
    tokens = scanner.split(start, end, syntax.opener if syntax else None)
    tokens, nothings = _without_nothings(tokens, evidence)
    if not nothings and not any(map(_means_label, tokens)):
        return None
    reader = _Reader(scanner, tokens, is_asked=syntax is not None)
    if end - start < len(body):
        reader.problem(ProblemKind.REPEATED, f"{len(body)} characters")
    if scanner.kinds - {syntax.opener if syntax else ""}:
        reader.problem(ProblemKind.OTHER_FORMAT, "")
    reader.result.problems += scanner.problems + nothings + reader.marked.problems
    reader.result.says_nothing = bool(nothings)
    result = reader.read()
    result.is_firm = reader.is_whole or _are_firm(scanner.kinds)
    return result if _are_tags(result, evidence) else None


def _are_firm(kinds: set[str]) -> bool:
    return bool(kinds & _FIRM) or not kinds


def _are_tags(result: TagReading, evidence: Evidence) -> bool:
    """Tell whether what was read are tags: quotations and bold words with a label are in a copy alone."""
    # A label by two names, 【疾病/dis】, heads a list.
    named = [(label.name if (label := evidence.label(x.text)) else "", x) for x in result.entities]
    are_twice = bool(named) and all(name == x.label for name, x in named)
    are_headings = are_twice and (len(named) > 1 or not evidence.says(named[0][1].text))
    return (result.is_copy or result.is_firm) and not are_headings


def _means_label(token: Token) -> bool:
    return token.tag not in (Tag.WORDS, Tag.FRAME) and token.label not in ("", UNKNOWN)


def _without_nothings(tokens: list[Token], evidence: Evidence) -> tuple[list[Token], list[Problem]]:
    """Make frames of tags around a word such as 无, which say that there is no entity."""
    kept: list[Token] = []
    nothings = []
    for token in tokens:
        kept.append(token)
        is_mark = [one.tag for one in kept[-3:]] == [Tag.OPEN, Tag.WORDS, Tag.CLOSE]
        if is_mark and token.label != UNKNOWN and evidence.is_nothing(words := kept[-2].words):
            kept[-3:] = [Token(Tag.FRAME, one.start, one.end) for one in kept[-3:]]
            nothings.append(Problem(ProblemKind.OTHER_LAYOUT, excerpt(words)))
    return kept, nothings


class _Reader:
    """Reads the marks of one answer."""

    def __init__(self, scanner: LooseTags, tokens: list[Token], *, is_asked: bool) -> None:
        self.body = scanner.body
        self.is_asked = is_asked
        self.tokens = tokens
        marked = mark(tokens, scanner.body)
        evidence = scanner.evidence
        self.marked = marked
        self.evidence = evidence
        self.says = scanner.says
        self.text = evidence.text.strip()
        self.offset = len(evidence.text) - len(evidence.text.lstrip())
        self.result = TagReading()
        self.is_whole = False
        """Whether the tags stand in a copy of the whole sentence."""
        self.kinds = [
            PartKind.PROBLEM if token.start > scanner.cut_at else _USUAL[token.tag] for token in tokens
        ]
        for number in marked.lost:
            self.kinds[number] = PartKind.PROBLEM

        self.tagged: Span = (0, 0)

    def problem(self, kind: ProblemKind, detail: str) -> None:
        """Note a problem."""
        self.result.problems.append(Problem(kind, excerpt(detail)))

    def read(self) -> TagReading:
        """Read the answer as one with a copy of the sentence in it, or as whatever its tags say."""
        self._take_marks()
        if not self.marked.marks:
            is_copy = fold(self.marked.plain) == self.evidence.folded
            whole = (0, len(self.marked.plain))
            self._conclude(
                InlineAlignment([], [], 0), whole, (None, PartKind.FRAME if is_copy else None, None)
            )
        elif not self._is_echo() and not self._region():
            self._loosely()
        return self.result

    def _take_marks(self) -> None:
        """Keep the marks with a label of the task, and say what the others hold."""
        known: list[Mark] = []
        last = reach = -1
        followers = [*(one.opened for one in self.marked.marks[1:]), len(self.tokens)]
        for one, following in zip(self.marked.marks, followers, strict=False):
            if not one.label.startswith(UNKNOWN):
                known.append(one)
                reach = max(reach, one.closed)
                self._set(one, PartKind.LABEL, PartKind.VALUE)
            elif self._is_frame(one, has_marks=following < one.closed, is_inside=one.opened < last):
                opened = self.tokens[one.opened]
                self.problem(ProblemKind.TAG_VARIANT, self.body[opened.start : opened.end])
                self._set(one, PartKind.FRAME, None)
            else:
                self._lose(one, reach)
            last = max(last, one.closed) if one.label != UNKNOWN else last
        self.tagged = (
            min((one.start for one in self.marked.marks), default=0),
            max((one.end for one in self.marked.marks), default=0),
        )
        self.marked.marks = known

    def _is_frame(self, one: Mark, *, has_marks: bool, is_inside: bool) -> bool:
        """Tell whether a tag without a label stands around a record or the copy, or makes words bold."""
        value = self.marked.value(one)
        is_said = self.says(value) and fold(value) != self.evidence.folded
        if one.label == UNKNOWN:
            return has_marks or is_inside or not is_said
        return has_marks and not is_said

    def _lose(self, one: Mark, reach: int) -> None:
        """Say what a tag without a label of the task holds.

        The words of a mark with a label stay its value: those of tokens before ``reach``.
        """
        name, value = one.label[len(UNKNOWN) :], self.marked.value(one)
        if self.evidence.is_placeholder(value):
            self.problem(ProblemKind.PROMPT_ECHO, value)
            self._set(one, PartKind.CHATTER, PartKind.CHATTER)
            return
        self.problem(
            *((ProblemKind.UNKNOWN_LABEL, f"{name}: {value}") if name else (ProblemKind.UNREAD, value))
        )
        self._set(one, PartKind.PROBLEM, PartKind.PROBLEM, reach)

    def _set(self, one: Mark, tag: PartKind, words: PartKind | None, since: int = 0) -> None:
        """Say what the tokens of a mark are, its words from a token on; marks in it are set later."""
        for number in range(max(one.opened + 1, since), one.closed) if words else ():
            if self.tokens[number].tag is Tag.WORDS:
                self.kinds[number] = words
        self.kinds[one.opened] = self.kinds[one.closed] = tag

    def _is_echo(self) -> bool:
        """Recognise an answer whose only tags are those of the prompt's example, before the sentence."""
        marked = self.marked
        at = marked.plain.find(self.text) if self.text and marked.marks else -1
        # Each mark must lie before the copy and name what the sentence does not say: then it is the prompt's.
        if at < 0 or any(m.end > at or self.says(marked.value(m)) for m in marked.marks):
            return False
        end = at + len(self.text)
        self.problem(ProblemKind.PROMPT_ECHO, marked.plain[:end])
        self.result.echo_end = self._place(end)
        return True

    def _place(self, at: int) -> int:
        """Give the place in the body of a character of the plain words."""
        for token in self.tokens:
            if token.words and at <= len(token.words):
                return token.start + at if len(token.words) == token.end - token.start else token.end
            at -= len(token.words)
        return 0

    def _region(self) -> bool:
        """Read the first part of the answer that is a tagged copy of the whole sentence, if there is one."""
        for start, end in dict.fromkeys(_regions(self.marked.plain, self.text)):
            if not _may_stand_alone(self.marked, start, end, self.text):
                continue
            part = self.marked.between(start, end)
            aligned = (
                align_exactly(part, self.text, self.evidence.schema, self.offset) if part.marks else None
            )
            # A lost full stop at the end is no reason to compare the texts character by character.
            if aligned is None or aligned.reach < len(self.text.rstrip("。.！!？? ")):
                continue
            self.is_whole = True
            behind = self._around(start, end)
            if aligned.reach < len(self.text):
                self.problem(ProblemKind.TEXT_DRIFT, part.plain)
            # The whole answer five times over: the limit of new tokens ended it, and none of it is lost.
            n_again = sum(mark.start >= end for mark in self.marked.marks)
            self.result.is_loop = n_again >= LOOP_LENGTH * len(part.marks)
            if self.result.is_loop:
                self._uncut()
            self._conclude(aligned, (start, end), (PartKind.CHATTER, PartKind.FRAME, behind))
            return True
        return False

    def _uncut(self) -> None:
        problems = self.result.problems
        problems[:] = [problem for problem in problems if problem.kind is not ProblemKind.CUT_OFF]

    def _around(self, start: int, end: int) -> PartKind:
        """Say what stands around the part of an answer that was read."""
        marked = self.marked
        before, after = marked.plain[:start].strip(), marked.plain[end:].strip()
        if before:
            self.problem(ProblemKind.PROMPT_ECHO if self.text in before else ProblemKind.CHATTER, before)
        is_again = any(mark.start >= end for mark in marked.marks)
        problem, behind = _AGAIN if is_again else _AFTER
        if after:
            self.problem(problem, after)
        part = marked.between(start, end)
        inside = {(m.label, fold(part.value(m))) for m in part.marks}
        for m in marked.marks:
            if not (start <= m.start and m.end <= end):
                self._outside(m, behind if m.start >= end else PartKind.CHATTER, inside)
        return behind

    def _outside(self, one: Mark, kind: PartKind, inside: set[tuple[str, str]]) -> None:
        """Say what a mark before or behind the copy is: another mention of an entity in it, or a loss."""
        value = self.marked.value(one)
        if (one.label, fold(value)) not in inside and not self.evidence.is_placeholder(value):
            self.problem(ProblemKind.OUTSIDE, value)
            kind = PartKind.PROBLEM
        self._set(one, kind, kind)

    def _loosely(self) -> None:
        """Read tags in a changed copy of the sentence, or in a list."""
        part, lines = self._tagged_lines()
        schema = self.evidence.schema
        is_list = self._is_list(part)
        bare = align_exactly(part, self.text, schema, self.offset) if part.marks else None
        # One character in common is chance; a copied beginning of two or more is a truncated answer.
        if bare is not None and bare.reach >= 2:
            if not is_list:
                self._truncated(part.plain)
            self._conclude(bare, lines, (None, PartKind.FRAME, None))
            return
        drifted = align_loosely(part, self.evidence.text, schema, is_list=is_list)
        if drifted.is_cut:
            self._truncated(part.plain)
        self.problem(ProblemKind.TEXT_DRIFT, part.plain)
        self.result.problems += drifted.grounded.problems
        self.result.is_loop = drifted.grounded.is_loop
        is_copy = self.result.is_copy = drifted.is_copy
        aligned = InlineAlignment(drifted.grounded.entities, drifted.grounded.groundings, 0)
        self._conclude(aligned, lines, (None, PartKind.FRAME if is_copy else None, None))

    def _is_list(self, part: MarkedText) -> bool:
        """Tell whether an answer has nothing but tagged values in lines, of which none can be truncated."""
        plain, marks = part.plain, part.marks
        gaps = [plain[a.end : b.start] for a, b in pairwise(marks)]
        if not gaps:
            # One tag alone is a list of one where no copy was asked for, else the copy's beginning.
            before = plain[: marks[0].start]
            has_bullet = _BULLET.fullmatch(before) is not None and not self.text.startswith(before.strip())
            return (has_bullet or not (before or self.is_asked)) and not plain[marks[0].end :].strip()
        return all(map((_LINE_BREAK if self.is_asked else _SEPARATOR).fullmatch, gaps))

    def _tagged_lines(self) -> tuple[MarkedText, Span]:
        """Leave out the lines around the tags, unless the sentence has several lines."""
        marked = self.marked
        if "\n" in self.text or "\n" not in marked.plain or not marked.marks:
            return marked, (0, len(marked.plain))
        start = marked.plain.rfind("\n", 0, self.tagged[0]) + 1
        end = marked.plain.find("\n", self.tagged[1])
        end = end if end >= 0 else len(marked.plain)
        if outside := (marked.plain[:start] + marked.plain[end:]).strip():
            self.problem(ProblemKind.CHATTER, outside)
        return marked.between(start, end), (start, end)

    def _truncated(self, plain: str) -> None:
        if all(problem.kind is not ProblemKind.CUT_OFF for problem in self.result.problems):
            self.problem(ProblemKind.CUT_OFF, plain[-60:])

    def _conclude(self, aligned: InlineAlignment, copy: Span, zones: Zones) -> None:
        """Take the entities, and say what words without a mark are before, in and behind the copy."""
        self.result.entities, self.result.groundings = aligned.entities, aligned.groundings
        self.result.account = partial(self._parts, copy, zones)

    def _parts(self, copy: Span, zones: Zones) -> Iterator[AnswerPart]:
        """Say what each character is; words without a kind are frame where the sentence says them."""
        at = 0
        for token, kind in zip(self.tokens, self.kinds, strict=True):
            until = at + len(token.words)
            if kind is not None:
                yield AnswerPart(kind, token.start, token.end)
            else:
                bounds = [at, *(bound for bound in copy if at < bound < until), until]
                for start, end in pairwise(bounds):
                    zone = zones[(start >= copy[0]) + (start >= copy[1])]
                    zone = zone or self._kind_of_words(token.words[start - at : end - at])
                    if zone is not None:
                        last = token.end if end == until else token.start + end - at
                        yield AnswerPart(zone, token.start + start - at, last)
            at = until

    def _kind_of_words(self, words: str) -> PartKind | None:
        return PartKind.FRAME if not any(map(str.isalnum, words)) or self.says(words) else None


_AGAIN, _AFTER = (ProblemKind.REPEATED, PartKind.PROBLEM), (ProblemKind.CHATTER, PartKind.CHATTER)
"""What stands behind the copy: tags again, or mere words."""
_USUAL = {
    Tag.WORDS: None,
    Tag.OPEN: PartKind.FRAME,
    Tag.CLOSE: PartKind.FRAME,
    Tag.FRAME: PartKind.FRAME,
    Tag.LOST: PartKind.PROBLEM,
}


def _regions(plain: str, text: str) -> Iterator[Span]:
    """Yield the parts of an answer that may be a copy of the sentence.

    They are all of it, each copy of the sentence's words, and each line with and without a 答案： before it.
    """
    yield 0, len(plain)
    at = plain.find(text) if text else -1
    for _ in range(_MAX_LINES):
        if at < 0:
            break
        yield at, at + len(text)
        at = plain.find(text, at + len(text))
    for line in islice(_LINE.finditer(plain), _MAX_LINES):
        yield line.span(2)
        if line[1]:
            yield line.start(1), line.end(2)


def _may_stand_alone(marked: MarkedText, start: int, end: int, text: str) -> bool:
    """Tell whether a part of an answer cuts no mark, and no other mark belongs to the same copy."""
    has_copies = marked.plain.find(text, 0, start) >= 0 or marked.plain.find(text, end) >= 0
    for m in marked.marks:
        if m.start < start < m.end or m.start < end < m.end:
            return False
        # "患<疾病>肺炎</疾病>。<疾病>发热</疾病>": one line is one answer, no part of it is read alone.
        gap = (m.end, start) if m.end <= start else (end, m.start) if m.start >= end else None
        if gap is not None and not has_copies and marked.plain.find("\n", *gap) < 0:
            return False
    return True
