"""What the inline formats share: from an answer that repeats the sentence with tags to entities."""

import re
from collections.abc import Iterator
from itertools import islice

from msgspec.structs import replace

from nerforge.templates.answers.base import judge, unparsable
from nerforge.templates.answers.envelope import unwrap
from nerforge.templates.answers.statements.json_reading import scan
from nerforge.templates.answers.statements.json_statements import interpret
from nerforge.templates.answers.statements.other_layouts import read_lines, unread_marks
from nerforge.templates.answers.statements.saying_nothing import is_nothing, is_placeholder, says_nothing
from nerforge.templates.answers.tagged.alignment import InlineAlignment, align_exactly, align_loosely
from nerforge.templates.answers.tagged.bracket_tags import BracketTags
from nerforge.templates.answers.tagged.tags import MarkedText, Syntax, mark
from nerforge.templates.answers.tagged.xml_tags import XmlTags
from nerforge.templates.domain import Answer, LabelSchema, Outcome, Problem, ProblemKind
from nerforge.templates.mentions.folding import fold
from nerforge.templates.mentions.placing import ground
from nerforge.templates.mentions.statements import LOOP_LENGTH, excerpt
from nerforge.templates.mentions.value_search import Span

XML = XmlTags()
BRACKETS = BracketTags()
_MIN_COPY = 0.8
"""Share of the sentence that an answer without tags must copy to say that there is no entity."""
_MAX_TAGGED = 50
"""Characters of an answer for each of its sentence, at most; what is beyond is a loop or no answer to it."""
_MAX_SHORT = 50_000
"""Characters of an answer that are read however short the sentence is."""
# Group 1 is a heading such as "答案：", group 2 the rest of the line without blanks around it.
_LINE = re.compile(r"[^\S\n]{0,9}([^\n:：]{0,20}[:：][^\S\n]{0,9})?(\S(?:[^\n]*\S)?)")
_MAX_LINES = 64
"""Lines of an answer that are tried as a copy of the sentence."""


def decode_inline(answer: str, text: str, schema: LabelSchema, syntax: Syntax) -> Answer:
    """Read an inline answer, in whatever state it is; never raises."""
    if not answer.strip() and text.strip():
        return unparsable(Problem(ProblemKind.NO_ANSWER))
    if answer.strip() == schema.empty_sentence:
        return Answer((), Outcome.EMPTY)
    # A trained model's answers nearly all pass the strict reading, which takes a third of the time.
    return _read_strictly(answer, text, schema, syntax) or _Reader(answer, text, schema, syntax).read()


def _read_strictly(answer: str, text: str, schema: LabelSchema, syntax: Syntax) -> Answer | None:
    """Read an answer that covers the sentence to its end with proper tags; None where it does not."""
    if len(answer) > _longest(text):
        return None
    marked = mark(syntax.tokens(answer, schema))
    aligned = align_exactly(marked, text, schema)
    if aligned is not None and aligned.reach == len(text):
        return _answer(aligned, marked.problems)
    if answer == answer.strip() and text == text.strip():
        return None
    # Servers and chat templates may strip an answer, so blanks around the sentence are not copied.
    bare = text.strip()
    marked = mark(syntax.tokens(answer.strip(), schema))
    aligned = align_exactly(marked, bare, schema, len(text) - len(text.lstrip()))
    whole = aligned is not None and aligned.reach == len(bare)
    return _answer(aligned, marked.problems) if aligned is not None and whole else None


def _longest(text: str) -> int:
    return _MAX_TAGGED * len(text) + _MAX_SHORT


def _answer(aligned: InlineAlignment, problems: list[Problem], *, is_loop: bool = False) -> Answer:
    aligned, problems = _without_nothings(aligned, problems)
    says_nothing_else = not any(problem.kind.loses for problem in problems)
    outcome = judge(len(aligned.entities), problems, says_nothing=says_nothing_else, is_loop=is_loop)
    return Answer(tuple(aligned.entities), outcome, tuple(problems), tuple(aligned.groundings))


