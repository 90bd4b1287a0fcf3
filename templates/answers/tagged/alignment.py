"""Lay an inline answer over its sentence: as it stands, or character by character where it drifts."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from nerforge.templates.answers.tagged.tags import Mark, MarkedText
from nerforge.templates.domain import Entity, Grounding, Label, LabelSchema
from nerforge.templates.mentions.character_matching import match_characters
from nerforge.templates.mentions.folding import fold, fold_with_sources
from nerforge.templates.mentions.mention_placing import GroundedEntities, ground, settle
from nerforge.templates.mentions.statements import Statement
from nerforge.templates.mentions.traditional_characters import simplify
from nerforge.templates.mentions.value_search import Span, find_mentions, surfaces

_MAX_PATHS = 64
"""Readings of an answer that are followed at a time; more than a few occur in made-up answers only."""
_MIN_COVERAGE = 0.5
"""Share of the sentence that an answer must copy for its words to say where its entities stand."""
_MIN_PREFIX = 0.8
"""Share of its beginning that an answer must copy to be taken for one that was cut off."""
_MIN_LIKENESS = 0.6
"""Share of an entity's characters that must stand in the sentence at its place."""


class InlineAlignment(NamedTuple):
    """The entities of an inline answer in its order, how each was found, and how far the answer goes."""

    entities: list[Entity]
    groundings: list[Grounding]
    reach: int
    """Characters of the sentence that the answer covers from its beginning."""


@dataclass(slots=True)
class _Element:
    label: str
    pieces: "list[str | _Element]" = field(default_factory=list)
    value: str = ""

    @property
    def is_flat(self) -> bool:
        return all(isinstance(piece, str) for piece in self.pieces)


_Piece = str | _Element
_Path = tuple["_Path | None", tuple[Entity, ...]]


def align_exactly(
    marked: MarkedText, text: str, schema: LabelSchema, offset: int = 0
) -> InlineAlignment | None:
    """Lay the answer over ``text`` so that it covers it, or its beginning; None where it is no such copy.

    A flat element may cover nothing, where its label may be inferred, or any surface of its value. Of several
    readings the one wins that takes fewest words for a short form (东营 is the city, not 东营区供电公司),
    then the one that gives a mention to the later element, as inferred ones stand before it.
    ``offset`` is added to every span.
    """
    pieces = _tree(marked)
    if pieces is None:
        return None
    # For each place in the sentence that the pieces so far may reach: short forms taken, and their entities.
    # <省份>山东</省份><城市>济南</城市>投诉 over 济南投诉: 0 after 山东, which is inferred; 0 and 2 after
    # 济南, which may be; 4 after 投诉, from 2 alone.
    paths: dict[int, tuple[int, _Path | None]] = {0: (0, None)}
    for piece in pieces:
        reached: dict[int, tuple[int, _Path | None]] = {}
        for position, (n_short, path) in paths.items():
            for end, entities, is_short in _readings(piece, position, text, schema, offset):
                known = reached.get(end)
                n = n_short + is_short
                # Strictly fewer: of equal readings the first stays, in which the earlier element is inferred.
                if n < known[0] if known else len(reached) < _MAX_PATHS:
                    reached[end] = n, (path, entities) if entities else path
        paths = reached
        if not paths:
            return None
    # Not only len(text): the longest copied beginning is what a truncated answer has to offer.
    reach = max(paths)
    found = _entities(paths[reach][1])
    groundings = [_grounding(entity, text, offset) for entity in found]
    return InlineAlignment(found, groundings, reach)


def _entities(path: _Path | None) -> list[Entity]:
    steps = []
    while path is not None:
        path, entities = path
        steps.append(entities)
    return [entity for entities in reversed(steps) for entity in entities]


def _grounding(entity: Entity, text: str, offset: int) -> Grounding:
    if entity.start is None or entity.end is None:
        return Grounding.INFERRED
    is_said = text[entity.start - offset : entity.end - offset] == entity.text
    return Grounding.EXACT if is_said else Grounding.NORMALISED


