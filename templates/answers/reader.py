"""Read an answer that is not just as its format writes it: the layout that explains most of it is taken."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from nerforge.templates.answers.answer_reading import AnswerReading
from nerforge.templates.answers.base import judge
from nerforge.templates.answers.envelope import AnswerBody, unwrap
from nerforge.templates.answers.evidence import ITEM_SIGN, Evidence
from nerforge.templates.answers.layouts.answer_lines import read_lines
from nerforge.templates.answers.layouts.answer_tables import read_tables
from nerforge.templates.answers.layouts.bio_tags import read_bio
from nerforge.templates.answers.layouts.fields import read_fields
from nerforge.templates.answers.layouts.json_objects import read_json
from nerforge.templates.answers.nothing import says_nothing
from nerforge.templates.answers.partition import Ledger
from nerforge.templates.answers.plain_text import PlainText
from nerforge.templates.answers.tagged.alignment import align_loosely
from nerforge.templates.answers.tagged.tag_reading import TagReading, read_tags
from nerforge.templates.answers.tagged.tags import MarkedText, Syntax
from nerforge.templates.domain import (
    Answer,
    Entity,
    Grounding,
    LabelSchema,
    Outcome,
    PartKind,
    Problem,
    ProblemKind,
)
from nerforge.templates.mentions.folding import fold
from nerforge.templates.mentions.mention_placing import ground
from nerforge.templates.mentions.ordering import in_order_of_text
from nerforge.templates.mentions.statements import Statement, excerpt

_BEGUN_TAG = re.compile(r"(?:[<＜\[［]|&lt;)[^<>＜＞\[\]]{0,40}$")
_EMPHASIS = re.compile(
    r"\*\*[^*\n]{1,60}\*\*|__[^_\n]{1,60}__|`[^`\n]{1,60}`|@@[^@#\n]{1,60}##"
    r"|<(b|strong|i|em|u|mark)>[^<>\n]{1,60}</\1>",
    re.IGNORECASE,
)
"""Marks that mean an entity in a copy of the sentence, and say no label."""
_STRING = re.compile(r'"((?:[^"\\]|\\.)*+)"')
_ITEM = re.compile(rf"^[ \t]{{0,9}}{ITEM_SIGN}", re.MULTILINE)
_MAX_BEFORE = 500
"""Characters of a line before a value in which its bullet is looked for."""
_ONLY_TAGS = re.compile(r"(?:\s*<[^<>]{1,60}>\s*)+")
_MIN_COPY = 0.8
"""Share of the sentence that an answer without tags must copy to say that there is no entity."""
_SURE = 2.5
"""So many times as many values must lines explain as a table does, to be taken before it."""


class Asked(NamedTuple):
    """The format in which an answer was asked for."""

    syntax: Syntax | None = None
    """How an answer is tagged that repeats the sentence, so that its copy says that there is no entity."""
    is_grouped: bool = False
    """Whether it lists values by label, without an order between labels."""


class _Found(NamedTuple):
    """Entities of an answer, and what is said of them."""

    entities: tuple[Entity, ...]
    groundings: tuple[Grounding, ...]
    problems: list[Problem]
    is_loop: bool


def read_answer(answer: str, text: str, schema: LabelSchema, asked: Asked) -> Answer:
    """Read an answer, in whatever state it is; never raises."""
    evidence = Evidence(text, schema)
    wrapped = unwrap(answer, text, evidence.words)
    read = _AnswerReader(wrapped, evidence, asked).read()
    if read.entities or not wrapped.has_words_outside:
        return read
    # "人名：" before a fence heads the list in it.
    whole = _AnswerReader(unwrap(answer, text, evidence.words, keeps_outside=True), evidence, asked).read()
    return whole if whole.entities else read


class _AnswerReader:
    """Reads the body of one answer."""

    def __init__(self, wrapped: AnswerBody, evidence: Evidence, asked: Asked) -> None:
        self.wrapped = wrapped
        self.evidence = evidence
        self.asked = asked
        self.ledger = Ledger(wrapped.text)
        self.plain = PlainText(wrapped.text, evidence, self.ledger)
        self.plain.problems += wrapped.problems

    @property
    def is_inline(self) -> bool:
        return self.asked.syntax is not None

    def read(self) -> Answer:
        body, empty = self.plain.body, self.evidence.schema.empty_sentence
        if not body:
            return self._unread(*([] if self.plain.problems else [Problem(ProblemKind.NO_ANSWER)]))
        if body != empty and empty.startswith(body):
            return self._unread(Problem(ProblemKind.CUT_OFF, body))
        best, body = self._best_of_plain(), self.plain.body
        is_copy = self.is_inline and fold(body) == self.evidence.folded
        is_nothing = self._is_begun(best, body) or says_nothing(body, self.evidence.words)
        if best is None or is_copy or (not _n_said(best) and is_nothing):
            return self._without_entities()
        return self._conclude(best)

    def _is_begun(self, best: AnswerReading | TagReading | None, body: str) -> bool:
        """Tell whether lines name what an inline answer has behind the tag within which it is truncated."""
        is_lines = self.is_inline and isinstance(best, AnswerReading)
        is_told = best is not None and any(x.kind is ProblemKind.CUT_OFF for x in best.problems)
        return is_lines and not is_told and _BEGUN_TAG.search(body) is not None

    def _best_of_plain(self) -> AnswerReading | TagReading | None:
        """Read the answer proper, without echoes, HTML and drafts."""
        if not self.is_inline:
            self.plain.without_echo(self._n_entities)
        self.plain.without_html()
        self.plain.without_draft(self._n_entities)
        best = self._best(self.plain.body)
        if isinstance(best, TagReading) and best.echo_end and not best.entities:
            self.plain.drop(best.echo_end, ProblemKind.PROMPT_ECHO)
            best = self._best(self.plain.body)
        return best

    def _n_entities(self, body: str) -> int:
        best = self._best(body)
        return _n_said(best) if best is not None else 0

    def _best(self, body: str) -> AnswerReading | TagReading | None:
        """Choose the reading that explains most; one of keys or tags before lines that seem to name some."""
        tags = read_tags(body, self.evidence, self.asked.syntax)
        # The bars of a tagged copy are none of a table, and there may be thousands.
        is_copy = tags is not None and tags.is_firm and tags.is_copy and bool(tags.entities)
        tables = AnswerReading(self.evidence) if is_copy else read_tables(body, self.evidence)
        sure = list(filter(_is_something, self._sure(body, tags, tables)))
        if any(x is tables for x in sure) or any(_names_entities(x, is_inline=self.is_inline) for x in sure):
            return max(sure, key=_explained)
        return self._best_of_lines(body, tags, tables, sure)

    def _sure(
        self, body: str, tags: TagReading | None, tables: AnswerReading
    ) -> Iterator[AnswerReading | TagReading]:
        """Yield the readings by tags, keys and heads, which stand before lines that seem to name some."""
        if tags is not None and tags.is_firm:
            yield tags
        objects, fields = read_json(body, self.evidence), read_fields(body, self.evidence)
        yield objects
        # The keys of an object are fields, too: those of none are more.
        if _n_said(fields) > _n_said(objects) or not objects.statements:
            yield fields.in_other_format(body)
        yield read_bio(body, self.evidence)
        if tables.is_sure:
            yield tables

    def _best_of_lines(
        self,
        body: str,
        tags: TagReading | None,
        tables: AnswerReading,
        sure: list[AnswerReading | TagReading],
    ) -> AnswerReading | TagReading | None:
        # Strings of JSON may hold lines: {"result": "人名：王毅"}.
        words = _words_of_strings(body)
        tables = tables if words == body else read_tables(words, self.evidence)
        lines = read_lines(words, self.evidence)
        # The cells of a table look like lines, too, and its remarks say more of the sentence than its values.
        if _n_said(tables) and _n_said(lines) <= _SURE * _n_said(tables):
            return tables
        best = max(filter(_is_something, (*sure, tables, lines)), key=_explained, default=None)
        # Quotes and bold words with labels are tags in a copy, and a list where lines find more of them.
        is_copy = tags is not None and not tags.is_firm and _n_said(tags) >= (_n_said(best) if best else 0)
        return tags if is_copy else best

    def _conclude(self, best: AnswerReading | TagReading) -> Answer:
        """Place what was read, account for the rest, and judge."""
        found = self._place(best)
        problems = [*self.plain.problems, *found.problems, *self._left_over(found)]
        lost = [x for x in problems if x.kind.loses]
        if lost and not self.ledger.has(PartKind.PROBLEM):
            self.ledger.mark_lost(lost[0].detail)
        outcome = judge(len(found.entities), problems, says_nothing=best.says_nothing, is_loop=found.is_loop)
        return self._answer(outcome, problems, found.entities, found.groundings)

    def _place(self, best: AnswerReading | TagReading) -> _Found:
        for part in best.parts:
            self.ledger.mark(part.kind, [(part.start, part.end)])
        if isinstance(best, TagReading):
            return _Found(tuple(best.entities), tuple(best.groundings), best.problems, best.is_loop)
        best.statements += self._further_items(best.statements)
        grounded = ground(best.statements, self.evidence.text, self.evidence.schema)
        self._mark_statements(best.statements, set(grounded.dropped))
        problems = [*(best.problems or [Problem(ProblemKind.OTHER_LAYOUT)]), *grounded.problems]
        is_other = self.is_inline or best.is_grouped != self.asked.is_grouped
        if is_other and best.statements and ProblemKind.OTHER_FORMAT not in {x.kind for x in problems}:
            problems.append(Problem(ProblemKind.OTHER_FORMAT))
        entities, groundings = tuple(grounded.entities), tuple(grounded.groundings)
        if best.is_grouped:
            entities, groundings = in_order_of_text(entities, groundings, self.evidence.schema)
        return _Found(entities, groundings, problems, grounded.is_loop)

    def _further_items(self, statements: list[Statement]) -> list[Statement]:
        """Give the entities of a list beside an answer in another layout: 此外还有：- 合肥：地理实体."""
        if not _ITEM.search(self.ledger.body):
            return []
        self._mark_statements(statements, set())
        named = {(x.label.name, fold(x.value)) for x in statements}
        last = max((x.value_at[1] for x in statements if x.value_at), default=len(self.ledger.body))
        rest = self.ledger.rest()
        return [
            x
            for x in read_lines(rest, self.evidence).statements
            if x.value_at
            and x.value_at[0] > last
            and (x.label.name, fold(x.value)) not in named
            and self.evidence.says(x.value)
            and self._is_further_item(x, rest)
        ]

    def _is_further_item(self, one: Statement, rest: str) -> bool:
        """Tell whether a value stands in an item of a list, below its label, words for more, or nothing."""
        if one.value_at is None:
            return False
        lines = rest[max(one.value_at[0] - _MAX_BEFORE, 0) : one.value_at[0]].split("\n")
        head = next((line for line in reversed(lines[:-1]) if not _ITEM.match(line)), "").strip()
        is_below_label = one.label_at is not None and one.label_at[0] < one.value_at[0] - len(lines[-1])
        more = any(word in head.casefold() for word in self.evidence.words.more)
        return _ITEM.match(lines[-1]) is not None and (is_below_label or more or not head)

    def _mark_statements(self, statements: list[Statement], dropped: set[int]) -> None:
        kept = {x.value_at for at, x in enumerate(statements) if at not in dropped}
        lost = {statements[at].value_at for at in dropped} - kept
        self.ledger.mark(PartKind.LABEL, (x.label_at for x in statements if x.label_at))
        self.ledger.mark(PartKind.VALUE, (x.value_at for x in statements if x.value_at))
        self.ledger.mark(PartKind.PROBLEM, (at for at in lost if at))

    def _left_over(self, found: _Found) -> Iterator[Problem]:
        """Say what no reader took: words that seem to name another entity, and mere words."""
        yield from self._unread_values(found)
        spans = list(self.ledger.unknown())
        copied = [at for at in spans if self.is_inline and self.evidence.says(self.ledger.body[slice(*at)])]
        spans = [at for at in spans if at not in copied]
        self.ledger.mark(PartKind.FRAME, copied)
        self.ledger.mark(PartKind.CHATTER, spans)
        if spans:
            words = " ".join(self.ledger.body[slice(*at)] for at in spans)
            yield Problem(ProblemKind.CHATTER, excerpt(words))

    def _unread_values(self, found: _Found) -> Iterator[Problem]:
        named = {(entity.label, fold(entity.text)) for entity in found.entities}
        for x in read_lines(self.ledger.rest(), self.evidence).statements:
            key = x.label.name, fold(x.value)
            if x.value_at and key not in named and self.evidence.says(x.value):
                named.add(key)
                self.ledger.mark_unknown(PartKind.PROBLEM, x.value_at)
                yield Problem(ProblemKind.UNREAD, excerpt(f"{x.label.answer}: {x.value}"))

    def _without_entities(self) -> Answer:
        """Read an answer in which no layout finds anything."""
        body, evidence = self.plain.body, self.evidence
        is_copy = self.is_inline and bool(evidence.folded) and evidence.folded in fold(body)
        if is_copy or self._denies(body):
            self.ledger.mark(PartKind.FRAME, [(0, len(body))])
            return self._answer(Outcome.EMPTY, [*self.plain.problems, *self._beside_nothing(is_copy)])
        if not self.is_inline:
            return self._unread(Problem(ProblemKind.BAD_JSON, excerpt(body.strip())))
        return self._changed_copy(body.strip())

    def _beside_nothing(self, is_copy: bool) -> Iterator[Problem]:
        """Say how an answer without entities differs from the agreed one."""
        body = self.plain.body
        if not is_copy and body.strip()[:1] in ("[", "{") and not any(map(str.isalnum, body)):
            # An empty list or object says so in the manner of JSON.
            if self.is_inline:
                yield Problem(ProblemKind.OTHER_FORMAT)
            return
        is_exact = is_copy and fold(body) == self.evidence.folded
        kind = ProblemKind.TEXT_DRIFT if is_exact else ProblemKind.CHATTER
        yield Problem(kind, excerpt(body.strip()))

    def _denies(self, body: str) -> bool:
        """Tell whether an answer holds nothing but tags, or says, if among chatter, that nothing is."""
        is_chatter, words = self.evidence.is_chatter, self.evidence.words
        said = "\n".join(line for line in body.split("\n") if not is_chatter(line.strip(" *#_\t\r")))
        only_tags = _ONLY_TAGS.fullmatch(self.ledger.body)
        return only_tags is not None or says_nothing(body, words) or says_nothing(said, words)

    def _changed_copy(self, body: str) -> Answer:
        """Read an inline answer without tags that is not the sentence and denies no entity."""
        sentence, plain = self.evidence.folded, fold(_BEGUN_TAG.sub("", body))
        if sentence.startswith(plain) and (plain or _BEGUN_TAG.search(body)):
            return self._unread(Problem(ProblemKind.CUT_OFF, excerpt(body)))
        marked = [x[0] for x in _EMPHASIS.finditer(body) if x[0] not in self.evidence.text]
        if marked:
            return self._unread(*(Problem(ProblemKind.UNREAD, excerpt(words)) for words in marked))
        drift = Problem(ProblemKind.TEXT_DRIFT, excerpt(body))
        coverage = align_loosely(MarkedText(body), self.evidence.text, self.evidence.schema).coverage
        if coverage < _MIN_COPY or len(plain) >= 2 * len(sentence):
            return self._unread(drift)
        self.ledger.mark(PartKind.FRAME, [(0, len(self.ledger.body))])
        return self._answer(Outcome.EMPTY, [*self.plain.problems, drift])

    def _unread(self, *more: Problem) -> Answer:
        problems = [*self.plain.problems, *more]
        loses = any(problem.kind.loses for problem in problems)
        self.ledger.mark(PartKind.PROBLEM if loses else PartKind.CHATTER, [(0, len(self.ledger.body))])
        return self._answer(Outcome.UNPARSABLE, problems)

    def _answer(
        self,
        outcome: Outcome,
        problems: list[Problem],
        entities: tuple[Entity, ...] = (),
        groundings: tuple[Grounding, ...] = (),
    ) -> Answer:
        ledger, wrapped = self.ledger, self.wrapped
        return Answer(entities, outcome, tuple(problems), groundings, account=lambda: ledger.parts(wrapped))


def _words_of_strings(body: str) -> str:
    """Give what stands in the strings of JSON, each on lines of its own, with blanks for all else."""
    if body.lstrip()[:1] not in ("{", "[") or not _STRING.search(body):
        return body
    kept = [" "] * len(body)
    for found in _STRING.finditer(body):
        words = found[1].replace("\\n", " \n").replace("\\t", " \t").replace('\\"', ' "')
        kept[found.start() : found.end()] = f"\n{words}\n"
    return "".join(kept)


def _is_something(reading: AnswerReading | TagReading) -> bool:
    """Tell whether a reader took anything from the words."""
    if isinstance(reading, TagReading):
        return True
    return bool(reading.statements) or reading.says_nothing or any(x.kind.loses for x in reading.problems)


def _names_entities(reading: AnswerReading | TagReading, *, is_inline: bool) -> bool:
    """Tell whether an object or a tag names an entity, if by an unknown label or not to its end."""
    kinds = {problem.kind for problem in reading.problems}
    lost = kinds & {ProblemKind.UNKNOWN_LABEL, ProblemKind.CUT_OFF}
    if isinstance(reading, AnswerReading):
        return bool(lost or reading.statements)
    return is_inline or bool(reading.entities) or ProblemKind.UNKNOWN_LABEL in kinds


def _explained(reading: AnswerReading | TagReading) -> tuple[int, int]:
    """Count the values that were read and that the sentence says, and their characters."""
    if isinstance(reading, AnswerReading):
        return reading.explained()
    said = [entity for entity in reading.entities if entity.span is not None]
    return len(said), sum(len(entity.text) for entity in said)


def _n_said(reading: AnswerReading | TagReading) -> int:
    return _explained(reading)[0]
