"""Fit rows to a layout: what it cannot carry is taken out of them and counted."""

from hashlib import blake2b
from itertools import chain, count
from typing import NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.foundation.printing import printable
from nerforge.generators.corpora.conversion.carried_parts import CarriedParts, RowWriter
from nerforge.generators.corpora.conversion.losses import LossCounter, LossKind
from nerforge.generators.corpora.conversion.overlapping_entities import find_lost
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow

_LINE_ENDS = str.maketrans(dict.fromkeys("\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029", " "))


class ConvertedRow(NamedTuple):
    """A row on its way from one layout to another; its entities have their places."""

    where: str
    """File and place, for messages."""
    row: RawRow
    """Offsets count code points, end exclusive."""
    sample_id: str
    """Its id where the file gives it none."""


class RowFitter:
    """Fits the rows of one file to a layout."""

    def __init__(
        self,
        writer: RowWriter,
        carried: CarriedParts,
        losses: LossCounter,
        *,
        needs_ids: bool = False,
        tries_rows: bool = False,
        says_split: bool = True,
    ) -> None:
        """Take the layout's writer and what it carries.

        Args:
            writer: Writes rows.
            carried: What the writer carries.
            losses: Counts what is lost.
            needs_ids: Whether each row must have an id of its own.
            tries_rows: Whether each row is written by itself first, as some are refused.
            says_split: Whether a split that has no place in a row is lost; else the file says it.
        """
        self._writer = writer
        self._carried = carried
        self._losses = losses
        self._needs_ids = needs_ids
        self._tries_rows = tries_rows
        self._says_split = says_split
        self._ids: set[bytes] = set()

    def fit(self, converted: ConvertedRow) -> RawRow | None:
        """Give what the layout carries of a row; None where it cannot carry it.

        Raises:
            UserError: something is lost although nothing may be.
        """
        where, row, sample_id = converted
        row = self._fit_details(where, self._fit_entities(where, row))
        if self._needs_ids:
            row = row._replace(id=self._own_id(where, row.id, sample_id))
        if self._tries_rows and (refusal := self._refusal(row)) is not None:
            kind = LossKind.LINE_BREAK if self._breaks_lines(row) else LossKind.REFUSED
            self._losses.add(kind, where, printable(refusal))
            return None
        return row

    def _fit_entities(self, where: str, row: RawRow) -> RawRow:
        if row.completed and LossKind.COMPLETED_VALUE not in self._carried:
            for added in row.completed:
                self._lose(LossKind.COMPLETED_VALUE, where, f"{added.text!r} ({added.label})")
            row = row._replace(completed=())
        if lost := find_lost(row.entities, self._carried):
            for number, kind in lost:
                self._lose(kind, where, _told(row.entities[number]))
            row = _without(row, {number for number, _ in lost})
        if LossKind.NORMALISED_VALUE not in self._carried:
            row = row._replace(entities=tuple(self._surface(where, row, e) for e in row.entities))
        if LossKind.SCORE not in self._carried and any(e.score is not None for e in row.entities):
            for entity in row.entities:
                if entity.score is not None:
                    self._lose(LossKind.SCORE, where, _told(entity))
            row = row._replace(entities=tuple(e._replace(score=None) for e in row.entities))
        return row

    def _fit_details(self, where: str, row: RawRow) -> RawRow:
        if row.id is not None and LossKind.ID not in self._carried:
            self._lose(LossKind.ID, where)
            row = row._replace(id=None)
        if row.meta and LossKind.META not in self._carried:
            self._lose(LossKind.META, where, ", ".join(map(printable, row.meta)))
            row = row._replace(meta=None)
        if row.part is not None and LossKind.SPLIT not in self._carried:
            if self._says_split:
                self._lose(LossKind.SPLIT, where, printable(row.part))
            row = row._replace(part=None)
        return row

    def _lose(self, kind: LossKind, where: str, detail: str = "") -> None:
        self._losses.add(kind, where, detail)

    def _surface(self, where: str, row: RawRow, entity: RawEntity) -> RawEntity:
        said = row.text[entity.start : entity.end]
        if entity.text is not None and entity.text != said:
            self._lose(LossKind.NORMALISED_VALUE, where, f"{entity.text!r} for {said!r} ({entity.label})")
        return entity if entity.text == said else entity._replace(text=said)

    def _own_id(self, where: str, stated: str | None, sample_id: str) -> str:
        """Give an id that no row before has: the file's, or else that of the sample, which none has."""
        if stated is None:
            return sample_id
        for candidate in chain((stated, sample_id), (f"{sample_id}-{n}" for n in count(2))):
            # Eight bytes an id, whatever their length: millions of them are held.
            digest = blake2b(candidate.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            if digest not in self._ids:
                self._ids.add(digest)
                return candidate
            if candidate == stated:
                self._lose(LossKind.REPEATED_ID, where, printable(candidate))
        raise AssertionError("there is always a next number")

    def _refusal(self, row: RawRow) -> str | None:
        try:
            for _ in self._writer(iter((row,))):
                pass
        except UserError as err:
            return str(err)
        return None

    def _breaks_lines(self, row: RawRow) -> bool:
        """Tell whether nothing but line ends and tabs keep a row from being written."""
        text = row.text.translate(_LINE_ENDS)
        if text == row.text:
            return False
        entities = (e._replace(text=text[e.start : e.end]) for e in row.entities)
        return self._refusal(row._replace(text=text, entities=tuple(entities))) is None


def _without(row: RawRow, lost: set[int]) -> RawRow:
    """Take entities out of a row; what a task completes keeps its place among the others."""
    kept = tuple(entity for number, entity in enumerate(row.entities) if number not in lost)
    completed = (
        added._replace(before=added.before - sum(number < added.before for number in lost))
        for added in row.completed
    )
    return row._replace(entities=kept, completed=tuple(completed))


def _told(entity: RawEntity) -> str:
    return f"{entity.text!r} ({entity.label}) at {entity.start}-{entity.end}"
