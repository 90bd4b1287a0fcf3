"""``nerforge ground``: the names in answers checked against tables, and mended."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from nerforge.cli.options.grounding_options import TABLES_HELP, threshold_option
from nerforge.cli.options.prediction_options import matching_options
from nerforge.cli.options.shown_samples import N_SHOWN, shown_option
from nerforge.cli.printing.printed_lines import print_message, print_next, print_result
from nerforge.evaluation.grounding import OF_DATA
from nerforge.evaluation.prediction_files import LAYOUTS, PredictionOptions
from nerforge.evaluation.reading.format_choice import AUTO
from nerforge.generators.datasets.dataset import ALPACA_NAMES
from nerforge.templates.answers import FORMATS


@click.command()
@click.argument("pred", type=click.Path(path_type=Path))
@click.option(
    "--gold",
    type=click.Path(path_type=Path),
    required=True,
    help="Gives ids and sentences: a gold file, or a dataset directory with one of --split.",
)
@click.option("--split", type=click.Choice(list(ALPACA_NAMES)), default="test", show_default=True)
@click.option(
    "--tables",
    default=OF_DATA,
    metavar="TABLES",
    help=f"What to check against: {TABLES_HELP}.  [default: those of the data set]",
)
@threshold_option("--threshold")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Grounded answers to write.")
@click.option("--overwrite", is_flag=True, help="Replace --out.")
@click.option("--task", metavar="NAME|FILE.yaml", help="[default: as the data set's manifest or gold says]")
@click.option(
    "--format",
    "answer_format",
    type=click.Choice([*sorted(FORMATS), AUTO]),
    help="How answers are written.  [default: as the data set's manifest says, else auto]",
)
@click.option(
    "--pred-layout",
    "layout",
    type=click.Choice(sorted(LAYOUTS)),
    metavar="LAYOUT",
    help="[default: as PRED looks]",
)
@matching_options("PRED")
@shown_option("--show", "n_shown", "grounded answers: what was changed and why, and what stays open.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def command(as_json: bool, n_shown: int | None, threshold: float | None, **options: Any) -> None:
    """Check the names in PRED against tables: fill in parents, mend wrong ones, tell what stays open.

    Only what the sentence proves is changed, each change with its reason; answers that fit stay as they are.
    """
    # rich and numpy are imported with these; --help does not need them.
    from nerforge.api.grounding import GroundOptions, run_ground
    from nerforge.cli.printing.grounding_output import print_grounded_rows, print_grounding
    from nerforge.cli.printing.output import print_json, stdout

    names = [field.name for field in fields(PredictionOptions) if field.name in options]
    reading = PredictionOptions(**{name: options.pop(name) for name in names})
    done = run_ground(GroundOptions(reading=reading, threshold=threshold, **options))
    for note in done.notes:
        print_message(note)
    if as_json:
        print_json(done.as_json())
        return
    console = stdout()
    if n_shown is not None:
        print_grounded_rows(console, done.path, options["gold"], options["split"], n_shown or N_SHOWN)
    print_grounding(console, done)
    print_result(str(done.path))
    print_next("score", "--gold", options["gold"], "--split", options["split"], "--pred", done.path)
