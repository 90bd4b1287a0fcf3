"""What writers of layouts ask of an entity, and how they name it."""

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow


def said_entity(row: RawRow, entity: RawEntity) -> str:
    """Name an entity of a row, as messages begin."""
    return f"row {row.place}: entity {entity.text!r} ({entity.label}) at {entity.start}-{entity.end}"


def check_place(row: RawRow, entity: RawEntity) -> None:
    """Refuse an entity that is nowhere in its text.

    Raises:
        UserError: it is empty, or lies outside of the text.
    """
    if not 0 <= entity.start < entity.end <= len(row.text):
        raise UserError(f"{said_entity(row, entity)} does not lie in the text of {len(row.text)} characters")
