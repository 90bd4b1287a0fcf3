"""Read the words for places that templates can make, and make pieces of them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from nerforge.generators.slots.domain.domain_spec import ALIAS
from nerforge.generators.slots.domain.patterns import Slot, Words
from nerforge.generators.slots.domain.policies import (
    LevelAnswer,
    Mention,
    Policy,
    Reading,
    Surroundings,
    answer,
    first,
)
from nerforge.generators.slots.domain.slot_domain import Table
from nerforge.generators.slots.language.pieces import Piece
from nerforge.generators.slots.tables.tables import Row
from nerforge.templates.domain import Entity, LabelSchema


class Chunk(NamedTuple):
    """The slots of one table that stand together in a template, with fixed words between them."""

    table: str
    parts: tuple[Words | Slot, ...]

    @property
    def is_labelled(self) -> bool:
        """Whether every slot is labelled; a chunk with a look-alike says something else in the same words."""
        return all(part.is_labelled for part in self.parts if isinstance(part, Slot))


def surfaces(row: Row, table: Table, level: str, forms: Sequence[str] = ()) -> tuple[str, ...]:
    """List the ways to write a row's value of a level, in the given forms or the default ones."""
    spec = table.levels[level]
    at = table.level_names.index(level)
    written: dict[str, None] = {}
    for form in forms or spec.default_forms:
        if form == ALIAS:
            written.update(dict.fromkeys(row.aliases[at]))
        elif (surface := spec.forms[form].write(row.values[at])) is not None:
            written[surface] = None
    return tuple(written)


def read_chunks(
    table: Table, chunks: Sequence[Chunk], schema: LabelSchema, policy: Policy
) -> dict[Chunk, dict[str, Piece | None]]:
    """Make the pieces of all words for places that the chunks can make.

    Args:
        table: The table.
        chunks: All chunks of the table that are labelled alike.
        schema: Tells what may be inferred.
        policy: What to answer where the readings differ.

    Returns:
        For each chunk its texts in the order of the rows, each with its piece; None where the policy leaves
        the words out. What words mean follows from all chunks together, so that one text has one piece.
    """
    found: dict[str, list[Reading]] = {}
    texts: dict[Chunk, dict[str, None]] = {chunk: {} for chunk in chunks}
    unnamed: dict[str, set[int]] = {}
    for chunk, mine in texts.items():
        for text, reading in _Filler(table, chunk).readings():
            mine[text] = None
            if not reading.path:
                unnamed.setdefault(text, set()).add(reading.row)
            readings = found.setdefault(text, [])
            if not readings or all(reading[:2] != other[:2] for other in readings):
                readings.append(reading)
    maker = _Maker(table, schema, policy)
    pieces = {text: maker.piece(text, readings) for text, readings in found.items()}
    for text, rows in unnamed.items():
        if piece := pieces[text]:
            pieces[text] = piece._replace(values=_values_of(table, rows))
    return {chunk: {text: pieces[text] for text in mine} for chunk, mine in texts.items()}


def _values_of(table: Table, rows: Iterable[int]) -> frozenset[tuple[str, str]]:
    """Collect the values of rows, each with its level."""
    return frozenset(
        value for row in rows for value in zip(table.level_names, table.rows[row].values, strict=True)
    )


