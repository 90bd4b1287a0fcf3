"""Look a corpus through before anything is written: five bytes for each sample, never the samples."""

from array import array
from collections.abc import Collection, Iterator
from functools import reduce
from hashlib import blake2b
from operator import or_
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from nerforge.generators.corpora.reading.row_reports import RowReport

_LABELS = 62
"""Labels that are told apart when rows are stratified; those beyond share one bit."""
PARTS = ("train", "dev", "test")
_PART_NAMES = {
    "train": "train",
    "training": "train",
    "dev": "dev",
    "valid": "dev",
    "validation": "dev",
    "test": "test",
}
NO_PART = -1


class LabelledSample(Protocol):
    """A sample, as far as it is looked at here."""

    @property
    def text(self) -> str:
        """What is labelled."""

    @property
    def labels(self) -> Collection[str]:
        """The labels that it has, in any number."""

    @property
    def labelling(self) -> bytes:
        """All that is said of the text; two samples that agree in both are the same."""


class RowWithPart(Protocol):
    """A row, as far as it is looked at here."""

    @property
    def part(self) -> str | None:
        """The split that the file puts it in, where it says so."""


L_co = TypeVar("L_co", bound=LabelledSample, covariant=True)
R = TypeVar("R", bound=RowReport)


class CorpusReader(Protocol[L_co, R]):
    """A corpus, read anew each time."""

    path: Path

    def report(self) -> R:
        """Start counting."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that its samples may have."""

    def samples(self, report: R) -> Iterator[tuple[L_co | None, RowWithPart]]:
        """Yield a sample for each row, or None for one that cannot be used, and count what became of it."""


class Survey(NamedTuple):
    """What is known of the samples of a corpus; many of them may be the same."""

    report: RowReport
    sample: NDArray[np.uint32]
    """Which of the different samples each one is, shape (samples,)."""
    part: NDArray[np.int8]
    """The split that the file states, as a number of ``PARTS``, or ``NO_PART``, shape (samples,)."""
    text: NDArray[np.int64]
    """A number for the text of each different sample, shape (different samples,)."""
    labels: NDArray[np.int64]
    """A bit for each label that occurs in it, shape (different samples,)."""

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self.sample)

    @property
    def n_texts(self) -> int:
        """Number of different texts."""
        return int(self.text.max()) + 1

    @property
    def n_duplicates(self) -> int:
        """Samples that repeat a text."""
        return self.n_samples - self.n_texts

    @property
    def n_contradictory(self) -> int:
        """Labellings of a text beyond its first one."""
        return len(self.text) - self.n_texts


def survey(corpus: CorpusReader[LabelledSample, R]) -> Survey:
    """Read a corpus, and count.

    Raises:
        UserError: it holds no usable row.
    """
    report = corpus.report()
    samples, parts = array("I"), array("b")
    texts, labels = array("Q"), array("q")
    numbers: dict[int, int] = {}
    bits = {name: 1 << min(at, _LABELS) for at, name in enumerate(corpus.labels)}
    for sample, row in corpus.samples(report):
        if sample is None:
            continue
        # Numbers in place of samples: 一 LOC, 一 LOC, 一 PER give sample 0 0 1 and text 0 0.
        text = sample.text.encode()
        # 64 bits: with ten million samples a collision has a chance of about 3 in 10^6.
        number = numbers.setdefault(_hash(text + sample.labelling), len(numbers))
        if number == len(texts):
            texts.append(_hash(text))
            # A signed 64-bit number holds bits 0 to 62, and bit 62 is shared by all labels from the 63rd on.
            labels.append(reduce(or_, (bits[label] for label in sample.labels), 0))
        samples.append(number)
        parts.append(part_number(row.part))
    report.refuse_empty(corpus.path)
    return Survey(
        report,
        sample=np.frombuffer(samples, np.uint32),
        part=np.frombuffer(parts, np.int8),
        text=np.unique(np.frombuffer(texts, np.uint64), return_inverse=True)[1],
        labels=np.frombuffer(labels, np.int64),
    )


def _hash(content: bytes) -> int:
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "little")


def part_number(name: str | None) -> int:
    """Give the number in ``PARTS`` of a split as files call it, or ``NO_PART``."""
    known = _PART_NAMES.get((name or "").lower())
    return PARTS.index(known) if known else NO_PART
