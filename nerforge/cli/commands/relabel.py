"""``nerforge relabel``: gold mended by verdicts."""

from pathlib import Path
from typing import Any

import click

from nerforge.cli.printing.printed_lines import print_message, print_next, print_result
from nerforge.evaluation.reading.format_choice import AUTO
from nerforge.evaluation.relabelling.verdicts import CONFLICTS, REFUSE
from nerforge.generators.datasets.dataset import ALPACA_NAMES
from nerforge.templates.answers import FORMATS


@click.command()
@click.argument("gold", type=click.Path(path_type=Path))
@click.argument("verdicts", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Write the mended gold here.")
@click.option(
    "--split",
    type=click.Choice(list(ALPACA_NAMES)),
    default="test",
    show_default=True,
    help="Whose gold is meant, where GOLD is a folder.",
)
@click.option(
    "--pred",
    "predictions",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Predictions to score on old and mended gold; may be repeated.",
)
@click.option("--task", metavar="NAME|FILE.yaml", help="[default: as the data set's manifest or gold says]")
@click.option(
    "--format",
    type=click.Choice([*sorted(FORMATS), AUTO]),
    help="How answers are written.  [default: as the data set's manifest says, else auto]",
)
@click.option(
    "--conflicts",
    type=click.Choice(CONFLICTS),
    default=REFUSE,
    show_default=True,
    help="Verdicts that contradict each other: refuse them, or keep gold as it is there and count them.",
)
@click.option(
    "--bootstrap",
    type=click.IntRange(min=0),
    default=1_000,
    show_default=True,
    help="Resamples behind the intervals; 0 for none.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--overwrite", is_flag=True, help="Replace --out.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(as_json: bool, **options: Any) -> None:
    """Mend GOLD by VERDICTS, and score predictions on the old gold and on the mended one.

    VERDICTS are JSON lines of people who looked at errors. One that is about another text than GOLD has, or
    that another one contradicts, is refused with its line.
    """
    # numpy and rich are imported with these; --help does not need them.
    from msgspec import to_builtins

    from nerforge.api.relabelling import relabel
    from nerforge.cli.printing.output import print_json
    from nerforge.cli.printing.relabel_output import relabel_lines

    report = relabel(**options)
    for note in report.notes:
        print_message(note)
    if as_json:
        print_json(to_builtins(report))
        return
    for line in relabel_lines(report):
        print_result(line)
    if not options["predictions"]:
        print_next("score", "--gold", options["out"], "--pred", "answers.jsonl")
