"""``nerforge curve``: how many more labels help, and by how much."""

from pathlib import Path
from typing import Any

import click

from nerforge.cli.printing.output import bar, print_json, stdout
from nerforge.cli.printing.printed_lines import print_message, print_result
from nerforge.evaluation.curves import CRF, METHODS, MIN_SIZES, N_DRAWS, N_SIZES, SPAN


def _read_scored(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> list[tuple[int, Path]]:
    """Read each ``ROWS=FILE``."""
    pairs = []
    for value in values:
        rows, _, path = value.partition("=")
        if not (rows.isdecimal() and int(rows) and path):
            raise click.BadParameter(
                f"expected rows of training and a file, such as 250=a.jsonl; found {value!r}", ctx, param
            )
        pairs.append((int(rows), Path(path)))
    return pairs


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder for curve.json, pictures, and what each training reached; resumed if it is there.",
)
@click.option(
    "--method", type=click.Choice(METHODS), default=CRF, show_default=True, help="What is trained on parts."
)
@click.option(
    "--scored",
    callback=_read_scored,
    metavar="ROWS=FILE",
    multiple=True,
    help="In place of training: predictions or scores of a model trained on so many rows; repeat it.",
)
@click.option("--split", type=click.Choice(("dev", "test")), default="test", show_default=True)
@click.option(
    "--sizes",
    type=click.IntRange(min=MIN_SIZES),
    default=N_SIZES,
    show_default=True,
    help="How many sizes, which grow by one factor up to all rows.",
)
@click.option(
    "--smallest",
    type=click.IntRange(min=1),
    help=f"Rows of the smallest size.  [default: 1/{SPAN} of all]",
)
@click.option(
    "--draws",
    type=click.IntRange(min=1),
    default=N_DRAWS,
    show_default=True,
    help="Trainings of each size, on other rows.",
)
@click.option("--more", type=click.IntRange(min=1), help="More rows to ask for.  [default: as many again]")
@click.option(
    "--target",
    type=click.FloatRange(0, 100, min_open=True),
    metavar="F1",
    help="Say how many rows this F1 takes, in percent.",
)
@click.option("--label", help="Whose F1 --target is.  [default: micro F1 of all labels]")
@click.option(
    "--resamples",
    type=click.IntRange(min=100),
    default=1_000,
    show_default=True,
    help="Behind the intervals.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the curve as JSON.")
def command(as_json: bool, target: float | None, **options: Any) -> None:
    """Train on growing parts of DATA, fit laws to the F1 of each, and say what more rows would give.

    A killed command resumes: trainings that ended are kept in --out.
    """
    # numpy is imported with these; --help does not need it.
    from msgspec import to_builtins

    from nerforge.cli.printing.curve_output import print_curve
    from nerforge.evaluation.curves.learning_curve import CurveOptions, run_curve

    asked = CurveOptions(target=None if target is None else target / 100, **options)
    with bar("rows trained on", doing="reading the gold") as shown:
        done = run_curve(asked, shown.update)
    for note in done.curve.notes:
        print_message(note)
    if not done.pictures:
        print_message("no picture, as matplotlib is not installed; run: pip install 'nerforge[plots]'")
    if as_json:
        print_json(to_builtins(done.curve))
        return
    print_curve(stdout(), done.curve)
    for path in (done.path, *done.pictures):
        print_result(str(path))