def _tree(marked: MarkedText) -> list[_Piece] | None:
    """Nest the marks; None where they cross."""
    root = _Element("")
    open_ones: list[tuple[_Element, Mark]] = []
    cursor = 0
    for mark in marked.marks:
        while open_ones and open_ones[-1][1].closed < mark.opened:
            cursor = _end(open_ones.pop(), marked, cursor)
        if open_ones and mark.closed > open_ones[-1][1].closed:
            return None
        around = open_ones[-1][0] if open_ones else root
        if cursor < mark.start:
            around.pieces.append(marked.plain[cursor : mark.start])
        element = _Element(mark.label, value=marked.value(mark))
        around.pieces.append(element)
        open_ones.append((element, mark))
        cursor = mark.start
    while open_ones:
        cursor = _end(open_ones.pop(), marked, cursor)
    if cursor < len(marked.plain):
        root.pieces.append(marked.plain[cursor:])
    return root.pieces


def _end(opened: tuple[_Element, Mark], marked: MarkedText, cursor: int) -> int:
    element, mark = opened
    if cursor < mark.end:
        element.pieces.append(marked.plain[cursor : mark.end])
    return mark.end


def _readings(
    piece: _Piece, position: int, text: str, schema: LabelSchema, offset: int
) -> Iterator[tuple[int, tuple[Entity, ...], bool]]:
    """Yield where ``piece`` may end if it begins at ``position``, and the entities it then holds.

    The third item tells whether the words are shorter than the value.
    """
    if isinstance(piece, str):
        if text.startswith(piece, position):
            yield position + len(piece), (), False
        return
    value = piece.value
    if not piece.is_flat:
        if text.startswith(value, position):
            yield position + len(value), tuple(_nested(piece, position + offset)), False
        return
    label = schema[piece.label]
    # <省份>山东</省份> copies nothing where the sentence does not say 山东: it may end where it begins.
    if label.inferable:
        yield position, (Entity(piece.label, value),), False
    for surface in surfaces(label, value):
        if text.startswith(surface, position):
            end = position + len(surface)
            yield (
                end,
                (Entity(piece.label, value, position + offset, end + offset),),
                len(surface) < len(value),
            )


def _nested(element: _Element, start: int) -> Iterator[Entity]:
    yield Entity(element.label, element.value, start, start + len(element.value))
    for piece in element.pieces:
        if isinstance(piece, str):
            start += len(piece)
        else:
            yield from _nested(piece, start)
            start += len(piece.value)


class LooseAlignment(NamedTuple):
    """What a loose alignment found."""

    grounded: GroundedEntities
    coverage: float
    """Share of the sentence's characters that the answer copies in order."""
    is_cut: bool
    """Whether the answer copies the sentence up to a point and ends there."""
    is_copy: bool
    """Whether it copies enough of the sentence to go by."""


def align_loosely(
    marked: MarkedText, text: str, schema: LabelSchema, *, is_list: bool = False
) -> LooseAlignment:
    """Place marks whose words are no exact copy of ``text``.

    The folded characters of answer and sentence are matched in order: dropped, added and changed characters
    move nothing. Where the answer copies too little of the sentence to go by, and for marks whose words are
    not where they should be, the values alone are looked for, as they are in a list of marks (``is_list``).
    """
    locator = _Locator(marked, text, schema)
    is_cut = locator.is_cut and not is_list
    is_copy = is_cut or (locator.coverage >= _MIN_COVERAGE and not is_list)
    statements = []
    for mark in marked.marks:
        value = marked.value(mark)
        span, grounding = (locator.find(mark, value) if is_copy else None) or (None, None)
        statements.append(
            Statement(schema[mark.label], value.strip() or value, span=span, grounding=grounding)
        )
    return LooseAlignment(ground(statements, text, schema), locator.coverage, is_cut, is_copy)


