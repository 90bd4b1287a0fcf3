"""Write rows as bytes: alpaca rows and gold lines, put together from fragments that are written once.

What a row says is what ``compose`` and the answer format's ``encode`` would write for it; the tests hold one
against the other. Here the pieces of a whole batch become one list of fragments.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from nerforge.generators.rows.row_shapes import ALPACA, ROW_SHAPES, RowShape
from nerforge.generators.slots.drawing.noise import CHANNELS, NoisyRows, names_of
from nerforge.generators.slots.drawing.plan import SplitPlan
from nerforge.generators.slots.language.grammar import Grammar
from nerforge.generators.slots.language.pieces import compose
from nerforge.generators.slots.randomness import Hashes, Integers
from nerforge.generators.slots.writing.fragments import NOTHING, Fragments, Part, Ragged, sums, weave
from nerforge.generators.slots.writing.piece_table import (
    Field,
    PieceTable,
    Sentences,
    inside,
    piece_meta,
    write_json,
)
from nerforge.templates.answers import load_format
from nerforge.templates.domain import LabelSchema, Sample
from nerforge.templates.frames import PromptFrame

_ANSWER, _META = 1, 2
"""Which fragment behind that of a piece's text."""
_THOUSAND = 1_000
_HALF = 1 << 16
"""So many numbers have four hexadecimal digits."""


class WrittenRows(NamedTuple):
    """A batch as bytes, in blocks."""

    alpaca: list[memoryview]
    """The alpaca rows, with what separates them."""
    gold: list[memoryview]
    """The lines of gold."""
    sentences: Sentences


