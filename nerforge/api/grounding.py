"""``ground``: the names in a file of answers checked against tables, and mended."""

from dataclasses import dataclass, field
from pathlib import Path

from nerforge.evaluation.grounding import OF_DATA
from nerforge.evaluation.grounding.grounded_predictions import GroundedFile, ground_file
from nerforge.evaluation.grounding.table_sources import read_tables
from nerforge.evaluation.prediction_files import PredictionOptions
from nerforge.evaluation.reading.opened_predictions import find_prediction_reading
from nerforge.evaluation.reading.task_of_gold import data_of_gold, gold_file
from nerforge.foundation.errors import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundOptions:
    """What to ground, and on what."""

    pred: Path
    gold: Path
    """A gold file, or a dataset directory, whose ``split`` is meant."""
    out: Path
    tables: str = OF_DATA
    """See ``read_tables``."""
    split: str = "test"
    reading: PredictionOptions = field(default_factory=PredictionOptions)
    task: str | None = None
    answer_format: str | None = None
    threshold: float | None = None
    overwrite: bool = False


def ground(
    predictions: str | Path,
    gold: str | Path,
    out: str | Path,
    *,
    tables: str | Path = OF_DATA,
    split: str = "test",
    task: str | Path | None = None,
    format: str | None = None,
    threshold: float | None = None,
    overwrite: bool = False,
) -> GroundedFile:
    """Ground a file of answers, as the command ``nerforge ground`` does.

    Args:
        predictions: Answers in any layout that is read.
        gold: A gold file or a dataset directory, for ids and sentences.
        out: The file of grounded answers.
        tables: A domain, a data set, a table; ``data`` for the tables that the data set was generated from.
        split: The split of a dataset directory.
        task: The task; None for what the manifest says.
        format: The answer format; None for what the manifest says.
        threshold: From which similarity a name is a misspelling of the table's; 1 for none.
        overwrite: Replace ``out``.

    Raises:
        UsageError: arguments contradict each other or the data.
        UserError: a file cannot be read or written.
    """
    return run_ground(
        GroundOptions(
            pred=Path(predictions),
            gold=Path(gold),
            out=Path(out),
            tables=str(tables),
            split=split,
            task=None if task is None else str(task),
            answer_format=format,
            threshold=threshold,
            overwrite=overwrite,
        )
    )


def run_ground(options: GroundOptions) -> GroundedFile:
    """Find out how the files are read, ground the answers, and write them.

    Raises:
        UsageError: options contradict each other or the data.
        UserError: a file cannot be read or written.
    """
    if options.out.exists() and not options.overwrite:
        raise UserError(f"{options.out}: exists; pass --overwrite, or choose another --out")
    gold = gold_file(options.gold, options.split)
    found = find_prediction_reading(
        gold, options.pred, options.reading, task=options.task, answer_format=options.answer_format
    )
    tables = read_tables(options.tables, found.task, data_of_gold(gold), options.threshold, option="--tables")
    done = ground_file(options.pred, gold, tables, found.answer_format, options.out, reading=options.reading)
    return done._replace(notes=[*found.notes, *tables.notes, *done.notes])
