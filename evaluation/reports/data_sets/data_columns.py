"""The sentences of a data set as columns, which a browser turns into typed arrays.

Every number of the page is a count over these columns, by the same function that shows the sentences.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from nerforge.evaluation.reports.hidden_texts import TextMask
from nerforge.evaluation.reports.row_columns import Vocabulary
from nerforge.generators.chat_turns import ASSISTANT, SYSTEM, USER, ChatTurn
from nerforge.generators.data_facts.data_facts import DataFacts
from nerforge.generators.data_facts.mention_marks import surface_of
from nerforge.generators.data_facts.opened_data import DataSample
from nerforge.templates.domain import Entity

ENTITY_FIELDS = ("label", "start", "end", "surface", "marks")
"""Of each entity, in this order; -1 for the place of an entity without one."""
ROW_FLAGS = ("contradicted", "row_without_sentence")
_CONTRADICTED, _WITHOUT_SENTENCE = (1 << bit for bit in range(len(ROW_FLAGS)))
_NONE = -1

PackedRow = tuple[int, int, int, str] | list[tuple[str, str]] | None
"""Numbers of the system turn and of what stands before and behind the sentence, and the answer.

Of a row that has more turns, or has not its sentence in it: role and text of each turn.
"""


class DataChunk(msgspec.Struct, kw_only=True):
    """Some sentences, one after the other."""

    id: list[str] = []
    text: list[str] = []
    hash: list[str] = []
    """SHA-256 of the sentences, given where their texts are not."""
    meta: list[dict[str, str]] = []
    length: list[int] = []
    """In characters."""
    split: list[int] = []
    category: list[int] = []
    n_entities: list[int] = []
    entities: list[int] = []
    """``ENTITY_FIELDS`` of one entity after the other."""
    values: dict[int, str] = {}
    """By entity of the chunk: values that are not what the sentence says at their place."""
    odd: list[int] = []
    group: list[int] = []
    exact: list[int] = []
    near: list[int] = []
    flags: list[int] = []
    similar: dict[int, list[tuple[int, int]]] = {}
    """By sentence of the chunk: similar sentences of the whole set, and how similar in thousandths."""
    tokens: list[int] = []
    """Of prompt and answer, one after the other; of sentences without rows their own, and 0."""
    rows: list[PackedRow] = []
    surfaces: list[str] = []
    """Words of entities that have their number from here on."""
    pieces: list[str] = []
    """Parts of prompts that have their number from here on."""


class DataWords(NamedTuple):
    """What the numbers in the columns mean."""

    splits: Vocabulary
    labels: Vocabulary
    categories: Vocabulary


class DataColumnWriter:
    """Writes sentences as columns, chunk by chunk."""

    def __init__(self, facts: DataFacts, words: DataWords, mask: TextMask | None = None) -> None:
        """Take what is known of the sentences, the numbers so far, and what hides texts, if anything."""
        self._facts, self._words, self._mask = facts, words, mask
        self._surfaces, self._pieces = Vocabulary(), Vocabulary()

    def chunk(self, rows: Sequence[DataSample], first: int) -> DataChunk:
        """Write some sentences, of which the first is at a place of the whole set."""
        facts, words = self._facts, self._words
        n_surfaces, n_pieces = len(self._surfaces.numbers), len(self._pieces.numbers)
        places = range(first, first + len(rows))
        chunk = DataChunk(
            length=[len(row.sample.text) for row in rows],
            split=[words.splits.number(row.split) for row in rows],
            category=[
                _NONE if row.category is None else words.categories.number(row.category) for row in rows
            ],
            odd=[facts.odd[place] for place in places],
            group=[facts.twins.group[place] for place in places],
            exact=[facts.twins.exact[place] for place in places],
            near=[facts.twins.near[place] for place in places],
            flags=[self._flags(row, place) for row, place in zip(rows, places, strict=True)],
            tokens=[n for place in places for n in facts.tokens[place]] if facts.tokens else [],
        )
        for at, place in enumerate(places):
            if similar := facts.twins.similar.get(place):
                chunk.similar[at] = [(twin.row, round(1_000 * twin.similarity)) for twin in similar]
        for row, place in zip(rows, places, strict=True):
            self._add_entities(chunk, row, facts.marks[place])
        self._add_texts(chunk, rows)
        chunk.surfaces = self._surfaces.values()[n_surfaces:]
        chunk.pieces = self._pieces.values()[n_pieces:]
        return chunk

    def _flags(self, row: DataSample, place: int) -> int:
        flags = _CONTRADICTED if self._facts.twins.is_contradicted[place] else 0
        if row.turns is not None and not any(
            turn.role == USER and row.sample.text in turn.text for turn in row.turns
        ):
            flags |= _WITHOUT_SENTENCE
        return flags

    def _add_entities(self, chunk: DataChunk, row: DataSample, marks: Sequence[int]) -> None:
        text = row.sample.text
        for entity, mark in zip(row.sample.entities, marks, strict=True):
            number = len(chunk.entities) // len(ENTITY_FIELDS)
            surface = surface_of(entity, text)
            if surface != entity.text and self._mask is None:
                chunk.values[number] = entity.text
            chunk.entities += [
                self._words.labels.number(entity.label),
                *_place(entity),
                self._surfaces.number(surface if self._mask is None else self._mask.short(surface)),
                mark,
            ]
        chunk.n_entities.append(len(row.sample.entities))

    def _add_texts(self, chunk: DataChunk, rows: Sequence[DataSample]) -> None:
        samples = [row.sample for row in rows]
        if self._mask is not None:
            chunk.id = [self._mask.whole(sample.id) for sample in samples]
            chunk.hash = [self._mask.whole(sample.text) for sample in samples]
            return
        chunk.id = [sample.id for sample in samples]
        chunk.text = [sample.text for sample in samples]
        chunk.meta = [{str(key): _shown(value) for key, value in sample.meta.items()} for sample in samples]
        chunk.rows = [self._packed(row) for row in rows]

    def _packed(self, row: DataSample) -> PackedRow:
        if row.turns is None:
            return None
        system, rest = _without_system(row.turns)
        if [turn.role for turn in rest] == [USER, ASSISTANT]:
            user, answer = rest
            at = user.text.rfind(row.sample.text)
            if at >= 0:
                behind = user.text[at + len(row.sample.text) :]
                pieces = self._pieces
                numbers = (pieces.number(user.text[:at]), pieces.number(behind))
                return (_NONE if system is None else pieces.number(system), *numbers, answer.text)
        return [(turn.role, turn.text) for turn in row.turns]


def _without_system(turns: Sequence[ChatTurn]) -> tuple[str | None, Sequence[ChatTurn]]:
    first = turns[0]
    return (first.text, turns[1:]) if first.role == SYSTEM else (None, turns)


def _place(entity: Entity) -> tuple[int, int]:
    return (_NONE, _NONE) if entity.start is None or entity.end is None else (entity.start, entity.end)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
