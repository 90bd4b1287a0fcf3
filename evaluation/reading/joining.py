"""Join what was read of the pieces of a text, so that figures are of whole texts however they were cut."""

from collections.abc import Iterable, Iterator, Sequence
from math import prod
from pathlib import Path

import msgspec
from msgspec.structs import replace

from nerforge.evaluation.reading.scored_samples import ScoredSample
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_jsonl
from nerforge.generators.corpora.texts.long_texts import PIECE_KEYS, TextPiece, piece_of
from nerforge.templates.domain import Answer, Entity, Outcome, Sample

_TO_THE_WORST = (Outcome.EMPTY, Outcome.CLEAN, Outcome.REPAIRED, Outcome.SALVAGED, Outcome.UNPARSABLE)
_ADVICE = "score all pieces of a text, one after the other, as `generate` wrote them"


class _Row(msgspec.Struct):
    id: str


class Joiner:
    """Joins the pieces in the gold file it is made for, and counts them."""

    def __init__(self, gold: Path) -> None:
        """Begin with nothing joined."""
        self._gold = gold
        self.n_texts = 0
        """Texts that were joined."""
        self.n_pieces = 0
        """Pieces that they were joined from."""

    def join(self, rows: Iterable[ScoredSample]) -> Iterator[ScoredSample]:
        """Yield the rows in order, and one row in place of all pieces of a text.

        Raises:
            UserError: the pieces of a text do not follow each other from its first to its last, or what a row
                says of its piece cannot be.
        """
        pieces: list[ScoredSample] = []
        expected: TextPiece | None = None
        for row in rows:
            piece = self._piece(row.sample) if row.sample.meta else None
            if piece is None and expected is None:
                yield row
                continue
            # At 0, whatever the piece says: a text that begins with a later piece is refused as misplaced.
            if expected is None and piece is not None:
                expected = replace(piece, offset=0)
            if piece is None or piece != expected:
                raise self._misplaced(row.sample, piece, expected)
            pieces.append(row)
            # A text of 250 characters in pieces at 0, 100 and 200: after the one at 100 the next must begin
            # at 200.
            expected = replace(piece, offset=piece.offset + len(row.sample.text))
            if len(pieces) == piece.of:
                yield self._join(piece.document, pieces)
                pieces, expected = [], None
        if expected is not None:
            found = f"{len(pieces)} of the {expected.of} pieces of text {expected.document!r}"
            raise UserError(f"{self._gold}: ends after {found}; {_ADVICE}")

    def note(self) -> str | None:
        """Say what was joined, if anything was."""
        if not self.n_texts:
            return None
        texts = "1 text was" if self.n_texts == 1 else f"{self.n_texts} texts were"
        return f"{texts} split into {self.n_pieces} pieces; the figures are of whole texts"

    def _piece(self, sample: Sample) -> TextPiece | None:
        try:
            return piece_of(sample.meta)
        except msgspec.ValidationError as err:
            raise UserError(
                f"{self._where(sample)}: `meta` does not say which piece of a text this is: {err}; expected "
                f"what `generate` writes, or no {', '.join(PIECE_KEYS)}"
            ) from err

    def _misplaced(self, sample: Sample, piece: TextPiece | None, expected: TextPiece | None) -> UserError:
        return UserError(
            f"{self._where(sample)}: found {_described(piece)}, expected {_described(expected)}; {_ADVICE}"
        )

    def _where(self, sample: Sample) -> str:
        """Look up the line of a sample, which nobody counts while all is well."""
        numbers = (number for number, row in read_jsonl(self._gold, _Row) if row.id == sample.id)
        return f"{self._gold}:{next(numbers, '?')}"

    def _join(self, document: str, pieces: Sequence[ScoredSample]) -> ScoredSample:
        self.n_texts += 1
        self.n_pieces += len(pieces)
        return join_pieces(document, pieces)


def _described(piece: TextPiece | None) -> str:
    if piece is None:
        return "a whole text"
    return f"the one of {piece.of} pieces of text {piece.document!r} that begins at character {piece.offset}"


def join_pieces(document: str, pieces: Sequence[ScoredSample]) -> ScoredSample:
    """Make one row of the pieces of a text.

    An entity counts where its piece says it. The text's answer is missing only if no piece has one; its
    outcome is the worst of its pieces', of which each stays in ``pieces``.
    """
    # Pieces of 100 and 80 characters: an entity at [3, 5) of the second stands at [103, 105) of the text.
    starts, length = [], 0
    for row in pieces:
        starts.append(length)
        length += len(row.sample.text)
    first = pieces[0].sample.meta
    sample = Sample(
        document,
        "".join(row.sample.text for row in pieces),
        _moved([row.sample.entities for row in pieces], starts),
        {key: value for key, value in first.items() if key not in PIECE_KEYS},
    )
    # A missing piece has no output, and the text's is then that of the others.
    outputs = [row.output for row in pieces if row.output is not None]
    return ScoredSample(
        sample, "\n".join(outputs) if outputs else None, _join_answers(pieces, starts), tuple(pieces)
    )


def _join_answers(pieces: Sequence[ScoredSample], starts: Sequence[int]) -> Answer | None:
    answers = [row.answer for row in pieces if row.answer is not None]
    if not answers:
        return None
    return Answer(
        _moved([row.predicted for row in pieces], starts),
        max((answer.outcome for answer in answers), key=_TO_THE_WORST.index),
        tuple(problem for answer in answers for problem in answer.problems),
        tuple(grounding for answer in answers for grounding in answer.groundings),
        _scores(answers),
        completeness=_completeness(answers),
    )


def _scores(answers: Sequence[Answer]) -> tuple[float | None, ...]:
    """Give the scores of all entities; none where no piece has any."""
    if not any(answer.scores for answer in answers):
        return ()
    return tuple(score for answer in answers for score in answer.scores or (None,) * len(answer.entities))


def _completeness(answers: Sequence[Answer]) -> float | None:
    """Give the probability that no piece misses an entity; None where one does not say it."""
    said = [answer.completeness for answer in answers]
    known = [value for value in said if value is not None]
    return prod(known) if len(known) == len(said) else None


def _moved(shares: Sequence[Sequence[Entity]], starts: Sequence[int]) -> tuple[Entity, ...]:
    """Give the entities of all pieces with their spans in the text; one without a span stays without."""
    return tuple(
        Entity(entity.label, entity.text, start + entity.start, start + entity.end)
        if entity.start is not None and entity.end is not None
        else entity
        for start, entities in zip(starts, shares, strict=True)
        for entity in entities
    )
