"""Several files of a corpus as one: read one after the other, each with its own layout and faults."""

from collections.abc import Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from nerforge.foundation.files.hashing import file_sha256
from nerforge.foundation.printing import encodable
from nerforge.generators.corpora.input_files import InputFile, Inputs
from nerforge.generators.corpora.reading.row_reports import FilesReport, RowReport
from nerforge.generators.corpora.splitting.split_choice import Parts
from nerforge.generators.corpora.splitting.survey import (
    NO_PART,
    PARTS,
    CorpusReader,
    LabelledSample,
    RowWithPart,
    Survey,
    part_number,
)
from nerforge.generators.manifests.corpus_counts import FileCounts, RecognisedFile
from nerforge.generators.manifests.manifest import InputDigest

_BLOCK = 1 << 18
L_co = TypeVar("L_co", bound=LabelledSample, covariant=True)
R = TypeVar("R", bound=RowReport)


class CorpusFile(NamedTuple, Generic[L_co, R]):
    """A file of a corpus, and what reads it."""

    file: InputFile
    corpus: CorpusReader[L_co, R]
    recognised: RecognisedFile = RecognisedFile()
    """What was recognised of it, for the manifest."""


class JoinedFiles(Generic[L_co, R]):
    """The files of a corpus in their order; nothing of them is held."""

    def __init__(self, inputs: Inputs, files: Sequence[CorpusFile[L_co, R]]) -> None:
        """Take files that were opened for one task."""
        self.inputs = inputs
        self.files = files
        self.path = files[0].file.path

    def report(self) -> FilesReport:
        """Start counting."""
        return FilesReport()

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that samples may have, whichever their file."""
        return self.files[0].corpus.labels

    def samples(self, report: FilesReport) -> Iterator[tuple[L_co | None, RowWithPart]]:
        """Yield a sample for each row of all files, or None for one with a fault, and count.

        Raises:
            UserError: as when a file was opened, or one has no usable row, or no usable entity.
        """
        for file, corpus, _ in self.files:
            counts = corpus.report()
            for sample, row in corpus.samples(counts):
                counts.note("rows_that_state_another_split", _states_another(row, file))
                yield sample, row
            report.add(counts)

    def check(self, report: RowReport) -> None:
        """Refuse a corpus of which one file cannot be learned from.

        Raises:
            UserError: a file has no usable row, or none of its entities can be used.
        """
        for (file, _, _), counts in zip(self.files, _of_files(report), strict=True):
            counts.refuse_empty(file.path)
            counts.check(file.path)

    def fixed(self, report: RowReport) -> Parts:
        """Give the split of each sample that its file fixes, and ``NO_PART`` for one that may be drawn."""
        parts = [NO_PART if file.is_drawn_from else part_number(file.split) for file, _, _ in self.files]
        return np.repeat(np.array(parts, np.int8), [counts.n_samples for counts in _of_files(report)])

    def list_inputs(self) -> list[InputDigest]:
        """List the files with their hashes, and the splits that they are, for the manifest."""
        listed = []
        for file, _, _ in self.files:
            is_folder = file.path.is_dir()
            # Sorted, as the order of a folder differs from one file system to the next.
            paths = sorted(x for x in file.path.rglob("*") if x.is_file()) if is_folder else [file.path]
            for path in paths:
                below = encodable(path.relative_to(file.path).as_posix()) if is_folder else ""
                split = UNSET if self.inputs.is_single else file.split or "divided"
                name = f"{file.name}/{below}" if below else file.name
                listed.append(InputDigest(name, file_sha256(path), split))
        return listed

    def recognised(self) -> RecognisedFile:
        """Say what was recognised of a single file; that of several stands with each."""
        return self.files[0].recognised if self.inputs.is_single else RecognisedFile()

    def count_files(self, survey: Survey, parts: Parts) -> list[FileCounts] | None:
        """Say of each of several files what was recognised and drawn, and count what they share."""
        if self.inputs.is_single:
            return None
        reports = _of_files(survey.report)
        # Files of 3 and 2 samples: ends 3 and 5, so their samples are 0-3 and 3-5 of the survey.
        ends = np.cumsum([counts.n_samples for counts in reports]).tolist()
        pieces = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]
        shared = _in_several(survey, pieces)
        files = []
        for (file, _, recognised), counts, piece in zip(self.files, reports, pieces, strict=True):
            drawn = np.bincount(parts[piece][parts[piece] != NO_PART], minlength=len(PARTS)).tolist()
            files.append(
                FileCounts(
                    name=file.name,
                    split=file.split or "divided",
                    layout=recognised.layout,
                    offsets=recognised.offsets,
                    answers=recognised.answers,
                    rows=counts.rows,
                    samples=counts.n_samples,
                    drawn=dict(zip(PARTS, drawn, strict=True)),
                    texts_also_in_another_file=sum(int(shared[x].sum()) for x in _texts(survey, piece)),
                )
            )
        return files


def _of_files(report: RowReport) -> list[RowReport]:
    assert isinstance(report, FilesReport)
    return report.of_files


def _states_another(row: RowWithPart, file: InputFile) -> bool:
    stated = part_number(row.part)
    return file.split is not None and stated != NO_PART and stated != part_number(file.split)


def _in_several(survey: Survey, pieces: Sequence[slice]) -> NDArray[np.bool_]:
    """Tell for each text whether samples of several files have it."""
    n_texts = int(survey.text.max()) + 1
    # The first and the last file of each text; where they differ, several files have it.
    first = np.full(n_texts, len(pieces), np.int32)
    last = np.full(n_texts, -1, np.int32)
    for number, piece in enumerate(pieces):
        for texts in _texts(survey, piece):
            first[texts] = np.minimum(first[texts], number)
            last[texts] = number
    is_shared: NDArray[np.bool_] = first < last
    return is_shared


def _texts(survey: Survey, piece: slice) -> Iterator[NDArray[np.int64]]:
    """Give the texts of some samples, of so many at a time that they are never held for all."""
    for start in range(piece.start, piece.stop, _BLOCK):
        yield survey.text[survey.sample[start : min(start + _BLOCK, piece.stop)]]
