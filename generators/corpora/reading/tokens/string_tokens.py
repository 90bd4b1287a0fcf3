"""Tokens or tags of a JSON row that are one string: ``{"text": "王芳来", "labels": "B-PER I-PER O"}``."""

from collections.abc import Sequence
from typing import Any

from nerforge.generators.corpora.reading.tags.tag_columns import PAIRED, tag_column_of
from nerforge.generators.corpora.reading.tokens.list_cells import TokenUnit, tags_of_cell, tokens_of_cell


def find_string_unit(pairs: Sequence[tuple[Any, Any]]) -> TokenUnit | None:
    """Find what of texts has a tag each: the same in all rows; None where these are not texts and their tags.

    Args:
        pairs: The text and the tags of each row, of which at least one is a string; tags may be numbers.
    """
    tags = [tags_of_value(said) for _, said in pairs]
    if not tags or not all(tags) or not _are_tags([tag for row in tags for tag in row]):
        return None
    if len({len(row) for row in tags}) == 1 and (len(tags[0]) < 2 or isinstance(tags[0][0], int)):
        # Of {"text": "好", "label": "O"} and {"text": "天气", "label": [0, 1]} nobody knows.
        return None
    for unit in TokenUnit:
        if all(len(tokens_of_value(x, unit)) == len(row) for (x, _), row in zip(pairs, tags, strict=True)):
            return unit
    return None


def tokens_of_value(value: Any, unit: TokenUnit) -> list[Any]:
    """Give the tokens of a row; none of what is neither a string nor a list."""
    if isinstance(value, str):
        return tokens_of_cell(value, unit)
    return value if isinstance(value, list) else []


def tags_of_value(value: Any) -> list[Any]:
    """Give the tags of a row; none of what is neither a string nor a list."""
    if isinstance(value, str):
        return tags_of_cell(value)
    return value if isinstance(value, list) else []


def _are_tags(tags: Sequence[Any]) -> bool:
    if all(isinstance(tag, int) and not isinstance(tag, bool) for tag in tags):
        return True
    if not all(isinstance(tag, str) for tag in tags):
        return False
    found = tag_column_of(tags)
    # Any list of words is one of labels alone: only tags that say a position are certain.
    return found is not None and found.n_tags == len(tags) and (found.form in PAIRED or not found.labels)
