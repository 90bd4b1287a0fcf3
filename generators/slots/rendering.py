"""Write rows as bytes: alpaca rows and gold lines, put together from pieces that are written once.

What a row says is what ``compose`` and the answer format's ``encode`` would write for it; the tests hold one
against the other. Here the pieces of a whole batch are joined column by column.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import repeat
from typing import Any, NamedTuple

import msgspec
import numpy as np

from generators.slots.grammar import Grammar
from generators.slots.noise import CHANNELS, NoisyRows, names_of
from generators.slots.pieces import EMPTY, Piece, Pool, compose
from generators.slots.plan import SplitPlan
from generators.slots.randomness import Hashes, Integers, mix
from templates.answers import AnswerFormat, load_format
from templates.answers.base import EMPTY_SENTENCE
from templates.domain import LabelSchema, Sample

_json = msgspec.json.encode
"""Writes what ``json.dumps`` does with ``ensure_ascii=False``."""
_MARKUP = frozenset("<>&[]|\\")
"""Characters that a format may escape, and then perhaps not in every piece alike."""
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_PLAIN, _META, _LOOSE = 1, 2, 4
"""Shapes of pieces: of one that says nothing but words, and what is added where it has meta data, or ends in
an inferred entity, which then stands before a mention of another piece."""


class Written(NamedTuple):
    """A batch as bytes."""

    alpaca: list[bytes]
    """The alpaca rows, each an object."""
    gold: list[bytes]
    """The lines of gold, each with its line break."""
    digests: Hashes
    """A hash of each row's text."""


