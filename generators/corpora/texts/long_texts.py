"""Divide texts that are too long for a model, at the ends of sentences and never inside an entity.

A row beyond LLaMA-Factory's ``cutoff_len`` loses the end of its answer. The pieces of a text are all of it,
in order; ``nerforge.evaluation.reading.joining`` puts them together again, so that scores are of whole texts.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Annotated, Any

import msgspec

from nerforge.generators.corpora.texts.cut_places import Cut, find_places
from nerforge.generators.manifests.corpus_counts import LongTextCounts
from nerforge.templates.domain import Entity, Sample


class TextPiece(msgspec.Struct, frozen=True):
    """What the ``meta`` of a piece says besides what that of the text said."""

    document: str
    """The id of the text."""
    offset: Annotated[int, msgspec.Meta(ge=0)]
    """Where in the text the piece begins, in characters."""
    of: Annotated[int, msgspec.Meta(ge=1)]
    """Number of pieces of the text."""


PIECE_KEYS = TextPiece.__struct_fields__


@dataclass(slots=True)
class LongTextReport:
    """What was split; texts within the limit are not counted."""

    texts: int = 0
    """Texts that were split."""
    pieces: int = 0
    """Pieces that they were split into."""
    cuts: Counter[Cut] = field(default_factory=Counter)
    longer: int = 0
    """Pieces, or texts without any place for a cut, that are longer than the limit."""

    def add(self, other: "LongTextReport") -> None:
        """Add the counts of another text."""
        self.texts += other.texts
        self.pieces += other.pieces
        self.cuts += other.cuts
        self.longer += other.longer

    def counts(self) -> LongTextCounts:
        """Give the counts for the manifest."""
        return LongTextCounts(
            texts=self.texts,
            pieces=self.pieces,
            cuts={cut.value: self.cuts[cut] for cut in Cut},
            longer_than_limit=self.longer,
        )


def split_sample(sample: Sample, limit: int, counts: LongTextReport) -> list[Sample]:
    """Divide a sample into pieces of at most ``limit`` characters; one within the limit stays as it is.

    The cuts stand behind a sentence or a line, where that does not do behind a clause, then behind white
    space, then anywhere but inside a character of several code points. Of the divisions with the fewest bad
    cuts that with the fewest pieces is taken, and of these the one with the most equal pieces; so a short
    piece remains only where a short sentence stands between pieces that are full. No piece is white space.
    A piece is longer than the limit only where entities, one or a chain of overlapping ones, leave it no cut
    (or a character of many code points, or white space of that length).

    Args:
        sample: A sample; an entity without a span goes with the next one that has one.
        limit: Characters of a piece, at least 1.
        counts: Is added to.

    Returns:
        The pieces in order. Their texts joined are the text; for their ``meta`` see ``TextPiece``.

    Raises:
        ValueError: the limit is below 1, or the sample is a piece itself.
    """
    if limit < 1:
        raise ValueError(f"limit {limit}: must be at least 1")
    if len(sample.text) <= limit:
        return [sample]
    if piece_of(sample.meta) is not None:
        raise ValueError(f"sample {sample.id}: is a piece of a text already")
    spans = [entity.span for entity in sample.entities if entity.span]
    places = find_places(sample.text, spans, limit)
    bounds = [0, *_choose(sample.text, dict(sorted(places.items())), limit), len(sample.text)]
    counts.longer += sum(end - start > limit for start, end in pairwise(bounds))
    if len(bounds) == 2:
        return [sample]
    counts.texts += 1
    counts.pieces += len(bounds) - 1
    counts.cuts.update(places[cut] for cut in bounds[1:-1])
    return _pieces(sample, bounds)


def piece_of(meta: Mapping[str, Any]) -> TextPiece | None:
    """Read from a sample's ``meta`` which piece of which text it is; None for a sample that is none.

    Raises:
        msgspec.ValidationError: it has the keys of a piece, and a value that cannot be.
    """
    if not all(key in meta for key in PIECE_KEYS):
        return None
    return msgspec.convert({key: meta[key] for key in PIECE_KEYS}, TextPiece)


def _pieces(sample: Sample, bounds: list[int]) -> list[Sample]:
    shares: list[list[Entity]] = [[] for _ in bounds[1:]]
    # An entity without a span (one that the task completes) goes into the piece of the next one that has a
    # span, as answers name entities in this order; after the last one, into the last such piece.
    at, waiting = 0, list[Entity]()
    for entity in sample.entities:
        if entity.span is None:
            waiting.append(entity)
            continue
        start, end = entity.span
        # bounds 0, 12, 20 and a span 14-16: piece 1 begins at 12, where the entity stands at 2-4.
        at = bisect_right(bounds, start) - 1
        moved = Entity(entity.label, entity.text, start - bounds[at], end - bounds[at])
        shares[at] += [*waiting, moved]
        waiting.clear()
    shares[at] += waiting
    return [
        Sample(
            f"{sample.id}-p{number}",
            sample.text[start:end],
            tuple(share),
            {**sample.meta, "document": sample.id, "offset": start, "of": len(shares)},
        )
        for number, ((start, end), share) in enumerate(zip(pairwise(bounds), shares, strict=True), start=1)
    ]


# Costs: one worse cut outweighs any number of better ones. Below all cuts stands the number of pieces, and
# below that the sum of the squares of their lengths, which is least where they are equal.
_PIECE = 1 << 64
_CUT = {Cut.SENTENCE: 0, Cut.LINE: 0, Cut.CLAUSE: 1 << 96, Cut.SPACE: 1 << 128, Cut.ANYWHERE: 1 << 160}
_CHARACTER_TOO_MANY = 1 << 192
_WORD = re.compile(r"\S")


def _choose(text: str, places: Mapping[int, Cut], limit: int) -> list[int]:
    """Choose the cuts of the cheapest division; none if the text is white space."""
    # A shortest path over the places: best[i] is the cheapest way to divide the text up to bounds[i], with
    # the place before. For 甲乙。丙丁，戊己，庚辛。 and a limit of 8 the places are 3 (a sentence), 6 and 9
    # (clauses). The end of the sentence alone leaves 9 characters, so one clause has to be cut; the cut at
    # 6 alone makes two pieces of 6, while 3 and 6 or 3 and 9 make three pieces. So the text is cut at 6.
    bounds = [0, *places, len(text)]
    cut_costs = [0, *(_CUT[cut] for cut in places.values()), 0]
    words = [found.start() if (found := _WORD.search(text, bound)) else len(text) for bound in bounds]
    best: list[tuple[int, int] | None] = [(0, 0)]
    for last in range(1, len(bounds)):
        cheapest: tuple[int, int] | None = None
        for first in range(last - 1, -1, -1):
            length = bounds[last] - bounds[first]
            if length > limit and cheapest:
                break
            before = best[first]
            if before and words[first] < bounds[last]:
                cost = before[0] + cut_costs[last] + _cost(length, limit)
                cheapest = min(cheapest or (cost, first), (cost, first))
        best.append(cheapest)
    return _trace(bounds, best)


def _cost(length: int, limit: int) -> int:
    return _PIECE + length * length + max(0, length - limit) * _CHARACTER_TOO_MANY


def _trace(bounds: list[int], best: list[tuple[int, int] | None]) -> list[int]:
    """Follow the cheapest division from its end to the beginning."""
    cuts: list[int] = []
    end = best[-1]
    while end and end[1]:
        cuts.append(bounds[end[1]])
        end = best[end[1]]
    return cuts[::-1]
