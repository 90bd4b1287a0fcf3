"""What a page without texts shows in the place of names that may say something of the sentences."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from hmac import digest
from typing import Any

from nerforge.evaluation.metrics.slices import TEMPLATE
from nerforge.generators.classification.label_gold import LabelledText
from nerforge.templates.domain import Sample

_SHORT = 12
"""Hexadecimal digits of a hash that stands for a name."""
_FILES = ("gold", "predictions", "training")


class TextMask:
    """Hashes texts with a key that only who has all sentences can make.

    Without a key a short value, such as a name or a number, would be found by hashing all that it could be.
    """

    def __init__(self, samples: Iterable[Sample | LabelledText], labels: Iterable[str] = ()) -> None:
        """Make the key of all samples; take the labels of the task, which stay."""
        key = sha256(b"nerforge report")
        for sample in samples:
            key.update(_bytes(sample.id) + b"\0" + _bytes(sample.text) + b"\0")
        self._key = key.digest()
        self._labels = frozenset(labels)

    def whole(self, text: str) -> str:
        """Give the hash of a text, hexadecimal."""
        return digest(self._key, _bytes(text), "sha256").hex()

    def short(self, text: str) -> str:
        """Give the beginning of a hash, which tells the values of a page apart."""
        return self.whole(text)[:_SHORT]

    def label(self, label: str) -> str:
        """Leave a label of the task; others come from answers, and may say anything."""
        return label if label in self._labels else self.short(label)

    def slice(self, name: str) -> str:
        """Hide the name of a template, which metadata gives; the other slices are names of ours."""
        return f"{TEMPLATE}{self.short(name)}" if name.startswith(TEMPLATE) else name


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def hide_names(scores: dict[str, Any], mask: TextMask) -> None:
    """Hide, in the content of a score file, names of files and templates, answers' own labels, and notes."""
    settings = scores["settings"]
    for key in _FILES:
        if settings[key] is not None:
            settings[key]["name"] = ""
    scores["predictions"]["notes"] = []
    scores["slices"] = {mask.slice(name): figures for name, figures in scores["slices"].items()}
    for criterion in scores["criteria"].values():
        criterion["per_label"] = _masked(criterion["per_label"], mask)
    confusion = scores["confusion"]
    confusion["pairs"] = {gold: _masked(row, mask) for gold, row in _masked(confusion["pairs"], mask).items()}
    for key in ("missed", "spurious"):
        confusion[key] = _masked(confusion[key], mask)


def _masked(counts: Mapping[str, Any], mask: TextMask) -> dict[str, Any]:
    return {mask.label(label): found for label, found in counts.items()}