class _Locator:
    """Finds where in the sentence the words of a mark stand.

    Places count folded characters of the answer's words or of the sentence; ``shared_words`` and
    ``shared_text`` hold the places of the characters that both have, in order.
    """

    def __init__(self, marked: MarkedText, text: str, schema: LabelSchema) -> None:
        self.text = text
        self.schema = schema
        self.words = fold_with_sources(marked.plain)
        self.sentence = fold_with_sources(text)
        self.shared_words: list[int] = []
        self.shared_text: list[int] = []
        for in_words, in_text, size in match_characters(self.words.text, self.sentence.text):
            self.shared_words += range(in_words, in_words + size)
            self.shared_text += range(in_text, in_text + size)

    @property
    def coverage(self) -> float:
        """The share of the sentence's characters that the answer copies in order."""
        return len(self.shared_text) / len(self.sentence.text) if self.sentence.text else 0.0

    @property
    def is_cut(self) -> bool:
        """Whether the answer copies the sentence up to a point and ends there."""
        if not self.shared_text:
            return False
        reach = self.shared_text[-1] + 1
        # Two characters of slack: a truncated answer often ends in a broken character or a wrong full stop.
        ends_early = len(self.words.text) - self.shared_words[-1] <= 2 and len(self.sentence.text) - reach > 2
        return ends_early and len(self.shared_text) >= _MIN_PREFIX * reach

    def find(self, mark: Mark, value: str) -> tuple[Span, Grounding] | None:
        """Give the mark's span and how sure it is; None where its words are not at their place."""
        start, end = (bisect_left(self.words.sources, at) for at in (mark.start, mark.end))
        first, last = (bisect_left(self.shared_words, at) for at in (start, end))
        if first == last:
            return None
        label = self.schema[mark.label]
        bounds = self._bounds(start, end, first, last)
        span = self._whole_form(label, value, self.sentence.span(*bounds), last)
        entity = settle(label, value, span, self.text)
        if entity.text == value:
            is_said = self.text[slice(*span)] == value
            return span, Grounding.EXACT if is_said else Grounding.NORMALISED
        if self._is_spelling(label, entity.text, bounds, (start, end)):
            return span, Grounding.NORMALISED
        if (near := self._said_near(label, value, span)) is not None:
            return near, Grounding.EXACT
        is_like = last - first >= _MIN_LIKENESS * (end - start)
        return (span, Grounding.FUZZY) if is_like and not label.inferable else None

    def _is_spelling(self, label: Label, said: str, bounds: Span, words: Span) -> bool:
        """Tell whether the sentence spells the words of a mark otherwise, but says the same."""
        # Words that are folded already need no folding once more, however long they are.
        folded = self.sentence.text[slice(*bounds)] if label.normaliser is None else fold(said)
        asked = self.words.text[slice(*words)]
        return folded == asked or (len(folded) == len(asked) and simplify(folded) == simplify(asked))

    def _bounds(self, start: int, end: int, first: int, last: int) -> Span:
        """Map the mark's bounds; characters that were changed at a bound belong to the mark."""
        # 欧阳珊 answered for 欧阳三: the matches end at 阳. One changed character inside the mark, one
        # skipped in the sentence, so the bound moves by one and the span is that of 欧阳三.
        words, text = self.shared_words, self.shared_text
        low, high = text[first], text[last - 1] + 1
        gap = low - (text[first - 1] + 1 if first else 0)
        outside = start - (words[first - 1] + 1 if first else 0)
        low -= min(words[first] - start, max(gap - outside, 0))
        gap = self._shared_from(last) - high
        outside = (words[last] if last < len(words) else len(self.words.text)) - end
        high += min(end - 1 - words[last - 1], max(gap - outside, 0))
        return low, high

    def _shared_from(self, number: int) -> int:
        return self.shared_text[number] if number < len(self.shared_text) else len(self.sentence.text)

    def _whole_form(self, label: Label, value: str, span: Span, last: int) -> Span:
        """Give the span of the longest form of a value at the start of ``span``, if there is one."""
        if label.normaliser is None:
            return span
        # A form may not run into the next character that the answer copied: 济南 ends before 市中区.
        after = self._shared_from(last)
        limit = self.sentence.sources[after] if after < len(self.sentence.text) else len(self.text)
        for surface in surfaces(label, value):
            if self.text.startswith(surface, span[0]) and span[0] + len(surface) <= limit:
                return span[0], span[0] + len(surface)
        return span

    def _said_near(self, label: Label, value: str, span: Span) -> Span | None:
        """Find the mention that overlaps a span and starts nearest to it."""
        longest = max(map(len, surfaces(label, value)))
        start = max(span[0] - longest + 1, 0)
        around = self.text[start : span[1] + longest - 1]
        mentions = ((start + at, start + end) for at, end in find_mentions(label, value, around))
        overlapping = [mention for mention in mentions if mention[0] < span[1] and span[0] < mention[1]]
        return min(overlapping, key=lambda mention: abs(mention[0] - span[0]), default=None)
