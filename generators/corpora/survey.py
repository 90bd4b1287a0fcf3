"""Look a corpus through before anything is written: a few numbers for each row, never the rows."""

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
    """What is known of the samples of a corpus; each array has a number for each sample."""

    report: ReadReport
    text: NDArray[np.uint64]
    """A hash of the text."""
    labelling: NDArray[np.uint64]
    """A hash of the entities."""
    labels: NDArray[np.int64]
    """A bit for each label that occurs."""
    part: NDArray[np.int8]
    """The split that the file states, as a number of ``PARTS``, or ``NO_PART``."""

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self.text)

    def duplicates(self) -> dict[str, int]:
        """Count samples that repeat a text, and labellings of a text beyond its first one."""
        n_texts = len(np.unique(self.text))
        pairs = np.unique(np.stack([self.text, self.labelling], axis=1), axis=0)
        return {
            "duplicate_texts": self.n_samples - n_texts,
            "contradictory_texts": len(pairs) - n_texts,
        }


def survey(corpus: Corpus) -> Survey:
    """Read a corpus, and count.

    Raises:
        UserError: it holds no usable row.
    """
    report = ReadReport()
    texts, labellings, labels, parts = array("Q"), array("Q"), array("q"), array("b")
    bits = {name: 1 << min(at, _LABELS) for at, name in enumerate(corpus.task.schema.names)}
    encode = msgspec.json.Encoder().encode
    for sample, row in corpus.samples(report):
        if sample is None:
            continue
        texts.append(_hash(sample.text.encode()))
        labellings.append(_hash(encode(sample.entities)))
        labels.append(reduce(or_, (bits[entity.label] for entity in sample.entities), 0))
        parts.append(_part_number(row.part))
    if not texts:
        reasons = ", ".join(f"{n} {reason}" for reason, n in sorted(report.dropped_rows.items()))
        message = f"{corpus.path}: holds no usable rows ({reasons or 'it is empty'})"
        raise UserError("\n".join([message, *report.examples]))
    return Survey(
        report,
        text=np.frombuffer(texts, np.uint64),
        labelling=np.frombuffer(labellings, np.uint64),
        labels=np.frombuffer(labels, np.int64),
        part=np.frombuffer(parts, np.int8),
    )


def _hash(content: bytes) -> int:
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "little")


def _part_number(name: str | None) -> int:
    known = _PART_NAMES.get((name or "").lower())
    return PARTS.index(known) if known else NO_PART