class Writer:
    """Writes the rows of one data set."""

    def __init__(
        self, grammar: Grammar, schema: LabelSchema, answer_format: str, prompt: str, task: str
    ) -> None:
        """Prepare what is the same in every row."""
        self.grammar = grammar
        self.pool: Pool = grammar.pool
        self.schema = schema
        self.format: AnswerFormat = load_format(answer_format)
        self.task = task
        self.before = b'{"instruction": %b, "input": "' % _json(prompt)
        self.between, self.after = b'", "output": "', b'"}'
        self.numbers: list[bytes] = []
        self.noise_meta = [_noise_meta(bits) for bits in range(1 << len(CHANNELS))]
        self.template_meta = [
            b'],"meta":{"template":%b' % _json(template.name) for template in grammar.templates
        ]
        self.texts: list[bytes] = []
        self.answers: list[bytes] = []
        self.gold: list[tuple[bytes, ...]] = []
        self.meta: list[bytes] = []
        self.lengths = np.zeros(0, np.int64)
        self.hashes = np.zeros(0, np.uint64)
        self.shapes = np.zeros(0, np.int64)
        self.spans = np.zeros((0, 1), np.int64)
        self.joins = self.format.separator is not None and not any(
            _MARKUP.intersection(piece.text) for piece in self.pool.pieces
        )

    def write(self, split: SplitPlan, rows: NoisyRows, positions: Integers) -> Written:
        """Write the rows that stand at some positions of a split."""
        self.prepare()
        digests = self.digests(rows.pieces)
        columns = [column.tolist() for column in rows.pieces.T]
        inputs = _joined([map(self.texts.__getitem__, column) for column in columns])
        telling = self._telling(rows.pieces)
        answers = self._answers(rows.pieces, columns, telling)
        ids = self._ids(split.first + positions, digests)
        gold = self._gold(split, rows, telling, ids, inputs)
        parts = (repeat(self.before), inputs, repeat(self.between), answers, repeat(self.after))
        return Written(list(map(b"".join, zip(*parts, strict=False))), gold, digests)

    def _telling(self, pieces: Integers) -> "_Telling":
        """Pick out the pieces with entities or meta data, and where they begin."""
        lengths = self.lengths[pieces]
        ends = np.cumsum(lengths, axis=1)
        starts = ends - lengths
        self.numbers += [b"%d" % number for number in range(len(self.numbers), int(ends.max()) + 1)]
        shapes = self.shapes[pieces]
        width = int((shapes > _PLAIN).sum(axis=1).max())
        order = np.argsort(shapes <= _PLAIN, axis=1, kind="stable")[:, :width]
        picked = np.take_along_axis(pieces, order, axis=1)
        shapes = np.take_along_axis(shapes, order, axis=1)
        shapes[shapes <= _PLAIN] = 0
        code = np.zeros(len(pieces), np.uint64)
        for column in range(width):
            code = mix(code + shapes[:, column].astype(np.uint64))
        ranked = np.argsort(code, kind="stable")
        groups = np.split(ranked, np.flatnonzero(np.diff(code[ranked])) + 1)
        return _Telling(picked, np.take_along_axis(starts, order, axis=1), shapes, groups)

    def _answers(self, pieces: Integers, columns: list[list[int]], telling: "_Telling") -> list[bytes]:
        separator = self.format.separator
        if not self.joins:
            return [self._encode(row) for row in pieces]
        if not separator:
            answers = _joined([map(self.answers.__getitem__, column) for column in columns])
        else:
            answers = [_inner(EMPTY_SENTENCE)] * len(pieces)
            between = _inner(separator)
            for members, shapes, numbers in telling.alike():
                named = [c.tolist() for c, shape in zip(numbers.T, shapes, strict=True) if _n_entities(shape)]
                lines: list[Iterable[bytes]] = []
                for column in named:
                    lines += [repeat(between)] * bool(lines) + [map(self.answers.__getitem__, column)]
                if lines:
                    _scatter(answers, members, map(b"".join, zip(*lines, strict=False)))
        for row in np.flatnonzero((telling.shapes & _LOOSE).any(axis=1)).tolist():
            answers[row] = self._encode(pieces[row])
        return answers

    def _gold(
        self,
        split: SplitPlan,
        rows: NoisyRows,
        telling: "_Telling",
        ids: Sequence[bytes],
        inputs: Sequence[bytes],
    ) -> list[bytes]:
        gold = [b""] * len(ids)
        templates = np.array([stratum.template for stratum in split.strata])[rows.stratum]
        for members, shapes, numbers in telling.alike():
            where = members.tolist()
            entities: list[Iterable[bytes]] = []
            meta: list[Iterable[bytes]] = []
            for column, shape in enumerate(shapes):
                listed = numbers[:, column].tolist()
                if _n_entities(shape):
                    entities += [repeat(b",")] * bool(entities)
                    entities += self._entity_columns(listed, telling.starts[members, column])
                if shape & _META:
                    meta.append(map(self.meta.__getitem__, listed))
            line: list[Iterable[bytes]] = [
                repeat(b'{"id":"'),
                map(ids.__getitem__, where),
                repeat(b'","text":"'),
                map(inputs.__getitem__, where),
                repeat(b'","entities":['),
                *entities,
                map(self.template_meta.__getitem__, templates[members].tolist()),
                *meta,
                map(self.noise_meta.__getitem__, rows.channels[members].tolist()),
            ]
            _scatter(gold, members, map(b"".join, zip(*line, strict=False)))
        return gold

    def _entity_columns(self, listed: list[int], starts: Integers) -> Iterator[Iterable[bytes]]:
        """Give the parts of a column's entities, and between them their offsets in the whole sentence."""
        number = self.numbers.__getitem__
        spans = self.spans[listed]
        for at, part in enumerate(zip(*map(self.gold.__getitem__, listed), strict=True)):
            if at:
                yield map(number, (starts + spans[:, at - 1]).tolist())
            yield part

    def samples(self, split: SplitPlan, rows: NoisyRows, positions: Integers) -> Iterator[Sample]:
        """Give the same rows as samples, one by one."""
        self.prepare()
        digests = self.digests(rows.pieces)
        ids = self._ids(split.first + positions, digests)
        for at, sample_id in enumerate(ids):
            template = self.grammar.templates[split.strata[rows.stratum[at]].template]
            yield self._compose(sample_id.decode(), rows.pieces[at], template.name, int(rows.channels[at]))

    def _compose(self, sample_id: str, numbers: Integers, template: str, channels: int) -> Sample:
        pieces = [self.pool.pieces[number] for number in numbers.tolist() if number != EMPTY]
        meta: dict[str, Any] = {"template": template}
        for piece in pieces:
            meta |= _piece_meta(piece)
        if channels:
            meta["noise"] = names_of(channels)
        return compose(sample_id, pieces, meta)

    def _encode(self, numbers: Integers) -> bytes:
        sample = self._compose("", numbers, "", 0)
        return _inner(self.format.encode(sample, self.schema))

    def prepare(self) -> None:
        """Write the pieces that were added since the last batch."""
        new = self.pool.pieces[len(self.texts) :]
        if not new:
            return
        shapes, offsets, digests = [], [], []
        for piece in new:
            meta = _piece_meta(piece)
            spans = [offset for entity in piece.entities for offset in entity.span or ()]
            self.texts.append(_inner(piece.text))
            self.answers.append(self._answer(piece))
            self.gold.append(tuple(_entity_parts(piece)))
            self.meta.append(b"," + msgspec.json.encode(meta)[1:-1] if meta else b"")
            shapes.append(_shape(piece, len(spans) // 2, bool(meta)))
            offsets.append(spans)
            digests.append(blake2b(piece.text.encode(), digest_size=8).digest() if piece.text else bytes(8))
        self.lengths = np.concatenate([self.lengths, [len(piece.text) for piece in new]])
        self.hashes = np.concatenate([self.hashes, np.frombuffer(b"".join(digests), "<u8")])
        self.shapes = np.concatenate([self.shapes, shapes])
        self._add_spans(offsets)

    def forget(self, n_pieces: int) -> None:
        """Forget all but the first pieces, so that what noise makes of them does not pile up."""
        self.pool.forget(n_pieces)
        for written in (self.texts, self.answers, self.gold, self.meta):
            del written[n_pieces:]
        self.lengths, self.hashes = self.lengths[:n_pieces], self.hashes[:n_pieces]
        self.shapes, self.spans = self.shapes[:n_pieces], self.spans[:n_pieces]

    def _answer(self, piece: Piece) -> bytes:
        """Write what the piece adds to an answer, as the inside of a JSON string."""
        if not self.joins:
            return b""
        if not piece.entities:
            return b"" if self.format.separator else _inner(piece.text)
        return _inner(self.format.encode(Sample("", piece.text, piece.entities), self.schema))

    def _add_spans(self, offsets: list[list[int]]) -> None:
        old = self.spans
        width = max([old.shape[1], *map(len, offsets)])
        self.spans = np.zeros((len(old) + len(offsets), width), np.int64)
        self.spans[: len(old), : old.shape[1]] = old
        for number, of_piece in enumerate(offsets, start=len(old)):
            if of_piece:
                self.spans[number, : len(of_piece)] = of_piece

    def digests(self, pieces: Integers) -> Hashes:
        """Hash the texts of rows of prepared pieces, empty ones passed over."""
        digest = np.zeros(len(pieces), np.uint64)
        for column in range(pieces.shape[1]):
            numbers = pieces[:, column]
            following = mix(digest * _MULTIPLIER + self.hashes[numbers])
            digest = np.where(numbers == EMPTY, digest, following)
        return digest

    def _ids(self, numbers: Integers, digests: Hashes) -> list[bytes]:
        """Write ids, from position and content."""
        content = (digests >> np.uint64(32)).astype(">u4").tobytes().hex("-", 4).encode().split(b"-")
        before = self.task.replace("%", "%%").encode()
        return list(map((before + b"-%06d-%b").__mod__, zip(numbers.tolist(), content, strict=True)))


class _Telling(NamedTuple):
    """The pieces of rows that gold speaks of, from the left; each field of shape (rows, most of a row)."""

    pieces: Integers
    starts: Integers
    """Where they begin in the sentence."""
    shapes: Integers
    """0 where a row has fewer."""
    groups: list[Integers]
    """Rows whose shapes are the same."""

    def alike(self) -> Iterator[tuple[Integers, list[int], Integers]]:
        """Yield each group: its rows, its shapes, and its pieces of these shapes."""
        for members in self.groups:
            shapes = [shape for shape in self.shapes[members[0]].tolist() if shape]
            yield members, shapes, self.pieces[members][:, : len(shapes)]


def _joined(columns: Sequence[Iterable[bytes]]) -> list[bytes]:
    return list(map(b"".join, zip(*columns, strict=True)))


def _scatter(target: list[bytes], members: Integers, values: Iterable[bytes]) -> None:
    for at, value in zip(members.tolist(), values, strict=False):
        target[at] = value


def _shape(piece: Piece, n_spans: int, has_meta: bool) -> int:
    """Code what the layout of a row depends on: 0 for the empty piece."""
    if not piece.text:
        return 0
    is_loose = bool(piece.entities) and piece.entities[-1].start is None
    return _PLAIN + _META * has_meta + _LOOSE * is_loose + 8 * (n_spans + 64 * len(piece.entities))


def _n_entities(shape: int) -> int:
    return shape // 512


def _entity_parts(piece: Piece) -> Iterator[bytes]:
    """Write a piece's entities as JSON, cut at each offset."""
    text = b""
    for entity in piece.entities:
        if text:
            text += b","
        text += b'{"label":%b,"text":%b,"start":' % (_json(entity.label), _json(entity.text))
        if entity.start is None:
            text += b'null,"end":null}'
            continue
        yield text
        yield b',"end":'
        text = b"}"
    if text:
        yield text


def _piece_meta(piece: Piece) -> dict[str, Any]:
    meta: dict[str, Any] = {}
    if piece.date:
        meta |= {"date_class": piece.date.name, "date": [piece.date.first, piece.date.last]}
    if piece.n_readings > 1:
        meta |= {"readings": piece.n_readings, "left_open": list(piece.left_open)}
    return meta


def _noise_meta(channels: int) -> bytes:
    noise = b',"noise":' + msgspec.json.encode(names_of(channels)) if channels else b""
    return noise + b"}}\n"


def _inner(text: str) -> bytes:
    return _json(text)[1:-1]
