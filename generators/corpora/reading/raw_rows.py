"""Rows of a corpus as its file states them, before anything in them is believed."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.recognition.file_heads import FileHead as FileHead


class RawEntity(NamedTuple):
    """An entity as the file states it; offsets are counted in whatever way the file counts."""

    label: str
    text: str | None
    """Its characters, where the file repeats them."""
    start: int
    end: int
    score: float | None = None
    """How sure a model is of it, from 0 to 1, where the file says so."""


class CompletedValue(NamedTuple):
    """A value that the text does not mention, as a task completes it."""

    label: str
    text: str
    before: int
    """Number of the row's entities that stand before it."""


class PromptedAnswer(NamedTuple):
    """How a text was asked about, and the answer, in a file that states no entities."""

    answer: str
    instruction: str = ""
    """What stands apart from the text: before it in the user's turn, or in the system turn."""
    is_system: bool = False
    nth: int = 0
    """Which of the exchanges of a conversation it is, from 1; 0 where there is but one."""


class RawRow(NamedTuple):
    """A sentence as the file states it."""

    place: int
    """Where it stands: the line of a text file, or the number of a record, counted from 1."""
    text: str
    entities: tuple[RawEntity, ...]
    part: str | None = None
    """The split that the file puts it in, where it says so."""
    notes: tuple[str, ...] = ()
    """What the layout could not pass on, by kind."""
    completed: tuple[CompletedValue, ...] = ()
    """In the order of the file."""
    asked: PromptedAnswer | None = None
    """Says what is labelled in place of entities; ``text`` may hold more than the sentence then."""
    id: str | None = None
    """What the file calls it."""
    meta: JsonObject | None = None
    """What the file says of it besides, where the layout has a place for that."""
    values: Mapping[str, Sequence[str]] | None = None
    """By label, what the text says at places that the file does not state; a label without values is one that
    the text has nothing of."""


class WrittenFile(NamedTuple):
    """A file of a layout that is a folder."""

    name: str
    """Its path in the folder, with slashes."""
    content: bytes


@dataclass(frozen=True, slots=True)
class CorpusLayout:
    """A layout of corpus files, as its module in ``nerforge.generators.corpora.layouts`` states it.

    A layout of another package is a record like these, in its entry points of the group ``nerforge.layouts``.
    """

    title: str
    """What it is, in some words, for the help of ``generate corpus``."""
    recognises: Callable[[FileHead], bool]
    """Tells whether a file looks like this layout, by its own keys alone; never raises."""
    read: Callable[..., Iterator[RawRow]]
    """Yields the rows of a file, however large it is.

    It is called with the path, and by name with those of ``options`` that the user gives.

    It raises ``UserError`` where the file cannot be read or a row has another layout, with file, line, what
    was expected and what was found, and where a package that it needs is missing.
    """
    write: Callable[[Iterable[RawRow]], Iterator[bytes]] | None = None
    """Writes rows as a file of this layout, which ``read`` gives back; None where nobody needs to.

    Offsets of the rows count code points, end exclusive. It raises ``UserError`` for a row that it cannot
    carry.
    """
    write_files: Callable[[Iterable[RawRow]], Iterator[WrittenFile]] | None = None
    """The same for a layout that is a folder of files."""
    write_predictions: Callable[[Iterable[RawRow], str], Iterator[bytes]] | None = None
    """Writes rows as what a model of this name predicts, where the layout distinguishes that from gold."""
    options: tuple[str, ...] = ()
    """Of ``LAYOUT_OPTIONS``, those that ``read`` takes."""
    precedence: int = 0
    """Layouts are asked in this order, and the first number at which one claims a file decides; a layout of
    any usual keys has a higher number than one of a certain tool."""
    suffix: str = ".jsonl"
    """What the name of a file ends with that is written."""
    keys: tuple[str, ...] = ()
    """What a row has, such as ``entities[].start_idx``: tells the nearest layout to a file of none."""
    holds_answers: bool = False
    """Whether rows have tagged answers in place of entities; it writes only rows that have such answers."""
    keeps_ids: bool = False
    """Whether rows have ids of their own, which a reader of corpora loses."""
    says_surfaces: bool = False
    """Whether an entity's text is always what the sentence says, never a value of its own."""
    has_offsets: bool = True
    """Whether entities are stated by offsets; else they follow from the tags of tokens."""


LAYOUT_OPTIONS = ("token_column", "tag_column", "layer", "fields")
"""What a user may say of a file beside its layout: see ``ReadingOptions``."""
