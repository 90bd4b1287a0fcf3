"""The rows of an annotated file or folder, on their way to another layout."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.aligning.offsets import EndConvention
from nerforge.generators.corpora.conversion.fitting import ConvertedRow
from nerforge.generators.corpora.conversion.losses import LossCounter
from nerforge.generators.corpora.corpus import Corpus, CorpusRow
from nerforge.generators.corpora.from_gold import row_of_sample
from nerforge.generators.corpora.input_files import InputFile, Inputs
from nerforge.generators.corpora.published_folders import unfold
from nerforge.generators.corpora.reading.raw_rows import RawRow
from nerforge.generators.corpora.reading.reading_options import ReadingOptions
from nerforge.generators.corpora.reading.row_reports import FilesReport, ReadReport, RowReport
from nerforge.generators.corpora.splitting.split_choice import SampleChoice
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.templates.domain import Sample
from nerforge.templates.tasks import Task


class RowSource(Protocol):
    """Rows that can be read again and again, and what is known of them."""

    layout: str
    """That of the source."""
    n_rows: int
    """Rows that it has, faulty ones included."""
    parts: frozenset[str | None]
    """The splits that its rows say they belong to."""

    def rows(self, losses: LossCounter) -> Iterator[ConvertedRow]:
        """Yield the rows that are usable, in order.

        Raises:
            UserError: the source cannot be read, or a row is dropped although nothing may be lost.
        """

    def read_counts(self) -> Mapping[str, Any]:
        """Say what became of the rows in the last pass."""

    def notes(self) -> Sequence[str]:
        """Say how the source was read."""


class _OpenedFile(NamedTuple):
    file: InputFile
    corpus: Corpus


class AnnotatedFiles:
    """The rows of an annotated file, or of the files of a folder whose names say splits."""

    def __init__(self, path: Path, task: Task | None, reading: ReadingOptions) -> None:
        """Open the files, each of which is read once for what its offsets mean.

        Args:
            path: A file or folder that ``generate corpus`` reads.
            task: Whose labels it has; None for those that it uses.
            reading: How it is to be read.

        Raises:
            UserError: a file cannot be read.
            UsageError: a layout is not known.
        """
        # Neither is anything divided, nor written there.
        kept = unfold(Inputs((path,)), SampleChoice(split="given"), DatasetOptions(path, dev=0, test=0))
        self._files = [
            _OpenedFile(file, Corpus(file.path, task, reading, name=file.name, tag=file.tag))
            for file in kept.inputs.files()
        ]
        self.layout = ", ".join(dict.fromkeys(corpus.layout_name for _, corpus in self._files))
        self.n_rows = sum(corpus.n_rows for _, corpus in self._files)
        self.parts = frozenset(
            part for file, corpus in self._files for part in ((file.split,) if file.split else corpus.parts)
        )
        self._report: RowReport = ReadReport()

    def rows(self, losses: LossCounter) -> Iterator[ConvertedRow]:
        """Yield the rows of all files."""
        for file, read in self._usable(is_strict=losses.is_strict):
            yield _converted(read, file)

    def samples(self) -> Iterator[Sample]:
        """Yield the usable rows of all files as samples.

        Raises:
            UserError: a file cannot be read.
        """
        for _, sample in self.samples_of_parts():
            yield sample

    def samples_of_parts(self) -> Iterator[tuple[str | None, Sample]]:
        """Yield the same with the splits that files or rows say they belong to.

        Raises:
            UserError: a file cannot be read.
        """
        for file, read in self._usable(is_strict=False):
            assert read.sample is not None
            yield file.split or read.row.part, read.sample

    def _usable(self, *, is_strict: bool) -> Iterator[tuple[InputFile, CorpusRow]]:
        report = FilesReport()
        for file, corpus in self._files:
            counts = corpus.report()
            for read in corpus.read(counts):
                if read.sample is not None:
                    yield file, read
                elif is_strict:
                    raise UserError(f"{counts.examples[-1]}; leave out --strict to drop such rows")
            counts.refuse_empty(file.path)
            counts.check(file.path)
            report.add(counts)
        self._report = report if len(report.of_files) > 1 else report.of_files[0]

    def read_counts(self) -> Mapping[str, Any]:
        """Give the counts of the last pass, as in a manifest."""
        counts: Mapping[str, Any] = msgspec.to_builtins(self._report.counts())
        return counts

    def notes(self) -> Sequence[str]:
        """Say what offsets mean."""
        known = (x for x in self._files if x.corpus.convention.end is not EndConvention.UNKNOWN)
        return [_convention_note(file, corpus) for file, corpus in known]


def _converted(read: CorpusRow, file: InputFile) -> ConvertedRow:
    sample, stated, scores = read
    assert sample is not None
    row = row_of_sample(sample, stated.place, file.split or stated.part, scores)
    row = row._replace(id=_id_of(stated), meta=stated.meta)
    return ConvertedRow(f"{file.name}:{stated.place}", row, sample.id)


def _id_of(stated: RawRow) -> str | None:
    # Exchanges of one conversation have the id of it.
    if stated.id is None or not stated.asked or not stated.asked.nth:
        return stated.id
    return f"{stated.id}-t{stated.asked.nth}"


def _convention_note(file: InputFile, corpus: Corpus) -> str:
    unit, first, end = corpus.convention
    return f"{file.name}: offsets count {unit.value} from {first}, ends are {end.value}"
