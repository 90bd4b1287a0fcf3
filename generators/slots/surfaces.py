"""How sentences say a value that they do not write as it is."""

import csv
import io
from collections.abc import Mapping, Sequence

from generators.slots.grammar import Grammar
from templates.tasks.files import SURFACE_COLUMNS

Said = Mapping[str, Sequence[tuple[str, str]]]
"""Pairs of value and surface by label."""


def collect_surfaces(grammar: Grammar) -> dict[str, list[tuple[str, str]]]:
    """List what the pieces say in place of a value, by label, each pair once."""
    said: dict[str, dict[tuple[str, str], None]] = {}
    for piece in grammar.pool.pieces:
        for entity in piece.entities:
            if entity.span and (surface := piece.text[entity.start : entity.end]) != entity.text:
                said.setdefault(entity.label, {})[entity.text, surface] = None
    return {label: list(pairs) for label, pairs in said.items()}


def surfaces_csv(said: Said) -> bytes:
    """Write the pairs as the table that a task reads."""
    table = io.StringIO()
    rows = ([label, value, surface] for label, pairs in said.items() for value, surface in pairs)
    csv.writer(table, lineterminator="\n").writerows([SURFACE_COLUMNS, *rows])
    return table.getvalue().encode()
