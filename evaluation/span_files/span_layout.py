"""Rows of a file of spans as the file states them, before anything in them is believed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from nerforge.generators.corpora.reading.spans.forms.stated_spans import StatedSpan as StatedSpan


class SpanRow(NamedTuple):
    """What a model found in one sentence."""

    place: int
    """The line, or the number of the item in an array, counted from 1."""
    spans: tuple[StatedSpan, ...] | None
    """None where the row says that there is no prediction."""
    id: str | None = None
    text: str | None = None
    """The sentence, where the row repeats it."""
    notes: tuple[str, ...] = ()
    """What the layout could not pass on, by kind."""


@dataclass(frozen=True, slots=True)
class SpanLayout:
    """One way in which programs write spans."""

    name: str
    shape: str
    """What a row looks like, for messages."""
    read: Callable[[Path, str | None], Iterator[SpanRow]]
    """Reads a file, of several models' predictions those of the named one; raises ``UserError``."""
    says_surfaces: bool = False
    """Whether a span's text is what the sentence says, never a value of its own."""
    has_offsets: bool = True
    """Whether spans are stated by offsets; else they follow from the tags of tokens."""
    keeps_placeless: bool = False
    """Whether an entity without a place is meant to have none, and is not to be looked for."""
