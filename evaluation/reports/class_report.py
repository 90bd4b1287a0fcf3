"""The page's data of text classification: a text has one label, so each is one unit without a place."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET

from nerforge.evaluation.reports.class_sources import ClassRow, ClassSource
from nerforge.evaluation.reports.hidden_texts import TextMask
from nerforge.evaluation.reports.report_data import CHUNK, Figures, PairedFigures, Report, ReportHead
from nerforge.evaluation.reports.row_columns import (
    KINDS,
    UNIT_FIELDS,
    AnswerColumns,
    RowChunk,
    Vocabulary,
)
from nerforge.evaluation.scores.comparison import compare_scores
from nerforge.evaluation.scores.score_file import EXACT_MATCH, ComparableScores
from nerforge.foundation.errors import UserError

RIGHT, WRONG, UNREAD = (KINDS.index(kind) for kind in ("right", "label", "missed"))


class ClassColumns:
    """Writes texts and their labels as columns."""

    def __init__(self, labels: Vocabulary, mask: TextMask | None = None) -> None:
        """Take the numbers of labels so far, and what hides texts, if they are hidden."""
        self.labels, self.outcomes = labels, Vocabulary()
        self._mask = mask

    def chunk(self, rows: Sequence[ClassRow], other: Sequence[ClassRow] | None) -> RowChunk:
        """Write some texts with the answers of one system, or of two."""
        chunk = RowChunk(a=self._answers(rows), b=None if other is None else self._answers(other))
        samples = [row.sample for row in rows]
        chunk.slices = [0] * len(rows)
        if self._mask is not None:
            chunk.id = [self._mask.whole(sample.id) for sample in samples]
            chunk.hash = [self._mask.whole(sample.text) for sample in samples]
            return chunk
        chunk.id = [sample.id for sample in samples]
        chunk.text = [sample.text for sample in samples]
        chunk.meta = [{key: _shown(value) for key, value in sample.meta.items()} for sample in samples]
        return chunk

    def _answers(self, rows: Sequence[ClassRow]) -> AnswerColumns:
        columns = AnswerColumns()
        for row in rows:
            columns.exact.append(int(row.is_right))
            columns.outcome.append(-1 if row.outcome is None else self.outcomes.number(row.outcome))
            columns.problems.append([])
            if self._mask is None:
                columns.output.append(row.output)
            columns.n_units.append(1)
            columns.units += self._unit(row)
        return columns

    def _unit(self, row: ClassRow) -> Iterator[int]:
        known = {"kind": RIGHT, "gold_label": self.labels.number(row.sample.label)}
        if row.predicted is None:
            known["kind"] = UNREAD
        else:
            known["label"] = self.labels.number(row.predicted)
            known["kind"] = RIGHT if row.is_right else WRONG
        return (known.get(name, -1) for name in UNIT_FIELDS)


def build_class_report(a: ClassSource, b: ClassSource | None, *, title: str, no_text: bool = False) -> Report:
    """Make the data of a page of text classification.

    Args:
        a: What it is of.
        b: What is shown beside it, scored against the same gold.
        title: The page's title.
        no_text: Whether hashes stand for texts and ids, and answers are left out.

    Raises:
        UserError: the two are of different gold or tasks.
    """
    paired = [] if b is None else [_compare(a, b)]
    mask = TextMask(row.sample for row in a.rows) if no_text else None
    columns = ClassColumns(Vocabulary(a.scores.settings.labels), mask)
    other = None if b is None else _aligned(a, b)
    chunks = [
        columns.chunk(a.rows[at : at + CHUNK], None if other is None else other[at : at + CHUNK])
        for at in range(0, len(a.rows), CHUNK)
    ]
    head = ReportHead(
        title=title,
        labels=columns.labels.values(),
        outcomes=columns.outcomes.values(),
        problems=[],
        causes=[],
        slice_sets=[[]],
        a=_figures(a, "A", no_text),
        b=UNSET if b is None else _figures(b, "B", no_text),
        paired=paired,
        criteria={},
        is_without_text=no_text,
        is_of_classes=True,
    )
    return Report(head, chunks, None)


def _figures(source: ClassSource, side: str, no_text: bool) -> Figures:
    scores = msgspec.to_builtins(source.scores)
    for key in ("samples", "errors"):
        del scores[key]
    name, notes = source.name, [(note.name, *note.given) for note in source.notes]
    if no_text:
        # Labels are those of gold; names of files may say something of the texts.
        name, scores["predictions"]["notes"], scores["settings"]["predictions"]["name"] = side, [], ""
        notes = [
            (note.name, *("–" if isinstance(x, str) else x for x in note.given)) for note in source.notes
        ]
    return Figures(name=name, n_rows=len(source.rows), scores=scores, notes=notes)


def _compare(a: ClassSource, b: ClassSource) -> PairedFigures:
    pair = [(Path(x.name), msgspec.convert(x.scores, ComparableScores, from_attributes=True)) for x in (a, b)]
    report = compare_scores(pair, criterion=EXACT_MATCH)
    first, second = report.systems
    result = report.comparisons[0].result
    return PairedFigures(criterion=EXACT_MATCH, a=first.score, b=second.score, result=result)


def _aligned(a: ClassSource, b: ClassSource) -> list[ClassRow]:
    """Give the rows of ``b`` in the order of ``a``'s."""
    by_id = {row.sample.id: row for row in b.rows}
    if n_unknown := sum(row.sample.id not in by_id for row in a.rows):
        raise UserError(
            f"{b.name}: {n_unknown} of the texts of {a.name} are not known of it; "
            "give --gold, and --against-pred"
        )
    return [by_id[row.sample.id] for row in a.rows]


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
