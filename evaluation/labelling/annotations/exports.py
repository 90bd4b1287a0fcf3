"""Read what annotators said from the exports of their tools, several files and annotators at a time."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from nerforge.evaluation.labelling.annotations import argilla_responses, label_studio_annotations
from nerforge.evaluation.labelling.annotations.annotation import (
    Annotation,
    ReadingCounts,
    Stated,
    annotation_of,
)
from nerforge.evaluation.labelling.tasks.kept_details import UnplacedEntity
from nerforge.foundation.errors import UserError, unknown_name
from nerforge.generators.corpora.layouts import doccano, gold, label_studio, label_studio_csv
from nerforge.generators.corpora.reading.raw_rows import FileHead, RawRow
from nerforge.generators.corpora.reading.recognition.file_heads import read_head


class AnnotatedFile(NamedTuple):
    """How a tool's files are told from others, and read."""

    recognises: Callable[[FileHead], bool]
    read: Callable[[Path, ReadingCounts], Iterator[Stated]]


def read_annotations(
    paths: Sequence[Path], counts: ReadingCounts, layout: str | None = None
) -> Iterator[Annotation]:
    """Yield the annotations of files, in their order.

    Files of doccano and of gold are one annotator's each, whose name is the file's; those of Label Studio and
    Argilla name the annotators.

    Args:
        paths: The files.
        counts: Takes what is dropped or mended.
        layout: That of all files; None to recognise it.

    Raises:
        UserError: a file cannot be read, or is in no known layout.
        UsageError: there is no such layout.
    """
    if layout is not None and layout not in LAYOUTS:
        raise unknown_name("layout of annotations", layout, LAYOUTS)
    for path in paths:
        chosen = LAYOUTS[layout] if layout else _recognised(path)
        for stated in chosen.read(path, counts):
            yield annotation_of(stated, counts)


def _recognised(path: Path) -> AnnotatedFile:
    head = read_head(path)
    for layout in LAYOUTS.values():
        if layout.recognises(head):
            return layout
    raise UserError(
        f"{path}: in none of the layouts {', '.join(LAYOUTS)}; export Label Studio as JSON, doccano as "
        "JSONL, Argilla by dataset.records.to_json, or name the layout with --layout"
    )


def _of_doccano(path: Path, counts: ReadingCounts) -> Iterator[Stated]:
    n_entities = 0
    for stated in _of_rows(path, doccano.read(path), counts):
        n_entities += len(stated.entities)
        yield stated
    if not n_entities:
        # Of documents that a member has not opened, doccano exports that it found nothing there.
        counts.add(
            'file of doccano without any entity; export with "Export only approved documents", or documents '
            "that nobody has labelled count as having none",
            str(path),
        )


def _of_gold(path: Path, counts: ReadingCounts) -> Iterator[Stated]:
    return _of_rows(path, gold.read(path), counts)


def _of_rows(path: Path, rows: Iterator[RawRow], counts: ReadingCounts) -> Iterator[Stated]:
    for row in rows:
        where = f"{path}:{row.place}"
        for note in row.notes:
            counts.add(note.replace("_", " "), where)
        completed = tuple(UnplacedEntity(x.label, x.text, x.before) for x in row.completed)
        entities = row.entities
        yield Stated(path.stem, row.id or f"row-{row.place}", row.text, entities, completed, row.meta, where)


LAYOUTS: dict[str, AnnotatedFile] = {
    "argilla": AnnotatedFile(argilla_responses.recognises, argilla_responses.read_responses),
    "label_studio": AnnotatedFile(label_studio.recognises, label_studio_annotations.read_json),
    "label_studio_csv": AnnotatedFile(label_studio_csv.recognises, label_studio_annotations.read_table),
    "gold": AnnotatedFile(gold.recognises, _of_gold),
    "doccano": AnnotatedFile(doccano.recognises, _of_doccano),
}
"""By name, in the order in which they are asked."""
