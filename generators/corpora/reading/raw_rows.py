"""Rows of a corpus as its file states them, before anything in them is believed."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol


class RawEntity(NamedTuple):
    """An entity as the file states it; offsets are counted in whatever way the file counts."""

    label: str
    text: str | None
    """Its characters, where the file repeats them."""
    start: int
    end: int


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


class FileHead(NamedTuple):
    """What a layout is recognised by."""

    path: Path
    start: bytes
    """The file's first bytes, without a byte order mark; nothing of a folder."""


class CorpusLayout(Protocol):
    """A layout of corpus files; each is a module of ``nerforge.generators.corpora.layouts``."""

    def recognises(self, head: FileHead) -> bool:
        """Tell whether a file looks like this layout; never raises."""

    def read(self, path: Path) -> Iterator[RawRow]:
        """Yield the rows of a file, however large it is.

        Raises:
            UserError: the file cannot be read or a row has another layout, with file, line, what was expected
                and what was found.
        """

    def write(self, rows: Iterable[RawRow]) -> Iterator[bytes]:
        """Write rows as a file of this layout; ``read`` gives them back."""
