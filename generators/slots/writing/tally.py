"""Count what the rows of a split hold, from the numbers of their pieces."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from nerforge.generators.manifests.split_counts import UNDATED, SlotSplit
from nerforge.generators.slots.drawing.noise import NoisyRows, names_of
from nerforge.generators.slots.drawing.plan import SplitPlan
from nerforge.generators.slots.language.grammar import Grammar, Stratum
from nerforge.generators.slots.language.packed_pieces import from_bytes
from nerforge.generators.slots.randomness import Integers
from nerforge.generators.slots.writing.piece_table import Field, Sentences
from nerforge.templates.domain import Entity, EntityKind, LabelSchema

_LONGEST = 256
_MOST_ENTITIES = 64


@dataclass
class Tally:
    """Counts of some rows of one split."""

    rows: int = 0
    pieces: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    """Occurrences of each piece, without noise."""
    strata: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    lengths: Integers = field(default_factory=lambda: np.zeros(_LONGEST, np.int64))
    """Rows by characters, the last for that many and more."""
    entities: Integers = field(default_factory=lambda: np.zeros(_MOST_ENTITIES, np.int64))
    """Rows by number of entities."""
    noise: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    """Rows by combination of channels."""
    ambiguous: int = 0
    """Rows whose words the tables let be read in several ways."""
    left_open: int = 0
    """Rows whose answer leaves a level open for that reason."""
    read_back: int = 0
    """Rows whose answer was read back."""
    not_recoverable: int = 0
    """Of these, the rows whose answer gives other entities than gold."""

    def __add__(self, other: "Tally") -> "Tally":
        total = Tally()
        for name, mine in vars(self).items():
            more = getattr(other, name)
            setattr(total, name, _longer(mine, more) if isinstance(mine, np.ndarray) else mine + more)
        return total


def _longer(one: Integers, other: Integers) -> Integers:
    total = np.zeros(max(len(one), len(other)), np.int64)
    total[: len(one)] += one
    total[: len(other)] += other
    return total


def count_rows(rows: NoisyRows, sentences: Sentences) -> Tally:
    """Count rows and their sentences, all but how often each piece occurs."""
    n_characters = np.minimum(sentences.sums(Field.LENGTH), _LONGEST - 1)
    n_entities = np.minimum(sentences.sums(Field.N_ENTITIES), _MOST_ENTITIES - 1)
    return Tally(
        rows=len(rows.stratum),
        strata=np.bincount(rows.stratum),
        lengths=np.bincount(n_characters, minlength=_LONGEST),
        entities=np.bincount(n_entities, minlength=_MOST_ENTITIES),
        noise=np.bincount(rows.channels),
        ambiguous=int((sentences.sums(Field.IS_AMBIGUOUS) > 0).sum()),
        left_open=int((sentences.sums(Field.LEAVES_OPEN) > 0).sum()),
    )


class EntityCounter:
    """What the pieces of a grammar say of entities."""

    def __init__(self, grammar: Grammar, schema: LabelSchema) -> None:
        """Prepare to count entities by label and kind."""
        packed = grammar.pool.packed
        self._schema = schema
        self._names = packed.names
        self._saying, self._said = grammar.pool.said()
        n_entities = from_bytes(packed.n_entities)
        entity = from_bytes(packed.entity)
        self._is_inferred = np.array([start is None for *_, start, _ in packed.entities], np.bool_)[entity]
        self._inferred = entity[self._is_inferred]
        self._inferring = np.repeat(np.arange(len(n_entities)), n_entities)[self._is_inferred]
        self._entities = packed.entities

    def occurrences(self, pieces: Integers) -> dict[tuple[str, EntityKind], int]:
        """Count entities, from how often each piece occurs.

        Raises:
            ValueError: value and mention of one contradict each other.
        """
        counts: dict[tuple[str, EntityKind], int] = {}
        for name, n in _totals(self._said, pieces[self._saying]):
            label, value, surface = self._names[name]
            if not label.startswith("{"):
                kind = self._schema.kind(Entity(label, value, 0, len(surface)), surface)
                counts[label, kind] = counts.get((label, kind), 0) + n
        for number, n in _totals(self._inferred, pieces[self._inferring]):
            label, value, *_ = self._entities[number]
            kind = self._schema.kind(Entity(label, value), "")
            counts[label, kind] = counts.get((label, kind), 0) + n
        return counts


def _totals(members: Integers, counts: Integers) -> Iterator[tuple[int, int]]:
    """Yield the members that occur, with the sum of their counts."""
    totals = np.zeros(int(members.max(initial=-1)) + 1, np.int64)
    np.add.at(totals, members, counts)
    occurring = np.flatnonzero(totals)
    return zip(occurring.tolist(), totals[occurring].tolist(), strict=True)


def summarise(tally: Tally, split: SplitPlan, grammar: Grammar, saying: EntityCounter) -> SlotSplit:
    """Give what the manifest says of a split."""
    labels: dict[str, int] = {}
    kinds: dict[str, int] = {}
    for (label, kind), n in saying.occurrences(tally.pieces).items():
        if n:
            labels[label] = labels.get(label, 0) + n
            kinds[kind.value] = kinds.get(kind.value, 0) + n
    by_template = _by(tally, split, lambda s: grammar.templates[s.template].name)
    return SlotSplit(
        samples=tally.rows,
        without_entities=int(tally.entities[0]),
        entities=dict(sorted(labels.items())),
        kinds=dict(sorted(kinds.items())),
        dropped={},
        read_back=tally.read_back,
        offsets_not_recoverable=tally.not_recoverable,
        templates=by_template,
        date_classes=_by(tally, split, lambda s: s.date_class or UNDATED),
        noise=_noise(tally.noise),
        ambiguous=tally.ambiguous,
        left_open=tally.left_open,
        characters=_histogram(tally.lengths),
        entities_per_sample=_histogram(tally.entities),
    )


def summarise_none() -> SlotSplit:
    """Give what the manifest says of a split without rows."""
    return SlotSplit(
        samples=0,
        without_entities=0,
        entities={},
        kinds={},
        dropped={},
        read_back=0,
        offsets_not_recoverable=0,
        templates={},
        date_classes={},
        noise={},
        ambiguous=0,
        left_open=0,
        characters={},
        entities_per_sample={},
    )


def _by(tally: Tally, split: SplitPlan, name_of: Callable[[Stratum], str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for stratum, n in zip(split.strata, tally.strata.tolist(), strict=False):
        if n:
            counts[name_of(stratum)] = counts.get(name_of(stratum), 0) + n
    return counts


def _noise(counts: Integers) -> dict[str, int]:
    noise: dict[str, int] = {}
    for channels, n in enumerate(counts.tolist()):
        for name in names_of(channels) if n else ():
            noise[name] = noise.get(name, 0) + n
    return dict(sorted(noise.items()))


def _histogram(counts: Integers) -> dict[str, int]:
    return {str(value): int(counts[value]) for value in np.flatnonzero(counts).tolist()}
