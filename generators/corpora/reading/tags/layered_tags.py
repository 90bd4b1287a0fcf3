"""Entities of a row as tags of its characters, in BIO and in as many layers as they need."""

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow
from nerforge.generators.corpora.reading.tokens.tagged_sentences import in_reading_order
from nerforge.generators.corpora.reading.written_entities import said_entity


def layers_of(row: RawRow) -> list[list[str]]:
    """Tag the characters of a row; entities that share characters stand in several layers.

    Raises:
        UserError: an entity is not where its text is, or has a label with white space; a text is empty, or
            the row has a value that the text does not say.
    """
    if not row.text:
        raise UserError(f"row {row.place}: the text is empty, so there are no tokens; leave the row out")
    if row.completed:
        value = row.completed[0]
        raise UserError(
            f"row {row.place}: the text does not say {value.text!r} ({value.label}), so it has no tag"
        )
    # 王芳来了 with PER at 0-2 gives B-PER I-PER O O.
    layers = [["O"] * len(row.text)]
    for number in in_reading_order(row.entities):
        entity = row.entities[number]
        _check(row, entity)
        label, _, start, end, _ = entity
        # The first layer in which its characters are free; nested and crossing ones need another.
        layer = next((x for x in layers if set(x[start:end]) == {"O"}), None)
        if layer is None:
            layers.append(layer := ["O"] * len(row.text))
        layer[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]
    return layers


def order_of(row: RawRow) -> list[int]:
    """Tell which entity in reading order each one of a row is; empty where they stand in that order."""
    order = in_reading_order(row.entities)
    return [] if order == sorted(order) else sorted(range(len(order)), key=order.__getitem__)


def _check(row: RawRow, entity: RawEntity) -> None:
    label, text, start, end, _ = entity
    where = said_entity(row, entity)
    if not label or any(char.isspace() for char in label):
        raise UserError(f"{where}: a label with white space cannot stand in a tag; rename it")
    if not 0 <= start < end <= len(row.text) or text not in (None, row.text[start:end]):
        raise UserError(f"{where} is not there; the offsets of rows of tags count characters, end exclusive")
