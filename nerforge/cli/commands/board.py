"""``nerforge board``: fixed splits, and what anybody's predictions score on them."""

from pathlib import Path
from typing import Any

import click
import msgspec

from nerforge.cli.options.corpus_reading import READING
from nerforge.cli.options.option_lists import with_options
from nerforge.cli.printing.output import print_json
from nerforge.cli.printing.printed_lines import print_message, print_next, print_result
from nerforge.evaluation.board.row_kinds import KINDS
from nerforge.evaluation.reading.format_choice import AUTO
from nerforge.templates.answers import FORMATS

BOARD = click.option(
    "--board",
    type=click.Path(path_type=Path),
    default=Path("data/board"),
    show_default=True,
    help="Folder of the board.",
)
SET = click.option(
    "--set", "set_name", metavar="NAME", help="Name of a set that is no known split, such as power."
)

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON.")


@click.group()
def command() -> None:
    """Make fixed splits, put anybody's predictions on a board, and write its page."""


def _split_options(function: Any) -> Any:
    options = [
        click.option(
            "--input",
            "source",
            metavar="PATH|hf:OWNER/NAME[:FILE]|modelscope:OWNER/NAME[:FILE]",
            required=True,
            help="The corpus: any file or folder that `generate` reads.",
        ),
        click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write."),
        click.option(
            "--task", metavar="NAME|FILE.yaml", help="Of `corpus`: whose labels it has.  [default: its own]"
        ),
        click.option("--limit", type=click.IntRange(min=1), help="Of `corpus`: read only the first rows."),
        *(
            click.option(
                f"--{part}", type=float, help=f"Of `corpus`: share of the texts for {part}.  [default: 0.1]"
            )
            for part in ("dev", "test")
        ),
        click.option("--layout", metavar="LAYOUT", help="Layout of the corpus.  [default: recognised]"),
        *READING,
        click.option("--overwrite", is_flag=True, help="Replace the split that --out holds."),
        click.option("--json", "as_json", is_flag=True, help="Print split.json."),
    ]
    return with_options(options, function)


@command.command()
@click.argument("name", metavar="ccfbdci|cmeee|corpus")
@_split_options
def split(name: str, as_json: bool, **options: Any) -> None:
    """Make a fixed split: texts once, train without near duplicates of dev and test, nested parts.

    ccfbdci and cmeee are made of the public files, and are checked against the hashes that the project
    states; corpus is any corpus of your own.
    """
    # numpy is imported with these; --help does not need it.
    from nerforge.api.board.fixed_split import split_corpus
    from nerforge.cli.printing.board_output import print_split

    made = split_corpus(name, **options)
    if as_json:
        print_json(msgspec.to_builtins(made))
    else:
        print_split(made, options["out"])
        print_next("board", "baselines", options["out"])


def _add_options(function: Any) -> Any:
    options = [
        click.option(
            "--data",
            type=click.Path(path_type=Path),
            required=True,
            help="The dataset directory that was answered.",
        ),
        BOARD,
        click.option(
            "--gold",
            type=click.Path(path_type=Path),
            help="The gold that was answered.  [default: gold/test.jsonl of --data]",
        ),
        SET,
        click.option(
            "--part",
            metavar="test_300|test",
            help="Largest part to score.  [default: the smallest that holds all answers]",
        ),
        click.option("--name", help="Name of the row.  [default: kind, model, rows, format, prompt, seed]"),
        click.option(
            "--kind",
            type=click.Choice(KINDS),
            help="What answered.  [default: as the files beside the predictions say]",
        ),
        click.option("--model", metavar="NAME", help="The model's name.  [default: the run's]"),
        click.option(
            "--run",
            type=click.Path(path_type=Path),
            help="Folder of the training: hyperparameters, seconds, versions, machine.",
        ),
        click.option(
            "--train-rows", type=click.IntRange(min=0), help="Rows learned from, where nothing else says it."
        ),
        click.option("--training-seconds", "seconds_of_training", type=click.FloatRange(min=0)),
        click.option(
            "--rows-per-second",
            type=click.FloatRange(min=0),
            help="Speed of answering, as `predict` prints it.",
        ),
        click.option("--seed", type=int, help="Of the training.  [default: the run's]"),
        click.option("--machine", help="What trained and answered.  [default: the run's]"),
        click.option("--note", help="A sentence for readers."),
        click.option(
            "--format",
            type=click.Choice([*sorted(FORMATS), AUTO]),
            help="Answer format.  [default: as --data says]",
        ),
        click.option("--layout", help="Layout of the predictions.  [default: recognised]"),
        click.option("--by-position", is_flag=True, help="Predictions are in the order of gold."),
        click.option("--overwrite", is_flag=True, help="Replace the row of this name."),
        AS_JSON,
    ]
    return with_options(options, function)