class _Filler:
    """Fills the slots of a chunk from all rows of its table."""

    def __init__(self, table: Table, chunk: Chunk) -> None:
        self.table = table
        self.chunk = chunk
        self.slots = [part for part in chunk.parts if isinstance(part, Slot)]
        self.columns = [table.level_names.index(slot.name) for slot in self.slots]
        labelled = [c for slot, c in zip(self.slots, self.columns, strict=True) if slot.is_labelled]
        self.depth = max(labelled, default=-1) + 1
        self.identifying = max(self.columns) + 1 if not labelled else self.depth
        self.mentions: dict[tuple[int, ...], tuple[Mention, ...]] = {}
        self.surfaces: list[dict[object, tuple[str, ...]]] = [{} for _ in self.slots]

    def readings(self) -> Iterator[tuple[str, Reading]]:
        """Yield every text with what it means in a row; rows that mean the same count once."""
        seen: set[tuple[str, ...]] = set()
        for number, row in enumerate(self.table.rows):
            path = row.values[: self.depth]
            named = tuple(row.values[column] for column in self.columns)
            identity = row.values[: self.identifying] + named
            if identity in seen:
                continue
            seen.add(identity)
            for choice in product(*(self._written(at, row) for at in range(len(self.slots)))):
                yield self._text(choice), Reading(path, self._mentions(choice), number)

    def _written(self, at: int, row: Row) -> tuple[str, ...]:
        slot, column = self.slots[at], self.columns[at]
        known = self.surfaces[at]
        identity = row.values[column], row.aliases[column]
        if identity not in known:
            known[identity] = surfaces(row, self.table, slot.name, slot.forms)
        return known[identity]

    def _text(self, choice: tuple[str, ...]) -> str:
        if len(choice) == len(self.chunk.parts):
            return "".join(choice)
        chosen = iter(choice)
        return "".join(part.text if isinstance(part, Words) else next(chosen) for part in self.chunk.parts)

    def _mentions(self, choice: tuple[str, ...]) -> tuple[Mention, ...]:
        """Give the mentions; they follow from the lengths of what is chosen."""
        lengths = tuple(map(len, choice))
        if lengths not in self.mentions:
            self.mentions[lengths] = tuple(self._spans(lengths))
        return self.mentions[lengths]

    def _spans(self, lengths: tuple[int, ...]) -> Iterator[Mention]:
        start = at = 0
        for part in self.chunk.parts:
            if isinstance(part, Words):
                start += len(part.text)
                continue
            if part.is_labelled:
                yield Mention(self.columns[at], (start, start + lengths[at]))
            start, at = start + lengths[at], at + 1


class _Maker:
    """Makes pieces of readings."""

    def __init__(self, table: Table, schema: LabelSchema, policy: Policy) -> None:
        self.table = table
        self.policy = policy
        labels = tuple(level.label for level in table.levels.values())
        self.around = Surroundings(labels, tuple(schema[label].inferable for label in labels))
        self.values: dict[tuple[str, ...], frozenset[tuple[str, str]]] = {}
        self.entities: dict[LevelAnswer, Entity] = {}
        """Each entity once: most pieces share theirs with others, and there are many pieces."""

    def piece(self, text: str, readings: list[Reading]) -> Piece | None:
        """Make the piece of some words; None where the policy leaves them out."""
        if len(readings) == 1:
            answered: list[LevelAnswer] | None = answer(readings[0], self.around)
        else:
            answered = self.policy(readings, self.around)
        if answered is None:
            return None
        entities = tuple([self.entities.get(item) or self._entity(item) for item in answered])
        if len(readings) == 1:
            return Piece(text, entities, values=self._values(readings[0]))
        values = frozenset[tuple[str, str]]().union(*map(self._values, readings))
        return Piece(text, entities, None, len(readings), self._left_open(readings, answered), values)

    def _entity(self, item: LevelAnswer) -> Entity:
        entity = Entity(self.around.labels[item.level], item.value, *(item.span or ()))
        return self.entities.setdefault(item, entity)

    def _values(self, reading: Reading) -> frozenset[tuple[str, str]]:
        """Give every level and value of a reading."""
        path = reading.path
        if path not in self.values:
            self.values[path] = frozenset(zip(self.table.level_names, path, strict=False))
        return self.values[path]

    def _left_open(self, readings: Sequence[Reading], answered: Sequence[LevelAnswer]) -> tuple[str, ...]:
        if self.policy is first:
            return ()
        given = {item.level for item in answered}
        named = {mention.level for reading in readings for mention in reading.mentions}
        depth = max(len(reading.path) for reading in readings)
        return tuple(
            name
            for level, name in enumerate(self.table.level_names[:depth])
            if level not in given and (self.around.is_inferable[level] or level in named)
        )
