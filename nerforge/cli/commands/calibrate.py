"""``nerforge calibrate``: what a model's confidences mean, fitted on dev."""

from pathlib import Path

import click

from nerforge.cli.options.prediction_options import gold_options
from nerforge.cli.printing.printed_lines import print_message, print_next, print_result
from nerforge.evaluation.confidence import AUTO, DELTA, METHODS, MIN_FOR_STEPS, PRECISIONS
from nerforge.evaluation.reading.format_choice import AUTO as AUTO_FORMAT
from nerforge.templates.answers import FORMATS


@click.command()
@gold_options("dev")
@click.option(
    "--pred",
    type=click.Path(path_type=Path),
    required=True,
    help="Answers of `predict --confidence`, or spans with scores.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The calibration to write.")
@click.option(
    "--method",
    type=click.Choice(METHODS),
    default=AUTO,
    show_default=True,
    help=f"How confidences are mapped; auto: isotonic from {MIN_FOR_STEPS:,} entities on, else sigmoid.",
)
@click.option(
    "--at-precision",
    "precisions",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    multiple=True,
    metavar="P",
    help="Find a threshold that keeps this precision; may be repeated.  "
    f"[default: {', '.join(map(str, PRECISIONS))}]",
)
@click.option(
    "--delta",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=DELTA,
    show_default=True,
    help="The probability with which a threshold may miss its precision.",
)
@click.option("--task", metavar="NAME|FILE.yaml", help="[default: as the data set's manifest or gold says]")
@click.option(
    "--format",
    "answer_format",
    type=click.Choice([*sorted(FORMATS), AUTO_FORMAT]),
    help="How answers are written.  [default: as the data set's manifest says, else auto]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the calibration as JSON.")
def command(
    gold: Path,
    split: str,
    pred: Path,
    out: Path,
    method: str,
    precisions: tuple[float, ...],
    delta: float,
    task: str | None,
    answer_format: str | None,
    as_json: bool,
) -> None:
    """Fit on dev how often entities of each confidence are right, and from which on they may be taken unseen.

    `score --calibration` applies the file to another split, and says what it is worth there.
    """
    # numpy is imported with these; --help does not need it.
    from msgspec import to_builtins

    from nerforge.cli.printing.output import print_json
    from nerforge.cli.printing.scores.confidence_output import calibration_lines
    from nerforge.evaluation.confidence.calibrate_run import CalibrateOptions, run_calibrate

    done = run_calibrate(
        CalibrateOptions(
            gold=gold,
            pred=pred,
            split=split,
            task=task,
            answer_format=answer_format,
            method=method,
            precisions=precisions or PRECISIONS,
            delta=delta,
            out=out,
        )
    )
    for note in done.notes:
        print_message(note)
    if as_json:
        print_json(to_builtins(done.calibration))
        return
    for line in calibration_lines(done.calibration):
        print_message(line)
    print_result(str(out))
    print_next("score", "--gold", gold, "--pred", "test.jsonl", "--calibration", out, "--at-precision", 0.95)
