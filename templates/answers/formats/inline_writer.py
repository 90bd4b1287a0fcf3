"""Write a sentence with its entities marked, for every inline format."""

from typing import Protocol

from nerforge.templates.answers.base import CannotEncodeError
from nerforge.templates.domain import Entity, EntityKind, Label, LabelSchema, Sample


class Style(Protocol):
    """How a format writes what it puts around an entity, and around words that could be taken for that."""

    def opening(self, label: Label) -> str:
        """Write what stands before an entity."""

    def closing(self, label: Label) -> str:
        """Write what stands behind it."""

    def escape(self, text: str, schema: LabelSchema, *, inside: bool) -> str:
        """Escape words of the sentence; ``inside`` says whether they belong to an entity."""


class InlineWriter:
    """Writes one sample: a cursor in the sentence, the tags that are open, the values still to insert."""

    def __init__(self, sample: Sample, schema: LabelSchema, style: Style) -> None:
        """Begin before the sentence's first character."""
        self.sample = sample
        self.schema = schema
        self.style = style
        self.out: list[str] = []
        self.cursor = 0
        self.open: list[tuple[int, Label]] = []
        self.pending: list[str] = []

    def write(self) -> str:
        """Write the sentence with its entities marked.

        Raises:
            CannotEncodeError: spans cross, entities are not in reading order, or a normalised or inferred
                entity lies inside another.
        """
        for entity in self.sample.entities:
            kind = self.schema.kind(entity, self.sample.text)
            if kind is EntityKind.INFERRED:
                self.pending.append(self._tagged(entity))
            else:
                self._mention(entity, kind)
        self._close_until(len(self.sample.text))
        self._flush_pending()
        self._copy_until(len(self.sample.text))
        return "".join(self.out)

    def _mention(self, entity: Entity, kind: EntityKind) -> None:
        assert entity.start is not None and entity.end is not None
        # Order matters: ends before starts, then the words between, then inferred values, then the new tag.
        self._close_until(entity.start)
        if entity.start < self.cursor or (self.open and entity.end > self.open[-1][0]):
            raise CannotEncodeError("crossing entities")
        # Inside a tag a reader could not tell an inserted value from words of the outer entity.
        if self.open and (self.pending or kind is EntityKind.NORMALISED):
            raise CannotEncodeError("a normalised or inferred entity inside another")
        self._copy_until(entity.start)
        self._flush_pending()
        if kind is EntityKind.NORMALISED:
            self.out.append(self._tagged(entity))
            self.cursor = entity.end
        else:
            label = self.schema[entity.label]
            self.out.append(self.style.opening(label))
            self.open.append((entity.end, label))

    def _tagged(self, entity: Entity) -> str:
        label = self.schema[entity.label]
        value = self.style.escape(entity.text, self.schema, inside=True)
        return f"{self.style.opening(label)}{value}{self.style.closing(label)}"

    def _copy_until(self, end: int) -> None:
        if self.cursor < end:
            words = self.sample.text[self.cursor : end]
            self.out.append(self.style.escape(words, self.schema, inside=bool(self.open)))
        self.cursor = end

    def _close_until(self, start: int) -> None:
        while self.open and self.open[-1][0] <= start:
            end, label = self.open[-1]
            self._copy_until(end)
            self.open.pop()
            self.out.append(self.style.closing(label))

    def _flush_pending(self) -> None:
        if self.pending:
            self.out += self.pending
            self.pending.clear()
