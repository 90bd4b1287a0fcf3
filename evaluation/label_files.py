"""Score files of text classification: gold rows with a ``label`` in place of entities."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from evaluation.classification import score_labels
from evaluation.figures import Bootstrap
from evaluation.prediction_files import Outputs, read_outputs
from evaluation.readings import MISSING
from generators.files import file_sha256, read_jsonl
from generators.gold import distinct
from templates.domain import Outcome, fold_label

TASK = "classification"
_EXCERPT = 2_000
"""Characters of a wrong answer that the scores keep."""


class _LabelRow(msgspec.Struct):
    id: str
    text: str
    label: str


def is_label_gold(gold: Path) -> bool:
    """Tell by its first row whether a gold file is one of text classification.

    Raises:
        UserError: the file cannot be read.
    """
    first = next((row for _, row in read_jsonl(gold, dict[str, Any])), {})
    return "label" in first and "entities" not in first


def score_label_files(
    gold: Path,
    predictions: Path,
    *,
    training: Path | None = None,
    layout: str | None = None,
    n_bootstrap: int = 1_000,
    seed: int = 0,
) -> dict[str, Any]:
    """Read gold labels and answers, and score them; the labels known are those of gold and training gold.

    Raises:
        UserError: a file cannot be read, or predictions do not belong to gold.
    """
    rows = list(distinct(gold, read_jsonl(gold, _LabelRow)))
    read = read_outputs(predictions, [(row.id, row.text) for row in rows], layout)
    known = [row.label for _, row in read_jsonl(training, _LabelRow)] if training else []
    names = _names([row.label for row in rows] + known)
    predicted = [_read_label(read, row.id, names) for row in rows]
    bootstrap = Bootstrap(n_bootstrap, seed)
    settings = {
        "task": TASK,
        "labels": sorted(set(names.values())),
        "gold_sha256": file_sha256(gold),
        "predictions": {
            "name": predictions.name, "sha256": file_sha256(predictions), "layout": read.layout,
        },
        "bootstrap": bootstrap._asdict(),
    }  # fmt: skip
    right = [int(label == row.label) for row, label in zip(rows, predicted, strict=True)]
    return {
        **score_labels([row.label for row in rows], predicted, bootstrap),
        "criteria": {},
        "samples": {"id": [row.id for row in rows], "exact_match": right, "criteria": {}},
        "errors": [
            _error(row, label, read.outputs.get(row.id))
            for row, label in zip(rows, predicted, strict=True)
            if label != row.label
        ],
        "settings": settings,
        "settings_sha256": sha256(msgspec.json.encode(settings, order="sorted")).hexdigest(),
        "predictions": {"notes": read.notes, "counts": read.counts},
    }


def _names(labels: Iterable[str]) -> dict[str, str]:
    return {fold_label(label): label for label in labels}


def _read_label(read: Outputs, row_id: str, names: dict[str, str]) -> str | None:
    """Read an answer that is a label, framed or not; any other answer, or one that was cut, names none."""
    output = read.outputs.get(row_id)
    if output is None or row_id in read.cut:
        return None
    return names.get(fold_label(output.strip().rstrip("。.")))


def _error(row: _LabelRow, label: str | None, output: str | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "text": row.text,
        "gold": [{"label": row.label, "text": row.label}],
        "predicted": [] if label is None else [{"label": label, "text": label}],
        "outcome": _outcome(label, output),
        "output": None if output is None else output[:_EXCERPT],
    }


def _outcome(label: str | None, output: str | None) -> str:
    if output is None:
        return MISSING
    return (Outcome.UNPARSABLE if label is None else Outcome.CLEAN).value
