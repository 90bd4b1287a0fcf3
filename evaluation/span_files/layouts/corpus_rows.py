"""Predictions in the layouts of corpora, read by the readers of corpora."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from nerforge.evaluation.span_files.rows import SpanLayout, SpanRow, StatedSpan
from nerforge.generators.corpora.layouts import LAYOUTS as CORPORA
from nerforge.generators.corpora.layouts import PAIR_LAYOUTS, load_layout

_OTHERS = {"gold", *PAIR_LAYOUTS}
"""Gold, of which a corpus loses the ids that a prediction needs, and what holds answers."""
_SAYS_SURFACES = {"conll", "datasets_folder", "doccano", "label_studio"}


def read(name: str, path: Path, _model: str | None = None) -> Iterator[SpanRow]:
    """Yield the rows of a corpus in the named layout.

    Raises:
        UserError: the file cannot be read in this layout.
    """
    for row in load_layout(name).read(path):
        spans = tuple(StatedSpan(*entity) for entity in row.entities)
        yield SpanRow(row.place, spans, None, row.text, row.notes)


LAYOUTS = {
    name: SpanLayout(
        name,
        shape,
        partial(read, name),
        says_surfaces=name in _SAYS_SURFACES,
        has_offsets=name != "conll",
    )
    for name, shape in CORPORA.items()
    if name not in _OTHERS
}
