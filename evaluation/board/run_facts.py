"""What is known of a run besides its answers: found in the files beside them, or told by the user."""

from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

import msgspec

from nerforge.evaluation.board.row_kinds import BASELINES, WITHOUT_TRAINING
from nerforge.evaluation.board.stored_rows import Questions, TrainedRows
from nerforge.evaluation.predicting.answer_log import settings_path
from nerforge.foundation.files.hashing import file_sha256
from nerforge.foundation.files.reading import read_json
from nerforge.generators.datasets.dataset import MANIFEST
from nerforge.generators.manifests.manifest import AnyManifest, read_as

_BASELINE = "baseline "
_ANSWERING = (
    *("engine", "template", "enable_thinking", "max_new_tokens", "decoding", "constraint", "model_sha256"),
    *("adapter_sha256", "c1", "c2", "max_rounds", "min_count", "max_unlabelled", "nested", "tables"),
    "crfsuite",
)
"""Settings beside predictions that are kept; ``model`` may be a path of the user's machine."""


class _CorpusChoice(msgspec.Struct):
    """Of the settings of a data set, what concerns its training rows and prompts."""

    shots: int = 0
    empty: float | None = None


class _DataManifest(msgspec.Struct):
    settings: _CorpusChoice


def read_answer_settings(predictions: Path) -> dict[str, Any]:
    """Read what stands beside a file of predictions; nothing where there is none."""
    path = settings_path(predictions)
    return read_json(path, dict[str, Any]) if path.is_file() else {}


def kept_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Give those of the answers' settings that a board keeps."""
    return {name: settings[name] for name in _ANSWERING if settings.get(name) is not None}


def read_questions(data: Path) -> Questions | None:
    """Read how the rows of a data set ask; None where no manifest says it."""
    path = data / MANIFEST
    if not path.is_file():
        return None
    manifest = read_as(path, AnyManifest)
    if manifest.prompt is None:
        return None
    choice = read_as(path, _DataManifest).settings
    return Questions(
        answer_format=manifest.answer_format,
        # A prompt of the user's is a path; its hash tells it.
        prompt=PurePath(manifest.prompt.name).name,
        prompt_sha256=manifest.prompt.sha256,
        shots=choice.shots,
        seed=manifest.seed,
        turn=manifest.prompt.turn,
        language=manifest.language,
        labels=manifest.labels,
        empty=choice.empty,
    )


def read_training(data: Path) -> TrainedRows | None:
    """Count and hash the training gold of a data set; None where it has none."""
    gold = data / "gold" / "train.jsonl"
    if not gold.is_file():
        return None
    return TrainedRows(rows=len(gold.read_bytes().splitlines()), sha256=file_sha256(gold))


def guess_kind(settings: Mapping[str, Any], questions: Questions | None, *, is_trained: bool) -> str | None:
    """Tell what answered by the settings beside the answers; None where nothing tells."""
    engine = settings.get("engine")
    if isinstance(engine, str) and engine.startswith(_BASELINE):
        name = engine.removeprefix(_BASELINE)
        return name if name in BASELINES else None
    if is_trained or settings.get("adapter_sha256"):
        return "lora"
    if engine is None:
        return None
    return "few-shot" if questions and questions.shots else "zero-shot"


def is_trained(kind: str) -> bool:
    """Whether what answers learned from training rows."""
    return kind not in WITHOUT_TRAINING
