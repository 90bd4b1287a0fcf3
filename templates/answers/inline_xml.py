"""The ``xml`` answer format: the sentence itself, with a tag around each entity.

A normalised value stands in its tag in place of the mention; an inferred one is inserted just before the
next entity that the sentence mentions. Only what could be taken for a tag or an escape is escaped, so that
a model copies ``P<0.05`` as it stands.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from templates.answers.base import EMPTY_SENTENCE, CannotEncodeError
from templates.answers.grounding import ground, surfaces
from templates.domain import Answer, Entity, EntityKind, LabelSchema, Outcome, Problem, ProblemKind, Sample

_ESCAPED = re.compile(r"&(lt|amp);")
_ANY_TAG = re.compile(r"</?\w{1,40}\s*/?>")
_MAX_DEPTH = 32
"""Tags that may be open at a time; deeper ones are counted and ignored."""
_MAX_PATHS = 64
"""Readings of an answer that are followed at a time; more than a few occur in made-up answers only."""


class InlineXml:
    """Inline tags, nested where entities nest."""

    def encode(self, sample: Sample, schema: LabelSchema) -> str:
        """Write the sentence with its entities tagged.

        Raises:
            CannotEncodeError: spans cross, entities are not in reading order, or a normalised or inferred
                entity lies inside another.
        """
        return _Writer(sample, schema).write()

    def decode(self, answer: str, text: str, schema: LabelSchema) -> Answer:
        """Read the tags; their spans follow from the plain text between them."""
        if not answer.strip() and text.strip():
            return Answer((), Outcome.UNPARSABLE, (Problem(ProblemKind.NO_ANSWER),))
        if answer.strip() == EMPTY_SENTENCE:
            return Answer((), Outcome.EMPTY)
        pieces, problems = _parse(answer, schema)
        aligned = _align(pieces, text, schema)
        is_bare = answer == answer.strip() and text == text.strip()
        if not is_bare and (aligned is None or not aligned.is_whole):
            bare_pieces, bare_problems = _parse(answer.strip(), schema)
            bare = _align(bare_pieces, text.strip(), schema, len(text) - len(text.lstrip()))
            if aligned is None or (bare is not None and bare.is_whole):
                pieces, problems, aligned = bare_pieces, bare_problems, bare
        if aligned is None:
            problems += _drift(pieces)
            entities, ungrounded = ground(_values(pieces), text, schema)
            problems += ungrounded
        else:
            entities = aligned.entities
            if not aligned.is_whole and all(problem.kind is not ProblemKind.CUT_OFF for problem in problems):
                problems.append(Problem(ProblemKind.CUT_OFF, answer[-60:]))
        return Answer(tuple(entities), _outcome(entities, problems), tuple(problems))


@dataclass(slots=True)
class _Element:
    label: str
    pieces: "list[str | _Element]" = field(default_factory=list)
    value: str = ""
    """The text of all pieces, set when the element is complete."""

    @property
    def is_flat(self) -> bool:
        return all(isinstance(piece, str) for piece in self.pieces)


_Piece = str | _Element


@cache
def _tag_pattern(schema: LabelSchema) -> re.Pattern[str]:
    names = "|".join(re.escape(label.answer) for label in schema.labels)
    return re.compile(f"<(/?)({names})>")


@cache
def _unsafe_pattern(schema: LabelSchema) -> re.Pattern[str]:
    return re.compile(f"(?={_tag_pattern(schema).pattern})<|&(?=(?:lt|amp);)")


def _escape(text: str, schema: LabelSchema) -> str:
    return _unsafe_pattern(schema).sub(lambda m: "&lt;" if m[0] == "<" else "&amp;", text)


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda m: "<" if m[1] == "lt" else "&", text)


class _Writer:
    """Writes one sample: a cursor in the sentence, the tags that are open, the values still to insert."""

    def __init__(self, sample: Sample, schema: LabelSchema) -> None:
        self.sample = sample
        self.schema = schema
        self.out: list[str] = []
        self.cursor = 0
        self.open: list[tuple[int, str]] = []
        self.pending: list[str] = []

    def write(self) -> str:
        for entity in self.sample.entities:
            kind = self.schema.kind(entity, self.sample.text)
            if kind is EntityKind.INFERRED:
                self.pending.append(self._tagged(entity))
            else:
                self._mention(entity, kind)
        self._close_until(len(self.sample.text))
        self._flush_pending()
        self._copy_until(len(self.sample.text))
        return "".join(self.out)

    def _mention(self, entity: Entity, kind: EntityKind) -> None:
        assert entity.start is not None and entity.end is not None
        self._close_until(entity.start)
        if entity.start < self.cursor or (self.open and entity.end > self.open[-1][0]):
            raise CannotEncodeError("crossing entities")
        if self.open and (self.pending or kind is EntityKind.NORMALISED):
            raise CannotEncodeError("a normalised or inferred entity inside another")
        self._copy_until(entity.start)
        self._flush_pending()
        if kind is EntityKind.NORMALISED:
            self.out.append(self._tagged(entity))
            self.cursor = entity.end
        else:
            name = self.schema[entity.label].answer
            self.out.append(f"<{name}>")
            self.open.append((entity.end, name))

    def _tagged(self, entity: Entity) -> str:
        name = self.schema[entity.label].answer
        return f"<{name}>{_escape(entity.text, self.schema)}</{name}>"

    def _copy_until(self, end: int) -> None:
        self.out.append(_escape(self.sample.text[self.cursor : end], self.schema))
        self.cursor = end

    def _close_until(self, start: int) -> None:
        while self.open and self.open[-1][0] <= start:
            end, name = self.open.pop()
            self._copy_until(end)
            self.out.append(f"</{name}>")

    def _flush_pending(self) -> None:
        self.out += self.pending
        self.pending.clear()


def _parse(answer: str, schema: LabelSchema) -> tuple[list[_Piece], list[Problem]]:
    problems: list[Problem] = []
    root = _Element("")
    stack = [root]
    cursor = 0
    for tag in _tag_pattern(schema).finditer(answer):
        _add_text(stack[-1], answer[cursor : tag.start()])
        cursor = tag.end()
        label = schema.from_answer(tag[2])
        assert label is not None
        if not tag[1] and len(stack) <= _MAX_DEPTH:
            stack.append(_Element(label.name))
        elif not tag[1] or label.name != stack[-1].label:
            problems.append(Problem(ProblemKind.BAD_TAG, tag[0]))
        else:
            element = stack.pop()
            element.value = _plain(element.pieces)
            if element.value:
                stack[-1].pieces.append(element)
            else:
                problems.append(Problem(ProblemKind.EMPTY_VALUE, tag[0]))
    _add_text(stack[-1], answer[cursor:])
    while len(stack) > 1:
        unclosed = stack.pop()
        problems.append(Problem(ProblemKind.CUT_OFF, f"<{unclosed.label}>{_plain(unclosed.pieces)[:60]}"))
        stack[-1].pieces += unclosed.pieces
    return root.pieces, problems


def _plain(pieces: list[_Piece]) -> str:
    return "".join(piece if isinstance(piece, str) else piece.value for piece in pieces)


def _add_text(element: _Element, text: str) -> None:
    if text:
        element.pieces.append(_unescape(text))


_Path = tuple["_Path | None", tuple[Entity, ...]]


class _Aligned(NamedTuple):
    entities: list[Entity]
    is_whole: bool
    """Whether the pieces cover the sentence to its end, and not only its beginning."""


def _align(pieces: list[_Piece], text: str, schema: LabelSchema, offset: int = 0) -> _Aligned | None:
    """Lay the pieces over ``text`` so that they cover it, or its beginning; None where they cannot.

    A flat element may cover nothing, where its label may be inferred, or any surface of its value. Of several
    readings the one wins that gives a mention to the later element, as inferred ones stand before it.
    ``offset`` is added to every span.
    """
    paths: dict[int, _Path | None] = {0: None}
    for piece in pieces:
        reached: dict[int, _Path | None] = {}
        for position, path in paths.items():
            for end, entities in _readings(piece, position, text, schema, offset):
                if len(reached) < _MAX_PATHS:
                    reached.setdefault(end, (path, entities) if entities else path)
        paths = reached
    if not paths:
        return None
    reach = max(paths)
    steps = []
    path = paths[reach]
    while path is not None:
        path, entities = path
        steps.append(entities)
    return _Aligned([entity for entities in reversed(steps) for entity in entities], reach == len(text))


def _readings(
    piece: _Piece, position: int, text: str, schema: LabelSchema, offset: int
) -> Iterator[tuple[int, tuple[Entity, ...]]]:
    """Yield where ``piece`` may end if it begins at ``position``, and the entities it then holds."""
    if isinstance(piece, str):
        if text.startswith(piece, position):
            yield position + len(piece), ()
        return
    value = piece.value
    if not piece.is_flat:
        if text.startswith(value, position):
            yield position + len(value), tuple(_nested(piece, position + offset))
        return
    label = schema[piece.label]
    if label.inferable:
        yield position, (Entity(piece.label, value),)
    for surface in surfaces(label, value):
        if text.startswith(surface, position):
            end = position + len(surface)
            yield end, (Entity(piece.label, value, position + offset, end + offset),)


def _nested(element: _Element, start: int) -> Iterator[Entity]:
    yield Entity(element.label, element.value, start, start + len(element.value))
    for piece in element.pieces:
        if isinstance(piece, str):
            start += len(piece)
        else:
            yield from _nested(piece, start)
            start += len(piece.value)


def _values(pieces: list[_Piece]) -> Iterator[tuple[str, str]]:
    for piece in pieces:
        if isinstance(piece, _Element):
            yield piece.label, piece.value
            yield from _values(piece.pieces)


def _drift(pieces: list[_Piece]) -> list[Problem]:
    plain = _plain(pieces)
    problems = [Problem(ProblemKind.UNKNOWN_LABEL, tag[0]) for tag in _ANY_TAG.finditer(plain)]
    return [Problem(ProblemKind.TEXT_DRIFT, plain[:80]), *problems]


def _outcome(entities: list[Entity], problems: list[Problem]) -> Outcome:
    kinds = {problem.kind for problem in problems}
    if not entities:
        return Outcome.UNPARSABLE if problems else Outcome.EMPTY
    if ProblemKind.CUT_OFF in kinds:
        return Outcome.SALVAGED
    return Outcome.REPAIRED if problems else Outcome.CLEAN