def _without_nothings(
    aligned: InlineAlignment, problems: list[Problem]
) -> tuple[InlineAlignment, list[Problem]]:
    """Drop inferred values such as 无, which say that there is none."""
    # Called for every answer: one list of starts is cheaper than the pairs below, which few answers need.
    if None not in [entity.start for entity in aligned.entities]:
        return aligned, problems
    kept = [
        e
        for e in zip(aligned.entities, aligned.groundings, strict=True)
        if e[0].span or not is_nothing(e[0].text, "")
    ]
    if len(kept) == len(aligned.entities):
        return aligned, problems
    dropped = [e.text for e in aligned.entities if not e.span and is_nothing(e.text, "")]
    problems = [*problems, *(Problem(ProblemKind.EMPTY_VALUE, text) for text in dropped)]
    return InlineAlignment([e for e, _ in kept], [g for _, g in kept], aligned.reach), problems


class _Reader:
    """Reads one answer that is not just as it should be."""

    def __init__(self, answer: str, text: str, schema: LabelSchema, syntax: Syntax) -> None:
        self.text = text
        self.schema = schema
        self.syntax = syntax
        self.body, self.problems = unwrap(answer, text)

    def read(self) -> Answer:
        if not self.body:
            return unparsable(*self.problems, *([] if self.problems else [Problem(ProblemKind.NO_ANSWER)]))
        tokens, problems = self.syntax.loose_tokens(self._within_reason(), self.text, self.schema)
        marked = mark(tokens)
        marked.problems = problems + marked.problems
        if not marked.marks:
            return self._untagged(marked)
        return self._example(marked) or self.read_marked(marked)

    def _within_reason(self) -> str:
        """Leave out the end of an answer that is far too long; its beginning, if that holds no tag."""
        longest = _longest(self.text)
        if len(self.body) <= longest:
            return self.body
        self.problems.append(Problem(ProblemKind.REPEATED, f"{len(self.body)} characters"))
        head, tail = self.body[:longest], self.body[-longest:]
        return tail if "<" not in head and "[" not in head else head

    def read_marked(self, marked: MarkedText) -> Answer:
        """Read an answer with tags in it."""
        return self._region(marked) or self._loosely(marked)

    def _region(self, marked: MarkedText) -> Answer | None:
        """Read the first part of the answer that is a tagged copy of the whole sentence, if there is one."""
        bare = self.text.strip()
        offset = len(self.text) - len(self.text.lstrip())
        for start, end in _regions(marked, bare):
            if not _may_stand_alone(marked, start, end, bare):
                continue
            part = marked.between(start, end)
            aligned = align_exactly(part, bare, self.schema, offset) if part.marks else None
            # A lost full stop at the end is no reason to compare the texts character by character.
            if aligned is None or aligned.reach < len(bare.rstrip("。.！!？? ")):
                continue
            problems = [*self.problems, *_around(marked, start, end, bare), *marked.problems]
            if aligned.reach < len(bare):
                problems.append(Problem(ProblemKind.TEXT_DRIFT, excerpt(part.plain)))
            # The whole answer five times over: the limit of new tokens ended it, and none of it is lost.
            is_loop = sum(mark.start >= end for mark in marked.marks) >= LOOP_LENGTH * len(part.marks)
            if is_loop:
                problems = [problem for problem in problems if problem.kind is not ProblemKind.CUT_OFF]
            return _answer(aligned, problems, is_loop=is_loop)
        return None

    def _loosely(self, marked: MarkedText) -> Answer:
        part, problems = _tagged_lines(marked, self.text)
        bare = align_exactly(part, self.text.strip(), self.schema, len(self.text) - len(self.text.lstrip()))
        problems = [*self.problems, *problems, *marked.problems]
        # One character in common is chance; a copied beginning of two or more is a truncated answer.
        if bare is not None and bare.reach >= 2:
            problems += _unless_cut(problems, part.plain)
            return _answer(bare, problems)
        drifted = align_loosely(part, self.text, self.schema)
        if drifted.is_cut:
            problems += _unless_cut(problems, part.plain)
        problems = [
            *problems,
            Problem(ProblemKind.TEXT_DRIFT, excerpt(part.plain)),
            *drifted.grounded.problems,
        ]
        aligned = InlineAlignment(drifted.grounded.entities, drifted.grounded.groundings, 0)
        return _answer(aligned, problems, is_loop=drifted.grounded.is_loop)

    def _example(self, marked: MarkedText) -> Answer | None:
        """Read an answer whose only tags are those of the prompt's example, before the sentence."""
        sentence, folded = self.text.strip(), fold(self.text)
        at = marked.plain.find(sentence) if sentence else -1
        # Each mark must lie before the copy and name what the sentence does not say: then it is the prompt's.
        if at < 0 or any(m.end > at or fold(marked.value(m)) in folded for m in marked.marks):
            return None
        self.problems.append(Problem(ProblemKind.PROMPT_ECHO, excerpt(marked.plain[: at + len(sentence)])))
        rest = marked.plain[at + len(sentence) :].strip()
        if not rest:
            return unparsable(*self.problems, Problem(ProblemKind.NO_ANSWER))
        self.body = rest
        return self._untagged(MarkedText(rest))

    def _untagged(self, marked: MarkedText) -> Answer:
        """Read an answer in which no entity is tagged."""
        problems = [*self.problems, *marked.problems]
        sentence, plain = fold(self.text), fold(marked.plain)
        is_copy = bool(sentence) and sentence in plain
        if not (is_copy and sentence == plain) and (other := self._other_format(problems)):
            return other
        kinds = {problem.kind for problem in marked.problems}
        said = excerpt(marked.plain)
        if any(kind.loses for kind in kinds):
            is_explained = kinds & {ProblemKind.UNKNOWN_LABEL, ProblemKind.CUT_OFF}
            drift = [] if is_explained else [Problem(ProblemKind.TEXT_DRIFT, said)]
            return Answer((), judge(0, problems, says_nothing=False), (*problems, *drift))
        if is_copy or says_nothing(self.body):
            kind = ProblemKind.TEXT_DRIFT if is_copy and sentence == plain else ProblemKind.CHATTER
            return Answer((), Outcome.EMPTY, (*problems, Problem(kind, said)))
        return self._changed_copy(marked, problems)

    def _changed_copy(self, marked: MarkedText, problems: list[Problem]) -> Answer:
        """Read an answer without tags that is neither the sentence nor says that there is no entity."""
        sentence, plain = fold(self.text), fold(marked.plain)
        if plain and sentence.startswith(plain):
            return unparsable(*problems, Problem(ProblemKind.CUT_OFF, excerpt(marked.plain)))
        if marks := unread_marks(self.body, self.text, self.schema):
            return unparsable(*problems, *(Problem(ProblemKind.BAD_TAG, mark) for mark in marks))
        drifted = align_loosely(marked, self.text, self.schema)
        problems.append(Problem(ProblemKind.TEXT_DRIFT, excerpt(marked.plain)))
        if drifted.coverage >= _MIN_COPY and len(plain) < 2 * len(sentence):
            return Answer((), Outcome.EMPTY, tuple(problems))
        return unparsable(*problems)

    def _other_format(self, problems: list[Problem]) -> Answer | None:
        """Read an answer that is written in another of the formats; None if it is not."""
        for syntax in (XML, BRACKETS):
            if syntax is not self.syntax:
                answer = read_tagged(self.body, self.text, self.schema, syntax)
                if answer is not None and answer.entities:
                    return replace(answer, problems=(*problems, *answer.problems))
        read = interpret(scan(self.body), self.text, self.schema)
        if read.says_nothing and not read.statements:
            kept = [problem for problem in [*self.problems, *read.problems] if not problem.kind.loses]
            return Answer((), Outcome.EMPTY, (*kept, Problem(ProblemKind.OTHER_FORMAT)))
        if read.statements:
            problems = [*self.problems, Problem(ProblemKind.OTHER_FORMAT), *read.problems]
        else:
            read = read_lines(self.body, self.text, self.schema)
            problems = [*self.problems, *read.problems]
        if not read.statements:
            return None
        grounded = ground(read.statements, self.text, self.schema)
        aligned = InlineAlignment(grounded.entities, grounded.groundings, 0)
        return _answer(aligned, [*problems, *grounded.problems], is_loop=grounded.is_loop)


