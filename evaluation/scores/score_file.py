"""Read and write ``scores.json``."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from nerforge.evaluation.metrics.criteria import CRITERIA
from nerforge.evaluation.metrics.score_figures import SampleColumns
from nerforge.evaluation.reading.wrong_samples import WrongSample
from nerforge.evaluation.scores.schema import SCHEMA_VERSION, AnyScores, LabelScores, Scores
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_json

EXACT_MATCH = "exact_match"
_EXPECTED = "expected a file of `nerforge score --out`"
T = TypeVar("T")


def comparable_figures() -> tuple[str, ...]:
    """Name what may be compared: the micro F1 of a criterion, or the share of exactly right sentences."""
    return (*CRITERIA, EXACT_MATCH)


class MainFigure(NamedTuple):
    """The figure that a gate looks at: strict micro F1, or the accuracy of text classification."""

    name: str
    value: float
    low: float | None
    """The lower end of its 95 % interval, if it has one."""


class GoldSettings(msgspec.Struct, frozen=True):
    """What scores must share to be compared."""

    task: str
    gold_sha256: str


class _Micro(msgspec.Struct, frozen=True):
    f1: float


class _Criterion(msgspec.Struct, frozen=True):
    micro: _Micro


class ComparableScores(msgspec.Struct, frozen=True):
    """The part of ``Scores`` and of ``LabelScores`` that comparing needs; a file may lack the rest."""

    criteria: dict[str, _Criterion]
    settings: GoldSettings
    settings_sha256: str
    samples: SampleColumns
    errors: list[WrongSample]


class ScoreHead(msgspec.Struct, frozen=True):
    """The part that a gate needs; the sentences are not even read."""

    criteria: dict[str, _Criterion]
    settings: GoldSettings
    settings_sha256: str
    accuracy: float | None = None

    @property
    def main(self) -> float:
        """Strict micro F1, or the accuracy of text classification."""
        return self.criteria["strict"].micro.f1 if self.accuracy is None else self.accuracy


class _Kind(msgspec.Struct, frozen=True):
    """What tells how a score file is to be read."""

    schema_version: int = 1
    accuracy: float | UnsetType | None = UNSET
    """Of text classification alone."""


def read_scores(path: Path) -> AnyScores:
    """Read a score file whole: of entities, or of text classification.

    Files of before there was a version are of version 1.

    Raises:
        UserError: it cannot be read, is no score file, is of a later version, or lacks something.
    """
    content = _content(path)
    if _decode(path, content, _Kind).accuracy is UNSET:
        return _decode(path, content, Scores)
    return _decode(path, content, LabelScores)


def read_comparable(path: Path) -> ComparableScores:
    """Read of a score file the figures of every sentence.

    Raises:
        UserError: it cannot be read, is no score file, or its columns are of different lengths.
    """
    scores = _decode(path, _content(path), ComparableScores)
    # A column that is too short would shift the figures of all sentences after the gap.
    columns: list[list[Any]] = [scores.samples.exact_match]
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
    head = _decode(path, _content(path), ScoreHead)
    if head.accuracy is None and "strict" not in head.criteria:
        raise UserError(f"{path}: holds no strict figures; {_EXPECTED}")
    return head


def is_drop(baseline: float, score: float, max_drop: float) -> bool:
    """Tell whether a score is below the baseline by more than ``max_drop``, apart from rounding errors."""
    # Written with `not` so that NaN passes no limit.
    return not baseline - score <= max_drop + 1e-12


def main_figure(scores: AnyScores) -> MainFigure:
    """Give the figure that a gate looks at."""
    if isinstance(scores, LabelScores):
        return MainFigure("accuracy", scores.accuracy, scores.accuracy_low)
    micro = scores.criteria["strict"].micro
    return MainFigure("strict micro F1", micro.f1, micro.f1_low)


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


def _content(path: Path) -> msgspec.Raw:
    """Read a file once, as it may be a pipe, and refuse one of a later schema."""
    try:
        content = read_json(path, msgspec.Raw)
    except UserError as err:
        raise UserError(f"{err}; {_EXPECTED}") from err
    version = _decode(path, content, _Kind).schema_version
    if version > SCHEMA_VERSION:
        raise UserError(
            f"{path}: holds scores of schema version {version}, and this nerforge reads versions up to "
            f"{SCHEMA_VERSION}; update nerforge, or score again with this one"
        )
    return content


def _decode(path: Path, content: msgspec.Raw, file_type: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=file_type)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as err:
        raise UserError(f"{path}: {err}; {_EXPECTED}") from err


def encode_scores(scores: AnyScores) -> Iterator[bytes]:
    """Write scores as JSON with one key a line, one error a line and one column of samples a line.

    So a large test set gives no line for each number, and is written in blocks that need little memory.
    """
    encode = msgspec.json.encode
    separator = b"{\n"
    for key, value in _fields(scores):
        yield separator + encode(key) + b": "
        separator = b",\n"
        # `errors` is the only list at the top; a line for each lets a reader grep it.
        if value and isinstance(value, list):
            yield b"[\n"
            for i, error in enumerate(value):
                yield (b",\n" if i else b"") + encode(error)
            yield b"\n]"
        elif isinstance(value, SampleColumns):
            yield from encode_columns(value)
        else:
            yield msgspec.json.format(encode(value), indent=2)
    yield b"\n}\n"


def encode_columns(columns: Mapping[str, Any] | msgspec.Struct) -> Iterator[bytes]:
    """Write columns of numbers as JSON, a column a line."""
    if not columns:
        yield b"{}"
        return
    encode = msgspec.json.encode
    separator = b"{\n"
    for key, value in columns.items() if isinstance(columns, Mapping) else _fields(columns):
        yield separator + encode(key) + b": "
        separator = b",\n"
        if isinstance(value, Mapping | msgspec.Struct):
            yield from encode_columns(value)
        else:
            yield encode(value)
    yield b"\n}"


def _fields(value: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    fields = ((name, getattr(value, name)) for name in value.__struct_fields__)
    return (pair for pair in fields if pair[1] is not UNSET)
