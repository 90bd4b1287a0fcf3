"""What a score file holds: written by ``nerforge score``, read by whatever compares, gates or shows scores.

``scores.schema.json`` beside this module is generated from these structs; ``schema_document`` says how.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from nerforge.evaluation.confidence.confidence_figures import ConfidenceScores
from nerforge.evaluation.error_causes.cause_figures import ErrorCauses
from nerforge.evaluation.grounding.grounding_scores import GroundingFigures
from nerforge.evaluation.metrics.criteria import CRITERIA, SHIPPED
from nerforge.evaluation.metrics.peer_figures import PeerScores
from nerforge.evaluation.metrics.score_figures import (
    Bootstrap,
    BoundaryErrors,
    ConfusedClasses,
    ConfusedLabels,
    CriterionScores,
    Figures,
    SampleColumns,
)
from nerforge.evaluation.reading.wrong_samples import WrongLabel, WrongSample
from nerforge.evaluation.scores.score_tables import ScoreTables
from nerforge.foundation.files.hashing import HashedFile
from nerforge.foundation.files.writing import to_json, write_whole

SCHEMA_FILE = Path(__file__).with_name("scores.schema.json")
SCHEMA_VERSION = 1
"""Incremented when a key is renamed, removed or gets another meaning; a file without it is of 1."""


class SpanOffsets(msgspec.Struct, frozen=True):
    """How a file of spans counts."""

    unit: str
    first: int
    end: str


class PredictionsFile(msgspec.Struct, frozen=True, kw_only=True):
    """The predictions that were scored."""

    name: str
    sha256: str
    kind: str | UnsetType = UNSET
    """``spans``; not given for answers."""
    layout: str
    offsets: SpanOffsets | UnsetType = UNSET
    """Of spans."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the scores of entities depend on."""

    task: str
    answer_format: str
    labels: list[str]
    gold: HashedFile
    gold_sha256: str
    predictions: PredictionsFile
    training: HashedFile | None
    bootstrap: Bootstrap


class LabelSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the scores of text classification depend on."""

    task: str
    labels: list[str]
    gold_sha256: str
    predictions: PredictionsFile
    bootstrap: Bootstrap


class PredictionCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How rows of predictions and of gold were matched."""

    answers: int = 0
    missing: int = 0
    """Gold samples without an answer."""
    failed: int = 0
    """Rows without a prediction."""
    cut_answers: int = 0
    """Answers truncated at the limit of new tokens."""
    cut_prompts: int = 0
    """Truncated prompts."""
    moved: int = 0
    """Rows matched by another key than the first one tried."""
    not_in_gold: int | UnsetType = UNSET
    """Of answers."""
    unmatched: int | UnsetType = UNSET
    """Of spans."""
    repeated: int = 0


class PredictionRemarks(msgspec.Struct, frozen=True):
    """How the predictions were read."""

    notes: list[str] = []
    counts: PredictionCounts = PredictionCounts()


class Scores(ScoreTables, msgspec.Struct, frozen=True, kw_only=True):
    """The scores of entities."""

    schema_version: int = SCHEMA_VERSION
    n_samples: int
    n_answers: int
    """Rows whose answer was looked for; more than samples where texts were split."""
    n_gold: int
    n_predicted: int
    outcomes: dict[str, int]
    """How reading the answers ended, or ``missing``."""
    problems: dict[str, int]
    groundings: dict[str, int]
    criteria: dict[str, CriterionScores]
    sample_exact_match: float
    """Share of samples whose answer is exactly gold."""
    sample_exact_match_low: float | None
    sample_exact_match_high: float | None
    slices: dict[str, Figures]
    """Strict figures of parts of the set, such as ``kind:inferred``."""
    confusion: ConfusedLabels
    boundary_errors: BoundaryErrors
    compatible: PeerScores
    samples: SampleColumns
    errors: list[WrongSample]
    settings: Settings
    settings_sha256: str
    """Of the settings as JSON with sorted keys."""
    predictions: PredictionRemarks = PredictionRemarks()
    grounding: GroundingFigures | UnsetType = UNSET
    """Of the answers after grounding on tables; everything else is of the answers as they are."""
    confidence: ConfidenceScores | UnsetType = UNSET
    """What the confidences of the predictions are worth, where they have any."""
    why: ErrorCauses | UnsetType = UNSET
    """What the errors come from, where it was asked for."""


class LabelScores(ScoreTables, msgspec.Struct, frozen=True, kw_only=True):
    """The scores of text classification."""

    schema_version: int = SCHEMA_VERSION
    n_samples: int
    n_unread: int
    """Texts whose answer names no label."""
    accuracy: float
    accuracy_low: float | None
    accuracy_high: float | None
    macro_f1: float
    """Mean over the labels that occur on either side."""
    macro_f1_low: float | None
    macro_f1_high: float | None
    per_label: dict[str, Figures]
    confusion: ConfusedClasses
    n_not_offered: int
    """Answers that name a label which the prompt did not offer."""
    criteria: dict[str, CriterionScores]
    """Empty: a text has one label and no entities."""
    samples: SampleColumns
    errors: list[WrongLabel]
    settings: LabelSettings
    settings_sha256: str
    """Of the settings as JSON with sorted keys."""
    predictions: PredictionRemarks


AnyScores = Scores | LabelScores


def schema_document() -> Mapping[str, Any]:
    """Give the JSON schema of a score file.

    It is shipped as ``scores.schema.json``; ``python -m nerforge.evaluation.scores.schema`` renews that file.
    """
    # The structs have no tag: `accuracy` tells text classification from entities, as it did before versions.
    (entities, labels), components = msgspec.json.schema_components((Scores, LabelScores))
    meanings = "; ".join(f"`{name}`: {CRITERIA[name].meaning}" for name in SHIPPED)
    components["Scores"]["properties"]["criteria"]["description"] = (
        f"By criterion. A predicted entity matches a gold one if, by {meanings}. Other packages may add some."
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A score file of `nerforge score --out`",
        "anyOf": [entities, labels],
        "$defs": components,
    }


def main() -> None:
    """Write the JSON schema beside this module."""
    write_whole(SCHEMA_FILE, to_json(schema_document()))


if __name__ == "__main__":
    main()
