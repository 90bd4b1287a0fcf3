"""What a layout carries, found by writing two rows that differ in one thing.

So nobody has to declare it, and layouts of other packages are known as well as ours: what changes no byte of
the file is lost, and what the writer refuses is not carried.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.conversion.losses import LossKind
from nerforge.generators.corpora.reading.raw_rows import CompletedValue, CorpusLayout, RawEntity, RawRow

RowWriter = Callable[[Iterable[RawRow]], Iterable[object]]
"""Gives the blocks of a file, or the files of a folder."""

_TEXT = "王芳在青岛市"
_OUTER = RawEntity("PER", "王芳在", 0, 3)
_PLAIN = RawRow(1, _TEXT, (_OUTER,))
_WITH: dict[LossKind, RawRow] = {
    LossKind.ID: _PLAIN._replace(id="probe-1"),
    LossKind.META: _PLAIN._replace(meta={"source": "probe"}),
    LossKind.SPLIT: _PLAIN._replace(part="dev"),
    LossKind.SCORE: _PLAIN._replace(entities=(_OUTER._replace(score=0.25),)),
    LossKind.COMPLETED_VALUE: _PLAIN._replace(completed=(CompletedValue("PER", "李梅", 0),)),
}
"""A row that says one thing more, by what would be lost."""
_OVERLAPS: dict[LossKind, RawEntity] = {
    LossKind.NESTED: RawEntity("PER", "王芳", 0, 2),
    LossKind.CROSSING: RawEntity("GPE", "在青岛", 2, 5),
    LossKind.SAME_SPAN: RawEntity("GPE", "王芳在", 0, 3),
}
"""An entity beside the other one, by how the two lie."""


@dataclass(frozen=True, slots=True)
class CarriedParts:
    """What a layout carries beyond texts with entities side by side."""

    kinds: frozenset[LossKind]

    def __contains__(self, kind: LossKind) -> bool:
        return kind in self.kinds

    @property
    def has_all_overlaps(self) -> bool:
        """Whether entities may lie in any way."""
        return _OVERLAPS.keys() <= self.kinds


def writer_of(layout: CorpusLayout, model: str | None) -> RowWriter:
    """Give what writes rows in a layout.

    Args:
        layout: One that has a writer.
        model: Whose predictions the rows are; None for gold.
    """
    if model is not None and layout.write_predictions is not None:
        write_predictions = layout.write_predictions
        return lambda rows: write_predictions(rows, model)
    writer = layout.write or layout.write_files
    assert writer is not None
    return writer


def find_carried(writer: RowWriter) -> CarriedParts:
    """Find out what a writer carries.

    Raises:
        UserError: it cannot write at all, as where a package is missing.
    """
    plain = list(writer(iter((_PLAIN,))))
    differs = partial(_differs, writer, plain)
    carried = {kind for kind, row in _WITH.items() if differs(row)}
    carried |= {
        kind
        for kind, other in _OVERLAPS.items()
        if differs(_PLAIN._replace(entities=tuple(_in_reading_order([_OUTER, other]))))
    }
    # A layout of values that no text says has a place for those that a text says otherwise, too.
    if LossKind.COMPLETED_VALUE in carried:
        carried.add(LossKind.NORMALISED_VALUE)
    return CarriedParts(frozenset(carried))


def _differs(writer: RowWriter, plain: Sequence[object], row: RawRow) -> bool:
    try:
        return list(writer(iter((row,)))) != plain
    except UserError:
        return False


def _in_reading_order(entities: Sequence[RawEntity]) -> Iterator[RawEntity]:
    yield from sorted(entities, key=lambda entity: (entity.start, -entity.end, entity.label))