def read_tagged(body: str, text: str, schema: LabelSchema, syntax: Syntax) -> Answer | None:
    """Read an inline answer where another format was asked for; None if nothing is tagged in it."""
    body = body[: _longest(text)]
    if not any(opener in body for opener in syntax.openers):
        return None
    tokens, problems = syntax.loose_tokens(body, text, schema)
    marked = mark(tokens)
    if not marked.marks:
        return None
    marked.problems = [Problem(ProblemKind.OTHER_FORMAT), *problems, *marked.problems]
    reader = _Reader(body, text, schema, syntax)
    return reader.read_marked(marked)


def _regions(marked: MarkedText, text: str) -> Iterator[Span]:
    """Yield the parts of an answer that may be a copy of the sentence.

    They are all of it, each copy of the sentence's words, and each line with and without a 答案： before it.
    """
    plain = marked.plain
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
    has_copies = text in marked.plain[:start] + marked.plain[end:]
    for m in marked.marks:
        if m.start < start < m.end or m.start < end < m.end:
            return False
        is_outside = m.end <= start or m.start >= end
        between = marked.plain[m.end : start] + marked.plain[end : m.start]
        # "患<疾病>肺炎</疾病>。<疾病>发热</疾病>": one line is one answer, no part of it is read alone.
        if is_outside and "\n" not in between and not has_copies:
            return False
    return True


