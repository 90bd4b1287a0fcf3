"""``nerforge chat``: a trained model answers queries, each on its own."""

import sys
from functools import partial
from pathlib import Path

import click

from nerforge.api.predicting.model_choice import ChosenModel, with_logprobs
from nerforge.cli.options.constraint_options import constrain_option
from nerforge.cli.options.grounding_options import ground_options
from nerforge.cli.options.model_options import model_options
from nerforge.cli.printing.printed_lines import print_message
from nerforge.evaluation.chatting.asking_of_rows import AskingOptions
from nerforge.evaluation.chatting.chat_requests import data_of_run
from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.phases import NEVER, phase
from nerforge.templates.answers import FORMATS


@click.command()
@model_options(needed="data")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Dataset directory whose prompt is asked with.  [default: the run's]",
)
@click.option(
    "--dataset",
    metavar="NAME",
    help="Without a manifest: the entry of dataset_info.json that shows how to ask.  [default: for training]",
)
@click.option(
    "--task",
    metavar="NAME|FILE.yaml",
    help="Without a manifest: whose labels the answers have.  [default: as the rows' answers look]",
)
@click.option(
    "--format",
    "answer_format",
    type=click.Choice(sorted(FORMATS)),
    help="Without a manifest: how answers are written.  [default: as the rows' answers look]",
)
@click.option(
    "--input",
    "input_file",
    type=click.Path(path_type=Path),
    help="File of queries, a line each.  [default: what is typed or piped in]",
)
@constrain_option
@click.option(
    "--cases",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Ask the queries of FILE and judge the answers: a JSON array of {id, query, expected}, or gold.",
)
@ground_options("Ground the answers on")
@click.option("--confidence", is_flag=True, help="Show how sure the model is of each entity.")
@click.option(
    "--calibration",
    type=click.Path(path_type=Path),
    help="A file of `calibrate`: --confidence, as shares of right ones.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each query.")
def command(
    chosen: ChosenModel,
    data: Path | None,
    dataset: str | None,
    task: str | None,
    answer_format: str | None,
    input_file: Path | None,
    cases: Path | None,
    constrain: str | None,
    ground: str | None,
    ground_threshold: float | None,
    confidence: bool,
    calibration: Path | None,
    as_json: bool,
) -> None:
    """Tag queries as they come: nothing of a query is kept for the next. Ctrl-D ends it."""
    # rich and numpy are imported with these; --help does not need them.
    from nerforge.api.predicting.chat_opening import open_session
    from nerforge.cli.conversation import answer_lines, converse, show_cases

    if cases is not None and input_file is not None:
        raise UsageError("--cases and --input both name queries; pass one of them")
    if input_file is not None and (input_file.is_dir() or not input_file.exists()):
        raise UserError(f"{input_file}: no such file of queries")
    asked = AskingOptions(dataset, task, answer_format)
    if confidence or calibration is not None:
        chosen = with_logprobs(chosen)
    if data is None:
        assert chosen.run is not None
        data = data_of_run(chosen.run.folder)
    open_one = partial(open_session, chosen.engine, chosen.spec, data, asked)
    if cases is not None:
        constrained = open_one(print_message, constrain=constrain) if constrain is not None else None
        session = open_one(print_message, ground=ground, ground_threshold=ground_threshold)
        show_cases(session, cases, constrained, as_json=as_json)
        return
    session = open_one(
        print_message,
        constrain=constrain,
        ground=ground,
        ground_threshold=ground_threshold,
        calibration=calibration,
    )
    # Piped queries are answered as lines: no prompt, no table, one line of output for each query.
    if input_file is None and sys.stdin.isatty():
        with phase("", NEVER):
            converse(session, as_json=as_json)
    else:
        answer_lines(session, input_file, as_json=as_json)
