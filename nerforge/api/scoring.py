"""``score`` and ``load_scores``: answers or spans against gold, from files or from memory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from nerforge.evaluation.prediction_files import PredictionOptions
from nerforge.evaluation.scores.schema import AnyScores
from nerforge.evaluation.scores.score_file import read_scores
from nerforge.evaluation.scores.score_run import ScoreOptions, run_score
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.writing import write_whole
from nerforge.templates.domain import Sample

Row = Sample | Mapping[str, Any]
Gold = str | Path | Sequence[Row]
"""A gold file, a dataset directory, or samples: ``Sample`` or rows with ``id``, ``text`` and ``entities``."""
Predictions = str | Path | Mapping[str, str] | Sequence[Row]
"""A file in any layout that ``nerforge score`` reads, answers by id, or rows: of a file of answers, such as
``{"id": ..., "output": ...}``, or samples with the entities that were found."""


def score(
    gold: Gold,
    predictions: Predictions,
    *,
    split: str = "test",
    task: str | Path | None = None,
    format: str | None = None,
    layout: str | None = None,
    query_field: str | None = None,
    answer_field: str | None = None,
    by_position: bool = False,
    requests: str | Path | None = None,
    repeats: str | None = None,
    ends: str | None = None,
    unit: str | None = None,
    model: str | None = None,
    train: Gold | None = None,
    bootstrap: int = 1_000,
    seed: int = 0,
    out: str | Path | None = None,
    export: str | Path | None = None,
    ground: str | Path | None = None,
    ground_threshold: float | None = None,
    calibration: str | Path | None = None,
    at_precision: Sequence[float] = (),
    why: bool = False,
) -> AnyScores:
    """Score predictions, as the command ``nerforge score`` does.

    What is in memory is written to temporary files and read by the same code as any other file.

    Args:
        gold: Gold; of a folder, the gold of ``split``.
        predictions: Answers or spans, matched to gold by id, else by sentence or position.
        split: The split of a dataset directory.
        task: The task whose labels gold has; None for what the manifest says, or the labels of gold.
        format: The answer format, or ``auto``; None for what the manifest says, else ``auto``.
        layout: The layout of the file of predictions; None to recognise it.
        query_field: Its field or column, from 1, with the query.
        answer_field: Its field or column with the answer.
        by_position: Whether its rows are in the order of gold.
        requests: The file of requests of a batch, which says what each ``custom_id`` asked.
        repeats: ``first`` or ``last``, the answer that counts where a query has several that differ.
        ends: ``exclusive``, ``inclusive`` or ``off_by_one``, what ends of spans mean; None to find out.
        unit: ``code_points``, ``utf16`` or ``utf8``, what their offsets count; None to find out.
        model: Whose spans count, in an export of Label Studio with those of several models.
        train: Training gold, to score what it held apart; None for ``train.jsonl`` beside a gold file.
        bootstrap: Resamples behind the intervals; 0 for none.
        seed: Of the resampling.
        out: Where to write ``scores.json``.
        export: Where to write the figures as a table, ``.csv`` or ``.parquet``.
        ground: Tables on which the answers are also grounded: a domain, a data set, a table, or ``data`` for
            the tables that the data set was generated from.
        ground_threshold: From which similarity a name is a misspelling of the tables'; 1 for none.
        calibration: A file of ``nerforge calibrate``, fitted on dev, for predictions with confidences.
        at_precision: Precisions at which ``scores.confidence`` says what may be taken unseen.
        why: Whether to find the first sufficient cause of each error, in the answers and in training gold:
            ``scores.why``, and ``causes`` of each of ``scores.errors``.

    Returns:
        ``Scores``, or ``LabelScores`` where gold has a label for each text.

    Raises:
        UsageError: arguments contradict each other or the data.
        UserError: a file cannot be read or written, or predictions do not belong to gold.
    """
    with _kept_in_files() as keep:
        options = ScoreOptions(
            gold=keep(gold, "gold"),
            pred=keep(predictions, "predictions"),
            split=split,
            reading=PredictionOptions(
                layout=layout,
                query_field=query_field,
                answer_field=answer_field,
                by_position=by_position,
                requests=None if requests is None else Path(requests),
                repeats=repeats,
                ends=ends,
                unit=unit,
            ),
            model=model,
            task=None if task is None else str(task),
            answer_format=format,
            training=None if train is None else keep(train, "train"),
            n_bootstrap=bootstrap,
            seed=seed,
            out=None if out is None else Path(out),
            export=None if export is None else Path(export),
            ground=None if ground is None else str(ground),
            ground_threshold=ground_threshold,
            calibration=None if calibration is None else Path(calibration),
            precisions=at_precision,
            why=why,
        )
        return run_score(options).scores


def load_scores(path: str | Path) -> AnyScores:
    """Read a file of ``nerforge score --out``.

    Raises:
        UserError: it cannot be read, is no score file, or is of a later version.
    """
    return read_scores(Path(path))


class _Keeper:
    """Writes what is in memory to files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, given: Gold | Predictions, name: str) -> Path:
        """Give the path of what is a file, or of a new file with the rows."""
        if isinstance(given, str | Path):
            return Path(given)
        # Each in a folder of its own: a `train.jsonl` beside gold would be read as its training gold.
        path = self.folder / name / f"{name}.jsonl"
        path.parent.mkdir()
        write_whole(path, b"".join(msgspec.json.encode(row) + b"\n" for row in _rows(given)))
        return path


@contextmanager
def _kept_in_files() -> Iterator[_Keeper]:
    """Give what keeps rows in files while the block runs; messages do not name their temporary folder."""
    with TemporaryDirectory(prefix="nerforge-") as folder:
        try:
            yield _Keeper(Path(folder))
        except UserError as err:
            # What was in memory has no place: "predictions.jsonl:1: ..." names the row well enough.
            message = str(err)
            for name in ("gold", "predictions", "train"):
                message = message.replace(f"{folder}/{name}/", "")
            # A UsageError stays one.
            raise type(err)(message) from err


def _rows(given: Mapping[str, str] | Sequence[Row]) -> Iterable[object]:
    if isinstance(given, Mapping):
        return ({"id": row_id, "output": output} for row_id, output in given.items())
    return given
