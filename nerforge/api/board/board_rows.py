"""Put predictions on a board, as ``nerforge board add`` does."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from nerforge.api.board.trained_run import TrainedRun, describe_machine, read_trained_run
from nerforge.evaluation.board.adding import AddedRow, Addition, add_row
from nerforge.evaluation.board.baseline_rows import BaselineOrder, add_baselines
from nerforge.evaluation.board.row_kinds import BASELINES, KINDS
from nerforge.evaluation.board.run_facts import (
    guess_kind,
    is_trained,
    kept_settings,
    read_answer_settings,
    read_questions,
    read_training,
)
from nerforge.evaluation.board.stored_rows import RunFacts, TrainedRows
from nerforge.evaluation.prediction_files import PredictionOptions
from nerforge.evaluation.reading.task_of_gold import gold_file
from nerforge.foundation.errors import UsageError, UserError, unknown_name
from nerforge.llamafactory_configs.running.run_manifest import describe_hardware


def add_to_board(
    predictions: str | Path,
    data: str | Path,
    board: str | Path,
    *,
    gold: str | Path | None = None,
    set_name: str | None = None,
    part: str | None = None,
    name: str | None = None,
    kind: str | None = None,
    model: str | None = None,
    run: str | Path | None = None,
    train_rows: int | None = None,
    seconds_of_training: float | None = None,
    rows_per_second: float | None = None,
    seed: int | None = None,
    machine: str | None = None,
    note: str | None = None,
    format: str | None = None,
    layout: str | None = None,
    by_position: bool = False,
    overwrite: bool = False,
) -> AddedRow:
    """Score predictions on the parts of a set that they answer, and keep them as spans on a board.

    Args:
        predictions: Answers or spans in any layout that ``score`` reads.
        data: The dataset directory that was answered: of a known split, or any other with ``set_name``.
        board: The folder of the board.
        gold: The gold that was answered; None for the test gold of ``data``.
        set_name: What the set is called where it is no known split.
        part: The largest part that is scored, such as ``test_300``; None for the smallest that holds all
            answers.
        name: The row's name; None to make one of kind, model, rows, format, prompt and seed.
        kind: One of ``KINDS``; None for what the files beside the predictions say.
        model: The model's name.
        run: The folder of the training run: hyperparameters, seconds, versions and machine.
        train_rows: Rows that were learned from, where neither run nor baseline says it.
        seconds_of_training: In place of the run's.
        rows_per_second: Of answering.
        seed: Of the training; None for the run's.
        machine: In place of the run's.
        note: A sentence for the reader.
        format: The answer format; None for the data set's.
        layout: The layout of the predictions; None to recognise it.
        by_position: Whether their rows are in the order of gold.
        overwrite: Replace the row of this name.

    Raises:
        UsageError: the kind or the set is not known.
        UserError: a file cannot be read, predictions are of other rows, or the row is there already.
    """
    folder = Path(data)
    trained = None if run is None else read_trained_run(Path(run), folder)
    facts = _find_facts(Path(predictions), folder, kind, trained, train_rows)
    told = {
        "model": model,
        "seconds_of_training": seconds_of_training,
        "rows_per_second": rows_per_second,
        "seed": seed,
        "machine": machine,
        "note": note,
    }
    facts = replace(facts, **{field: value for field, value in told.items() if value is not None})
    addition = Addition(
        board=Path(board),
        predictions=Path(predictions),
        gold=gold_file(folder if gold is None else Path(gold), "test"),
        name=name or facts.default_name(),
        facts=facts,
        board_name=set_name,
        part=part,
        # Gold of the split may lie outside the data set, whose rows say how answers are written.
        answer_format=format or (facts.questions.answer_format if gold and facts.questions else None),
        reading=PredictionOptions(layout=layout, by_position=by_position),
        overwrite=overwrite,
    )
    return add_row(addition)


def baseline_rows(
    split: str | Path, board: str | Path, *, set_name: str | None = None, overwrite: bool = False
) -> Iterator[AddedRow]:
    """Put a dictionary and a CRF on a board, of each training part of a split, and yield each row.

    Args:
        split: A folder of ``board split``, or a dataset directory.
        board: The folder of the board.
        set_name: What the set is called where it is no known split.
        overwrite: Replace the rows that are there.

    Raises:
        UserError: the split cannot be read, the baselines extra is missing, or a row is there already.
    """
    machine = describe_machine(describe_hardware())
    yield from add_baselines(BaselineOrder(Path(board), Path(split), set_name, machine, overwrite))


def _find_facts(
    predictions: Path, data: Path, kind: str | None, run: TrainedRun | None, train_rows: int | None
) -> RunFacts:
    settings = read_answer_settings(predictions)
    questions = read_questions(data)
    kind = kind or (run.kind if run else guess_kind(settings, questions, is_trained=False))
    if kind is None:
        raise UsageError(f"{predictions}: nothing says what answered; give --kind: {', '.join(KINDS)}")
    if kind not in KINDS:
        raise unknown_name("kind", kind, KINDS)
    # Spans and baselines are asked nothing: how the rows of the data set ask does not matter to them.
    is_asked = kind not in BASELINES and bool(settings)
    facts = RunFacts(
        kind=kind,
        questions=questions if is_asked else None,
        training=_training(predictions, data, kind, settings, run, train_rows),
        answering=kept_settings(settings),
    )
    if run is None:
        return facts
    return replace(
        facts,
        model=run.model,
        seed=run.seed,
        hyperparameters=run.hyperparameters,
        versions=run.versions,
        machine=run.machine,
        seconds_of_training=run.seconds,
    )


def _training(
    predictions: Path,
    data: Path,
    kind: str,
    settings: Mapping[str, Any],
    run: TrainedRun | None,
    train_rows: int | None,
) -> TrainedRows | None:
    """Find what was learned from: the training rows of the data set, if it was these, or what is told."""
    if not is_trained(kind):
        return None
    if train_rows is not None:
        return TrainedRows(rows=train_rows)
    said = settings.get("training_sha256")
    if run is None and said is None:
        return None
    found = read_training(data)
    if said is not None and found is not None and found.sha256 != said:
        raise UserError(
            f"{predictions}: learned from other rows than those of {data} (SHA-256 {str(said)[:12]}, found "
            f"{str(found.sha256)[:12]}); give the --data that it learned from"
        )
    return found