class Writer:
    """Writes the rows of one data set."""

    def __init__(
        self,
        grammar: Grammar,
        schema: LabelSchema,
        answer_format: str,
        frame: PromptFrame,
        task: str,
        *,
        shape: RowShape = ROW_SHAPES[ALPACA],
        is_jsonl: bool = True,
    ) -> None:
        """Write all pieces, and what is the same in every row."""
        self.grammar = grammar
        self.schema = schema
        self.format = load_format(answer_format)
        self.task = task
        self.fragments = Fragments()
        add = self.fragments.add
        before, between, after = shape.pieces(frame)
        self._before = add([before])
        self._opening = self._before if is_jsonl else add([b"[\n" + before])
        self._between = add([between])
        self._after = add([after + (b"\n" if is_jsonl else b",\n")])
        self._closing = self._after if is_jsonl else add([after + b"\n]\n"])
        self._id = add([b'{"id":"%b-' % task.encode()])
        self._text = add([b'","text":"'])
        self._entities = add([b'","entities":['])
        self._empty = add([inside(schema.empty_sentence)])
        self._separator = add([inside(self.format.separator or "")])
        self._templates = add(
            [b'],"meta":{"template":%b' % write_json(template.name) for template in grammar.templates]
        )
        self._noise = add([_noise_meta(bits) for bits in range(1 << len(CHANNELS))])
        self._thousandths = add([b"%03d-" % number for number in range(_THOUSAND)])
        digits = np.arange(_HALF).astype(">u2").tobytes().hex().encode()
        self._digits = self.fragments.add_cut(digits, np.full(_HALF, 4))
        n_columns = max(len(stratum.columns) for stratum in grammar.strata) + len(CHANNELS)
        self.table = PieceTable(grammar.pool, schema, self.format, self.fragments, n_columns)

    def write(
        self,
        split: SplitPlan,
        rows: NoisyRows,
        positions: Integers,
        *,
        is_first: bool = True,
        is_last: bool = True,
    ) -> WrittenRows:
        """Write the rows that stand at some positions of a split.

        Args:
            split: The split.
            rows: The rows.
            positions: Consecutive ones.
            is_first: Whether they open the split's file.
            is_last: Whether they close it.
        """
        sentences = self.table.look_up(rows.pieces)
        n_rows = len(positions)
        texts = Ragged(sentences.of(Field.FRAGMENT), sentences.pieces.counts)
        gold: list[Part] = [
            self._id,
            *self._ids(split.first + positions, sentences.digests),
            self._text,
            texts,
            self._entities,
            self._gold(sentences),
            self._templates + split.templates[rows.stratum],
            Ragged(texts.values + _META, texts.counts),
            self._noise + rows.channels,
        ]
        begins, ends = np.full(n_rows, self._before), np.full(n_rows, self._after)
        begins[0] = self._opening if is_first else self._before
        ends[-1] = self._closing if is_last else self._after
        alpaca: list[Part] = [begins, texts, self._between, *self._answers(sentences, texts), ends]
        join = self.fragments.join
        return WrittenRows(join(weave(alpaca, n_rows)), join(weave(gold, n_rows)), sentences)

    def _answers(self, sentences: Sentences, texts: Ragged) -> list[Part]:
        """Give the fragments of answers."""
        if not self.table.joins:
            everyone = np.arange(len(sentences.pieces.counts))
            encoded = [self._encode(pieces) for pieces in sentences.pieces.rows(everyone)]
            return [self.fragments.add(encoded) + np.arange(len(encoded))]
        answers = Ragged(texts.values + _ANSWER, texts.counts)
        if self.format.separator:
            answers = self._apart(answers.where(sentences.of(Field.N_ENTITIES) > 0))
        loose = np.flatnonzero(sentences.sums(Field.IS_LOOSE))
        for pieces, mine in zip(sentences.pieces.rows(loose), answers.rows(loose), strict=True):
            mine[:] = NOTHING
            mine[0] = self.fragments.add([self._encode(pieces)])
        return [np.where(answers.counts > 0, NOTHING, self._empty), answers]

    def _apart(self, answers: Ragged) -> Ragged:
        """Put the format's separator before all answers of a row but the first."""
        separators = np.full(len(answers.values), self._separator)
        separators[answers.first[answers.counts > 0]] = NOTHING
        return Ragged(np.stack([separators, answers.values], axis=1).ravel(), 2 * answers.counts)

    def _gold(self, sentences: Sentences) -> Ragged:
        """Give the fragments of entities, with their offsets in the sentence."""
        n_parts = sentences.of(Field.N_PARTS)
        before = sentences.of(Field.FIRST_PART) - (np.cumsum(n_parts) - n_parts)
        parts = self.table.parts.take(np.arange(int(n_parts.sum())) + before.repeat(n_parts))
        parts += np.where(parts <= self.table.last_number, sentences.starts.repeat(n_parts), 0)
        entities = Ragged(parts, sums(n_parts, sentences.pieces.counts))
        # There is no comma before the first one of a sentence.
        parts[entities.first[entities.counts > 0]] = NOTHING
        return entities

    def _ids(self, numbers: Integers, digests: Hashes) -> list[Integers]:
        """Give the fragments of ids, from consecutive positions and from content."""
        thousands, rest = np.divmod(numbers, _THOUSAND)
        first = int(thousands[0])
        names = self.fragments.add([b"%03d" % n for n in range(first, int(thousands[-1]) + 1)])
        high, low = np.divmod((digests >> np.uint64(32)).astype(np.int64), _HALF)
        return [names + thousands - first, self._thousandths + rest, self._digits + high, self._digits + low]

    def samples(self, split: SplitPlan, rows: NoisyRows, positions: Integers) -> Iterator[Sample]:
        """Give the same rows as samples, one by one."""
        sentences = self.table.look_up(rows.pieces)
        contents = sentences.digests >> np.uint64(32)
        numbers = split.first + positions
        templates = split.templates[rows.stratum]
        for at, pieces in enumerate(sentences.pieces.rows(np.arange(len(positions)))):
            sample_id = f"{self.task}-{numbers[at]:06d}-{contents[at]:08x}"
            name = self.grammar.templates[templates[at]].name
            yield self._compose(sample_id, pieces, name, int(rows.channels[at]))

    def write_pieces(self) -> None:
        """Write every piece now, for many rows; without it each is written when a row first needs it."""
        self.table.write_all()

    def forget(self) -> None:
        """Forget what only the last rows needed."""
        self.table.forget()

    def _compose(self, sample_id: str, numbers: Integers, template: str, channels: int) -> Sample:
        pieces = [self.grammar.pool[number] for number in numbers.tolist()]
        meta: dict[str, Any] = {"template": template}
        for piece in pieces:
            meta |= piece_meta(piece)
        if channels:
            meta["noise"] = names_of(channels)
        return compose(sample_id, pieces, meta)

    def _encode(self, numbers: Integers) -> bytes:
        sample = self._compose("", numbers, "", 0)
        return inside(self.format.encode(sample, self.schema))


def _noise_meta(channels: int) -> bytes:
    noise = b',"noise":' + write_json(names_of(channels)) if channels else b""
    return noise + b"}}\n"
