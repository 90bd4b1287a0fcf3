"""Read gold of any kind, sentence by sentence, with its split and with the row that is trained on."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.reading import read_jsonl
from nerforge.foundation.files.row_faults import RowFaults
from nerforge.generators.chat_turns import ChatTurn
from nerforge.generators.classification.label_gold import read_labelled
from nerforge.generators.corpora.conversion.annotated_files import AnnotatedFiles
from nerforge.generators.corpora.layouts import gold as gold_layout
from nerforge.generators.corpora.reading.reading_options import ReadingOptions
from nerforge.generators.corpora.reading.recognition.file_heads import read_head
from nerforge.generators.corpora.sources import resolve_source
from nerforge.generators.data_facts.trained_rows import TrainedRows, read_trained
from nerforge.generators.datasets.dataset import DATASET_INFO, MANIFEST
from nerforge.generators.datasets.entity_gold import GoldRow, distinct
from nerforge.generators.manifests.manifest import ManifestHead, read_manifest_head
from nerforge.generators.task_folders import find_named_task
from nerforge.templates.domain import Sample

WHOLE = "all"
"""The split of sentences that say none."""
_GOLD = "gold"
_ADVICE = "nerforge doctor says more of it"
_EXPECTED = (
    "expected a run (a folder with train.yaml), a scores.json, or data: a dataset directory, gold, or an "
    "annotated file"
)


class DataSample(NamedTuple):
    """One sentence of a data set."""

    split: str
    sample: Sample
    category: str | None = None
    """Of text classification: the label of the whole text."""
    turns: Sequence[ChatTurn] | None = None
    """What a model is shown and taught of it; None where there is no row."""


class OpenedData(NamedTuple):
    """A data set in memory."""

    samples: list[DataSample]
    splits: list[str]
    """In order: train, dev, test, then others."""
    notes: list[str]
    """How it was read, and what was dropped."""
    head: ManifestHead | None
    folder: Path | None
    """The data set's, where it has one."""

    @property
    def has_rows(self) -> bool:
        """Whether it is known what is trained on."""
        return any(row.turns is not None for row in self.samples)


class _Keys(msgspec.Struct):
    entities: msgspec.Raw | UnsetType = UNSET
    label: msgspec.Raw | UnsetType = UNSET


def open_data(source: str, task: str | None = None, reading: ReadingOptions | None = None) -> OpenedData:
    """Read a dataset directory, a gold file, or an annotated file or folder that ``generate corpus`` reads.

    Args:
        source: Its path, or a name of a hub.
        task: Whose labels an annotated file has; None for those that it uses.
        reading: How an annotated file is to be read.

    Raises:
        UserError: it cannot be read, or is none of these.
        UsageError: there is no such layout or task.
    """
    reading = reading or ReadingOptions()
    path = resolve_source(source)
    _refuse_several(path)
    if reading.layout in (None, _GOLD) and _is_gold(path):
        return _open_gold(path)
    try:
        files = AnnotatedFiles(path, None if task is None else find_named_task(task), reading)
    except UsageError as err:
        raise UsageError(f"{err}\n{_EXPECTED}") from err
    samples = [DataSample(split or WHOLE, sample) for split, sample in files.samples_of_parts()]
    notes = [f"read as {files.layout}", *files.notes(), *_read_notes(files)]
    return OpenedData(samples, _in_order(samples), notes, None, None)


def _refuse_several(path: Path) -> None:
    if not (path / DATASET_INFO).is_file() or (path / _GOLD).is_dir():
        return
    sets = sorted(str(found.parent) for found in path.glob(f"*/{MANIFEST}"))
    if sets:
        raise UserError(f"{path}: holds several data sets; name one of them: {', '.join(sets)}")
    raise UserError(
        f"{path}: holds rows for a trainer and no {_GOLD}/, so no sentences with their entities; "
        "name a file of its rows"
    )


def _is_gold(path: Path) -> bool:
    """Tell whether a file or folder is gold, of entities or of labels."""
    files = gold_layout.files_of(path)
    return bool(files) and (_is_label_gold(files[0]) or gold_layout.recognises(read_head(files[0])))


def _is_label_gold(path: Path) -> bool:
    if path.suffix != ".jsonl":
        return False
    try:
        first = next((row for _, row in read_jsonl(path, _Keys)), _Keys())
    except UserError:
        # A file of another layout, which its own reader looks at.
        return False
    return first.label is not UNSET and first.entities is UNSET


def _open_gold(path: Path) -> OpenedData:
    folder = gold_layout.data_set_of(path)
    head = read_manifest_head(folder / MANIFEST) if (folder / MANIFEST).is_file() else None
    samples: list[DataSample] = []
    notes: list[str] = []
    for file in gold_layout.files_of(path):
        split = file.stem if file.stem in gold_layout.PARTS else WHOLE
        found = list(_read_split(file, split))
        rows = TrainedRows() if head is None else read_trained(folder, split, len(found))
        notes += rows.notes
        samples += _with_rows(found, rows)
    return OpenedData(samples, _in_order(samples), notes, head, folder if head else None)


def _read_split(path: Path, split: str) -> Iterator[DataSample]:
    if _is_label_gold(path):
        for text in read_labelled(path):
            yield DataSample(split, Sample(text.id, text.text, (), text.meta), text.label)
        return
    faults = RowFaults(path, _ADVICE)
    for sample in distinct(path, _samples(path, faults), faults):
        yield DataSample(split, sample)


def _samples(path: Path, faults: RowFaults) -> Iterator[tuple[int, Sample]]:
    """Yield what can be shown; spans and values may contradict each other, which the page tells."""
    for number, row in read_jsonl(path, GoldRow, faults):
        try:
            yield number, Sample(row.id, row.text, row.entities, row.meta)
        except ValueError as err:
            faults.add(number, str(err))


def _with_rows(samples: Sequence[DataSample], rows: TrainedRows) -> Iterator[DataSample]:
    if rows.turns is None:
        yield from samples
        return
    for row, turns in zip(samples, rows.turns, strict=True):
        yield row._replace(turns=turns)


def _read_notes(files: AnnotatedFiles) -> Iterator[str]:
    counts = files.read_counts()
    for reason, n in counts.get("dropped_rows", {}).items():
        yield f"{n:,} rows were dropped: {reason}"
    for reason, n in counts.get("notes", {}).items():
        yield f"{n:,} {reason.replace('_', ' ')}"
    if n := counts.get("duplicate_entities", 0):
        yield f"{n:,} entities stood twice in their sentence; one of each is shown"


def _in_order(samples: Sequence[DataSample]) -> list[str]:
    found = dict.fromkeys(row.split for row in samples)
    known = [name for name in gold_layout.PARTS if name in found]
    return [*known, *(name for name in found if name not in gold_layout.PARTS)]
