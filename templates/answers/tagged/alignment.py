"""Lay an inline answer over its sentence: as it stands, or character by character where it drifts."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from nerforge.templates.answers.tagged.tags import Mark, MarkedText
from nerforge.templates.domain import Entity, Grounding, LabelSchema
from nerforge.templates.mentions.folding import FoldedText, fold, fold_with_sources
from nerforge.templates.mentions.placing import GroundedEntities, ground, settle
from nerforge.templates.mentions.statements import Statement
from nerforge.templates.mentions.value_search import Span, find_mentions, surfaces

_MAX_PATHS = 64
"""Readings of an answer that are followed at a time; more than a few occur in made-up answers only."""
_MIN_COVERAGE = 0.5
"""Share of the sentence that an answer must copy for its words to say where its entities stand."""
_MIN_PREFIX = 0.8
"""Share of its beginning that an answer must copy to be taken for one that was cut off."""
_MIN_LIKENESS = 0.6
"""Share of an entity's characters that must stand in the sentence at its place."""
_MAX_CELLS = 400_000_000
"""Product of the lengths that are compared; marks beyond are placed by their values alone."""


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
    steps = []
    _, path = paths[reach]
    while path is not None:
        path, entities = path
        steps.append(entities)
    found = [entity for entities in reversed(steps) for entity in entities]
    groundings = [_grounding(entity, text, offset) for entity in found]
    return InlineAlignment(found, groundings, reach)


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


def align_loosely(marked: MarkedText, text: str, schema: LabelSchema) -> LooseAlignment:
    """Place marks whose words are no exact copy of ``text``.

    Answer and sentence are compared as a longest common subsequence of their folded characters: dropped,
    added and changed characters move nothing. Where the answer copies too little of the sentence to go by,
    and for marks whose words are not where they should be, the values alone are looked for.
    """
    sentence = fold_with_sources(text)
    # LCS takes time in proportion to the product of both lengths; the answer is the one that may be endless.
    longest = max(_MAX_CELLS // max(len(text), 1), 1_000)
    plain = fold_with_sources(marked.plain[:longest])
    matches = _match(plain.text, sentence.text)
    coverage = len(matches.plain) / len(sentence.text) if sentence.text else 0.0
    is_cut = _is_cut(matches, plain.text, sentence.text)
    locator = _Locator(text, schema, plain, sentence, matches)
    statements = []
    for mark in marked.marks:
        value = marked.value(mark)
        found = locator.find(mark, value) if is_cut or coverage >= _MIN_COVERAGE else None
        span, grounding = found or (None, None)
        label = schema[mark.label]
        statements.append(Statement(label, value.strip() or value, span=span, grounding=grounding))
    return LooseAlignment(ground(statements, text, schema), coverage, is_cut)


class _Matches(NamedTuple):
    """Places of the same character, in order, in the folded answer and in the folded sentence."""

    plain: list[int]
    sentence: list[int]


def _match(plain: str, sentence: str) -> _Matches:
    # Few answers drift, and every command would import it.
    from rapidfuzz.distance import LCSseq

    matches = _Matches([], [])
    for block in LCSseq.opcodes(plain, sentence):
        if block.tag == "equal":
            matches.plain.extend(range(block.src_start, block.src_end))
            matches.sentence.extend(range(block.dest_start, block.dest_end))
    return matches


def _is_cut(matches: _Matches, plain: str, sentence: str) -> bool:
    """Tell whether the answer copies the sentence up to a point and ends there."""
    if not matches.plain:
        return False
    reach = matches.sentence[-1] + 1
    # Two characters of slack: a truncated answer often ends in a broken character or a wrong full stop.
    ends_early = len(plain) - matches.plain[-1] <= 2 and len(sentence) - reach > 2
    return ends_early and len(matches.plain) >= _MIN_PREFIX * reach


class _Locator:
    """Finds where in the sentence the words of a mark stand."""

    def __init__(
        self, text: str, schema: LabelSchema, plain: FoldedText, sentence: FoldedText, matches: _Matches
    ) -> None:
        self.text = text
        self.schema = schema
        self.plain = plain
        self.sentence = sentence
        self.matches = matches

    def find(self, mark: Mark, value: str) -> tuple[Span, Grounding] | None:
        """Give the mark's span and how sure it is; None where its words are not at their place."""
        # Three coordinates: mark in the plain answer, start and end in the folded one, first and last in
        # the matches.
        start = bisect_left(self.plain.sources, mark.start)
        end = bisect_left(self.plain.sources, mark.end)
        first = bisect_left(self.matches.plain, start)
        last = bisect_left(self.matches.plain, end)
        if first == last:
            return None
        likeness = (last - first) / (end - start)
        span = self.sentence.span(*self._bounds(start, end, first, last))
        label = self.schema[mark.label]
        if label.normaliser is not None:
            after = (
                self.matches.sentence[last] if last < len(self.matches.sentence) else len(self.sentence.text)
            )
            # A surface may not run into the next character that the answer copied: 济南 ends before 市中区.
            limit = self.sentence.sources[after] if after < len(self.sentence.sources) else len(self.text)
            for surface in surfaces(label, value):
                if self.text.startswith(surface, span[0]) and span[0] + len(surface) <= limit:
                    span = (span[0], span[0] + len(surface))
                    break
        entity = settle(label, value, span, self.text)
        if entity.text == value:
            is_said = self.text[slice(*span)] == value
            return span, Grounding.EXACT if is_said else Grounding.NORMALISED
        if fold(entity.text) == fold(value):
            return span, Grounding.NORMALISED
        if (near := self._said_near(find_mentions(label, value, self.text), span)) is not None:
            return near, Grounding.EXACT
        return (span, Grounding.FUZZY) if likeness >= _MIN_LIKENESS and not label.inferable else None

    def _bounds(self, start: int, end: int, first: int, last: int) -> Span:
        """Map the mark's bounds; characters that were changed at a bound belong to the mark."""
        plain, sentence = self.matches
        # 欧阳珊 answered for 欧阳三: the matches end at 阳. One changed character inside the mark, one
        # skipped in the sentence, so the bound moves by one and the span is that of 欧阳三.
        low, high = sentence[first], sentence[last - 1] + 1
        gap = low - (sentence[first - 1] + 1 if first else 0)
        outside = start - (plain[first - 1] + 1 if first else 0)
        low -= min(plain[first] - start, max(gap - outside, 0))
        gap = (sentence[last] if last < len(sentence) else len(self.sentence.text)) - high
        outside = (plain[last] if last < len(plain) else len(self.plain.text)) - end
        high += min(end - 1 - plain[last - 1], max(gap - outside, 0))
        return low, high

    @staticmethod
    def _said_near(mentions: list[Span], span: Span) -> Span | None:
        overlapping = [m for m in mentions if m[0] < span[1] and span[0] < m[1]]
        return min(overlapping, key=lambda m: abs(m[0] - span[0]), default=None)