def _around(marked: MarkedText, start: int, end: int, text: str) -> list[Problem]:
    """Say what stands around the part of an answer that was read."""
    problems = []
    before, after = marked.plain[:start].strip(), marked.plain[end:].strip()
    if before:
        kind = ProblemKind.PROMPT_ECHO if text in before else ProblemKind.CHATTER
        problems.append(Problem(kind, excerpt(before)))
    if after:
        n_again = sum(mark.start >= end for mark in marked.marks)
        kind = ProblemKind.REPEATED if n_again else ProblemKind.CHATTER
        problems.append(Problem(kind, excerpt(after)))
    inside = {(m.label, fold(marked.value(m))) for m in marked.marks if start <= m.start and m.end <= end}
    for m in marked.marks:
        is_inside = start <= m.start and m.end <= end
        value = marked.value(m)
        if not is_inside and (m.label, fold(value)) not in inside and not is_placeholder(value, text):
            problems.append(Problem(ProblemKind.OUTSIDE, excerpt(value)))
    return problems


def _tagged_lines(marked: MarkedText, text: str) -> tuple[MarkedText, list[Problem]]:
    """Leave out the lines before the first tag and after the last, unless the sentence has several lines."""
    if "\n" in text.strip() or "\n" not in marked.plain:
        return marked, []
    start = marked.plain.rfind("\n", 0, marked.marks[0].start) + 1
    end = marked.plain.find("\n", max(mark.end for mark in marked.marks))
    end = end if end >= 0 else len(marked.plain)
    outside = (marked.plain[:start] + marked.plain[end:]).strip()
    problems = [Problem(ProblemKind.CHATTER, excerpt(outside))] if outside else []
    return marked.between(start, end), problems


def _unless_cut(problems: list[Problem], plain: str) -> list[Problem]:
    if any(problem.kind is ProblemKind.CUT_OFF for problem in problems):
        return []
    return [Problem(ProblemKind.CUT_OFF, excerpt(plain[-60:]))]
