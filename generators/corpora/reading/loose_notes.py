"""Notes on what is no row itself: a document that nobody annotated, a file without its text."""

from collections import Counter
from collections.abc import Iterable, Iterator

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.raw_rows import RawRow


def attach_notes(statements: Iterable[RawRow | str], fault: str | None = None) -> Iterator[RawRow]:
    """Yield the rows; a note between them goes to the row before it, one before the first row to that.

    Args:
        statements: Rows, and a note for each thing that is none.
        fault: What to say of a file of notes alone, which is refused; None to lose them.

    Raises:
        UserError: the file has no row.
    """
    held: RawRow | None = None
    notes: list[str] = []
    for statement in statements:
        if isinstance(statement, str):
            notes.append(statement)
            continue
        if held is not None:
            yield _noted(held, notes)
            notes = []
        held = statement
    if held is not None:
        yield _noted(held, notes)
    elif notes and fault is not None:
        kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(Counter(notes).items()))
        raise UserError(f"{fault} (rows skipped: {kinds})")


def _noted(row: RawRow, notes: list[str]) -> RawRow:
    return row._replace(notes=(*row.notes, *notes)) if notes else row
