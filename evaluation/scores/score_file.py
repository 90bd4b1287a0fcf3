"""Read ``scores.json`` files back, as far as comparing them needs it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_json

EXACT_MATCH = "exact_match"
CRITERIA = ("strict", "exact", "partial", "type", "text", "text_set", EXACT_MATCH)
"""What may be compared: the micro F1 of a criterion, or the share of exactly right sentences."""
T = TypeVar("T")


class MainFigure(NamedTuple):
    """The figure that a gate looks at: strict micro F1, or the accuracy of text classification."""

    name: str
    value: float


class GoldSettings(msgspec.Struct):
    """What scores must share to be compared."""

    task: str
    gold_sha256: str


class _Micro(msgspec.Struct):
    f1: float


class _Criterion(msgspec.Struct):
    micro: _Micro


class SentenceCounts(msgspec.Struct):
    """Counts of one criterion, a figure per sentence."""

    tp: list[float]
    n_gold: list[int]
    n_predicted: list[int]


class SampleColumns(msgspec.Struct):
    """What each sentence came to, in the order of gold."""

    id: list[str]
    exact_match: list[int]
    criteria: dict[str, SentenceCounts]
    """Empty in text classification."""


class FoundProblem(msgspec.Struct):
    """What was dropped from an answer, mended in it, or is doubtful in it."""

    kind: str


class WrongSample(msgspec.Struct):
    """A sentence whose answer is not exactly gold."""

    id: str
    text: str
    gold: list[dict[str, Any]]
    predicted: list[dict[str, Any]]
    outcome: str
    """How reading the answer ended, or ``missing``."""
    problems: list[FoundProblem] = []


class ScoreFile(msgspec.Struct):
    """A ``scores.json``."""

    criteria: dict[str, _Criterion]
    settings: GoldSettings
    settings_sha256: str
    samples: SampleColumns
    errors: list[WrongSample]


class ScoreHead(msgspec.Struct):
    """The figures of a ``scores.json``, without its sentences."""

    criteria: dict[str, _Criterion]
    settings: GoldSettings
    settings_sha256: str
    accuracy: float | None = None

    @property
    def main(self) -> float:
        """Strict micro F1, or the accuracy of text classification."""
        return self.criteria["strict"].micro.f1 if self.accuracy is None else self.accuracy


def read_scores(path: Path) -> ScoreFile:
    """Read a score file with the figures of every sentence.

    Raises:
        UserError: it cannot be read, is no score file, or its columns are of different lengths.
    """
    scores = _read(path, ScoreFile)
    columns: list[Sequence[Any]] = [scores.samples.exact_match]
    for counts in scores.samples.criteria.values():
        columns += [counts.tp, counts.n_gold, counts.n_predicted]
    if not scores.samples.id or any(len(column) != len(scores.samples.id) for column in columns):
        raise UserError(f"{path}: holds no sentences, or columns of different lengths; score again")
    return scores


def require_same_gold(path: Path, settings: GoldSettings, baseline: Path, base: GoldSettings) -> None:
    """Refuse scores of another task or another gold file.

    Raises:
        UserError: task or gold differ.
    """
    if settings.task != base.task:
        raise UserError(f"{path}: scored as task {settings.task}, {baseline} as task {base.task}")
    if settings.gold_sha256 != base.gold_sha256:
        raise UserError(
            f"{path}: scored against another gold file (sha256 {settings.gold_sha256[:12]}) than {baseline} "
            f"({base.gold_sha256[:12]}); score both against the same gold"
        )


def read_head(path: Path) -> ScoreHead:
    """Read the figures of a score file.

    Raises:
        UserError: it cannot be read or is no score file.
    """
    head = _read(path, ScoreHead)
    if head.accuracy is None and "strict" not in head.criteria:
        raise UserError(f"{path}: holds no strict figures; expected a file of `nerforge score --out`")
    return head


def is_drop(baseline: float, score: float, max_drop: float) -> bool:
    """Tell whether a score falls behind the baseline by more than ``max_drop``, rounding errors apart."""
    # So written that nothing passes a limit that is no number.
    return not baseline - score <= max_drop + 1e-12


def main_figure(scores: Mapping[str, Any]) -> MainFigure:
    """Take the main figure out of what is written to a score file."""
    if "accuracy" in scores:
        return MainFigure("accuracy", scores["accuracy"])
    return MainFigure("strict micro F1", scores["criteria"]["strict"]["micro"]["f1"])


def refuse_foreign(out: Path) -> None:
    """Refuse to write scores over a file that holds something else.

    Raises:
        UserError: ``out`` exists and is no score file.
    """
    if not out.exists() and not out.is_symlink():
        return
    try:
        read_json(out, ScoreHead)
    except UserError as err:
        raise UserError(f"{out}: exists and is no score file; choose another --out") from err


def _read(path: Path, file_type: type[T]) -> T:
    try:
        return read_json(path, file_type)
    except UserError as err:
        raise UserError(f"{err}; expected a file of `nerforge score --out`") from err