@command.command()
@click.argument("predictions", type=click.Path(path_type=Path))
@_add_options
def add(predictions: Path, as_json: bool, **options: Any) -> None:
    """Score PREDICTIONS, any file that `score --pred` reads, and keep them on a board as spans.

    What is kept holds no text: labels, offsets and figures.
    """
    from nerforge.api.board.board_rows import add_to_board
    from nerforge.cli.printing.board_output import added_json, print_added

    added = add_to_board(predictions, **options)
    for note in added.notes:
        print_message(note)
    if as_json:
        print_json(added_json(added))
        return
    print_added(added)
    print_next("board", "page", "--board", options["board"])


@command.command()
@BOARD
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("docs"), show_default=True, help="Folder of pages."
)
@AS_JSON
def page(board: Path, out: Path, as_json: bool) -> None:
    """Write board.md and board.zh-CN.md anew from what a board holds.

    What stands above the line "<!-- board -->" of a page is kept.
    """
    from nerforge.evaluation.board.pages.page import write_pages

    paths = [str(path) for path in write_pages(board, out)]
    if as_json:
        print_json(paths)
        return
    for path in paths:
        print_result(path)


@command.command()
@click.argument("split", type=click.Path(path_type=Path))
@BOARD
@AS_JSON
def check(split: Path, board: Path, as_json: bool) -> None:
    """Score the spans of all rows of a set anew, with the gold of a SPLIT folder, and compare the figures."""
    from nerforge.evaluation.board.rescoring import check_rows

    if as_json:
        print_json(list(check_rows(board, split)))
        return
    for line in check_rows(board, split):
        print_result(line)


@command.command()
@click.argument("split", type=click.Path(path_type=Path))
@BOARD
@SET
@click.option("--overwrite", is_flag=True, help="Replace the rows that are there.")
@AS_JSON
def baselines(split: Path, board: Path, set_name: str | None, overwrite: bool, as_json: bool) -> None:
    """Put a dictionary and a CRF on a board, of each training part of a SPLIT folder."""
    from nerforge.api.board.board_rows import baseline_rows
    from nerforge.cli.printing.board_output import added_json, print_added

    rows = baseline_rows(split, board, set_name=set_name, overwrite=overwrite)
    if as_json:
        print_json([added_json(added) for added in rows])
        return
    for added in rows:
        print_added(added)
    print_next("board", "page", "--board", board)


@command.command()
@click.argument("set_name", metavar="SET")
@click.argument("rows", metavar="ROW...", nargs=-1, required=True)
@BOARD
@AS_JSON
def compare(set_name: str, rows: tuple[str, ...], board: Path, as_json: bool) -> None:
    """Compare rows of a SET with the first one, paired, from what the board keeps: strict micro F1."""
    from nerforge.cli.printing.board_output import pairs_json, print_pairs
    from nerforge.evaluation.board.pages.pairings import compare_named

    part, pairs = compare_named(board, set_name, rows)
    if as_json:
        print_json(pairs_json(part, pairs))
    else:
        print_pairs(part, pairs)
