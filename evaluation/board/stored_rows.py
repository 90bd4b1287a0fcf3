"""What a board keeps of a run: a file of figures and settings and one of spans, neither with a text.

::

    BOARD/ccfbdci/crf-1000.json           who answered, how, and what that scores
    BOARD/ccfbdci/crf-1000.spans.jsonl    the answers as labels and offsets
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

import msgspec

from nerforge.evaluation.metrics.score_figures import Figures
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_json, read_jsonl
from nerforge.foundation.files.writing import to_json, write_whole

SCHEMA_VERSION = 1
SPANS_ENDING = ".spans.jsonl"


class TrainedRows(msgspec.Struct, frozen=True, kw_only=True):
    """The training gold that was learned from."""

    rows: int
    sha256: str | None = None
    """Of its gold file, where that is known."""


class Questions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a model was asked, as the manifest of its data set says."""

    answer_format: str
    prompt: str
    prompt_sha256: str
    shots: int = 0
    seed: int | None = None
    """Of the data set: it draws the examples of a prompt."""
    turn: str = "user"
    language: str | None = None
    labels: str | None = None
    empty: float | None = None
    """Share of training rows without entities, at most; None for all."""


class PartFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What a run scores on one part of a set."""

    gold_sha256: str
    n_samples: int
    outcomes: dict[str, int]
    """How reading the answers ended, or ``missing``; what did not occur is absent."""
    problems: dict[str, int]
    exact_match: float
    """Share of sentences whose answer is exactly gold."""
    criteria: dict[str, Figures]
    """Micro figures."""


class SentenceColumns(msgspec.Struct, frozen=True):
    """Strict counts of the sentences of the largest part, in order, as numbers between blanks."""

    tp: str
    n_gold: str
    n_predicted: str

    @classmethod
    def of(cls, tp: Iterable[float], n_gold: Iterable[int], n_predicted: Iterable[int]) -> "SentenceColumns":
        """Write columns of counts."""
        return cls(*(" ".join(str(int(n)) for n in column) for column in (tp, n_gold, n_predicted)))

    def first(self, n: int) -> tuple[list[int], list[int], list[int]]:
        """Give the columns of the first ``n`` sentences."""
        tp, n_gold, n_predicted = (
            [int(x) for x in column.split()[:n]] for column in (self.tp, self.n_gold, self.n_predicted)
        )
        return tp, n_gold, n_predicted


class RunFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What answered, and how: found in the files beside the answers, or told by the user."""

    kind: str
    """One of ``KINDS``."""
    model: str | None = None
    training: TrainedRows | None = None
    questions: Questions | None = None
    seed: int | None = None
    """Of the training."""
    hyperparameters: dict[str, Any] = {}
    answering: dict[str, Any] = {}
    """What shaped the answers: engine, template, limit of new tokens."""
    versions: dict[str, str] = {}
    machine: str | None = None
    seconds_of_training: float | None = None
    rows_per_second: float | None = None
    """Answered."""
    note: str | None = None

    def default_name(self) -> str:
        """Make a name that tells runs apart."""
        # lora-qwen2.5-coder-0.5b-instruct-1000-xml-short-s42
        parts: list[object] = [self.kind, self.model]
        if self.training:
            parts.append(self.training.rows)
        if self.questions:
            parts += [self.questions.answer_format, PurePath(self.questions.prompt).stem]
        if self.seed is not None:
            parts.append(f"s{self.seed}")
        name = "-".join(str(part) for part in parts if part)
        return re.sub(r"[^\w.-]+", "-", name.lower()).strip("-.")


class BoardRow(msgspec.Struct, frozen=True, kw_only=True):
    """A run on a board."""

    schema_version: int = SCHEMA_VERSION
    board: str
    """The set that was answered: a known split, or a name of the user's."""
    name: str
    run: RunFacts
    parts: dict[str, PartFigures]
    """By part, the largest last."""
    sentences: SentenceColumns

    @property
    def n_training(self) -> int:
        """Training rows, 0 where there are none or nothing is known of them."""
        return self.run.training.rows if self.run.training else 0


class StoredAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer to a sentence; one that is whole and names nothing is not written down."""

    id: str
    entities: list[tuple[Any, ...]] = []
    """Label, start and end; behind them the hash of a value that is not what the span says."""
    outcome: str | None = None
    """Where it is neither ``clean`` nor ``empty``."""
    lost: bool = False
    """Whether a piece of it could not be read."""


def row_path(board: Path, row: BoardRow) -> Path:
    """Name the file of a row."""
    return board / row.board / f"{row.name}.json"


def spans_path(path: Path) -> Path:
    """Name the file of spans beside that of a row."""
    return path.with_name(path.name.removesuffix(".json") + SPANS_ENDING)


def write_row(board: Path, row: BoardRow, answers: Iterable[StoredAnswer]) -> Path:
    """Write both files of a row, and return the first."""
    path = row_path(board, row)
    encode = msgspec.json.encode
    write_whole(spans_path(path), b"".join(encode(answer) + b"\n" for answer in answers))
    write_whole(path, to_json(msgspec.to_builtins(row)))
    return path


def read_answers_of(path: Path) -> Mapping[str, StoredAnswer]:
    """Read the spans of a row by the ids of the sentences.

    Raises:
        UserError: the file cannot be read.
    """
    return {answer.id: answer for _, answer in read_jsonl(spans_path(path), StoredAnswer)}


def read_rows(board: Path) -> Iterator[tuple[Path, BoardRow]]:
    """Read all rows of a board, in the order of their files' names.

    Raises:
        UserError: a file is no row, is of a later version, or rows of one set are of different gold.
    """
    gold: dict[tuple[str, str], tuple[str, Path]] = {}
    for path in sorted(board.glob("*/*.json")):
        row = read_json(path, BoardRow)
        if row.schema_version > SCHEMA_VERSION:
            raise UserError(
                f"{path}: schema_version {row.schema_version} is later than {SCHEMA_VERSION}, all that this "
                "version of nerforge reads; update nerforge"
            )
        for name, part in row.parts.items():
            known, first = gold.setdefault((row.board, name), (part.gold_sha256, path))
            if known != part.gold_sha256:
                raise UserError(
                    f"{path}: {name} has gold of SHA-256 {part.gold_sha256[:12]}, that of {first} is "
                    f"{known[:12]}; rows of one set answer the same gold: add it as another --board-name"
                )
        yield path, row
