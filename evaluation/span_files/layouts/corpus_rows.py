"""Predictions in the layouts of corpora, read by the readers of corpora."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from nerforge.evaluation.span_files.span_layout import SpanLayout, SpanRow, StatedSpan
from nerforge.generators.corpora.layouts import LAYOUTS as CORPORA
from nerforge.generators.corpora.layouts.conll import prediction_column
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, RawEntity, RawRow
from nerforge.generators.corpora.reading.recognition.file_heads import read_head


def read(corpus: CorpusLayout, path: Path, _model: str | None = None) -> Iterator[SpanRow]:
    """Yield the rows of a corpus in a layout.

    Raises:
        UserError: the file cannot be read in this layout.
    """
    for row in corpus.read(path, **_told(corpus, path)):
        spans = tuple(_spans(row))
        yield SpanRow(row.place, spans, row.id, row.text, row.notes)


def _told(corpus: CorpusLayout, path: Path) -> dict[str, Any]:
    """Say which column holds predictions, in files that have gold before it, as conlleval takes them."""
    if corpus is not CORPORA["conll"] or path.is_dir():
        return {}
    column = prediction_column(read_head(path))
    return {} if column is None else {"tag_column": column}


def _spans(row: RawRow) -> Iterator[StatedSpan]:
    yield from map(_span, row.entities)
    for label, values in (row.values or {}).items():
        yield from (StatedSpan(label, value) for value in values)


def _span(entity: RawEntity) -> StatedSpan:
    # A start below 0 says that the file names no place.
    if entity.start < 0:
        return StatedSpan(entity.label, entity.text, score=entity.score)
    return StatedSpan(*entity)


def corpus_layouts() -> dict[str, SpanLayout]:
    """Give the layouts of corpora, those of other packages too, as layouts of predictions.

    Those that hold answers are read as answers, and that of gold has a reader that keeps the ids.
    """
    return {
        name: SpanLayout(
            name,
            corpus.title,
            partial(read, corpus),
            says_surfaces=corpus.says_surfaces,
            has_offsets=corpus.has_offsets,
        )
        for name, corpus in CORPORA.items()
        if not (corpus.holds_answers or corpus.keeps_ids)
    }
