"""Look a corpus through before anything is written: five bytes for each sample, never the samples."""

from array import array
from functools import reduce
from hashlib import blake2b
from operator import or_
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from generators.corpora.corpus import Corpus, ReadReport
from templates.errors import UserError

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


class Survey(NamedTuple):
    """What is known of the samples of a corpus; many of them may be the same."""

    report: ReadReport
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

    def duplicates(self) -> dict[str, int]:
        """Count samples that repeat a text, and labellings of a text beyond its first one."""
        n_texts = int(self.text.max()) + 1
        return {
            "duplicate_texts": self.n_samples - n_texts,
            "contradictory_texts": len(self.text) - n_texts,
        }


def survey(corpus: Corpus) -> Survey:
    """Read a corpus, and count.

    Raises:
        UserError: it holds no usable row.
    """
    report = ReadReport()
    samples, parts = array("I"), array("b")
    texts, labels = array("Q"), array("q")
    numbers: dict[int, int] = {}
    bits = {name: 1 << min(at, _LABELS) for at, name in enumerate(corpus.task.schema.names)}
    encode = msgspec.json.Encoder().encode
    for sample, row in corpus.samples(report):
        if sample is None:
            continue
        text = sample.text.encode()
        number = numbers.setdefault(_hash(text + encode(sample.entities)), len(numbers))
        if number == len(texts):
            texts.append(_hash(text))
            labels.append(reduce(or_, (bits[entity.label] for entity in sample.entities), 0))
        samples.append(number)
        parts.append(_part_number(row.part))
    if not samples:
        reasons = ", ".join(f"{n} {reason}" for reason, n in sorted(report.dropped_rows.items()))
        message = f"{corpus.path}: holds no usable rows ({reasons or 'it is empty'})"
        raise UserError("\n".join([message, *report.examples]))
    return Survey(
        report,
        sample=np.frombuffer(samples, np.uint32),
        part=np.frombuffer(parts, np.int8),
        text=np.unique(np.frombuffer(texts, np.uint64), return_inverse=True)[1],
        labels=np.frombuffer(labels, np.int64),
    )


def _hash(content: bytes) -> int:
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "little")


def _part_number(name: str | None) -> int:
    known = _PART_NAMES.get((name or "").lower())
    return PARTS.index(known) if known else NO_PART
