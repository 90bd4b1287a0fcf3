"""``nerforge score``: predictions against gold."""

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nerforge.cli.exit_codes import MissedGateError
from nerforge.cli.options.ci_options import ci_options
from nerforge.cli.options.grounding_options import ground_options
from nerforge.cli.options.prediction_options import gold_options, matching_options
from nerforge.cli.options.shown_samples import N_SHOWN, shown_option
from nerforge.cli.options.tracking_options import tell_tracked, tracking_options
from nerforge.cli.printing.printed_lines import print_message, print_next
from nerforge.evaluation.error_analysis.error_selection import ERROR_KINDS, ErrorFilter
from nerforge.evaluation.prediction_files import LAYOUTS, PredictionOptions
from nerforge.evaluation.reading.format_choice import AUTO
from nerforge.evaluation.span_files import span_layouts
from nerforge.evaluation.tracking.targets import TrackOptions, require_target
from nerforge.generators.corpora.reading.reading_options import ENDS, UNITS
from nerforge.templates.answers import FORMATS
from nerforge.templates.tasks import task_names
from nerforge.templates.tasks.files import CLASSIFICATION

if TYPE_CHECKING:
    from nerforge.evaluation.scores.score_run import ScoreRun

_TASKS = ", ".join((*task_names(), *task_names(CLASSIFICATION)))


@click.command()
@gold_options("test")
@click.option(
    "--pred",
    type=click.Path(path_type=Path),
    required=True,
    help="Answers of `predict`, LLaMA-Factory, ms-swift, OpenAI…, chats, tables; or spans of any model: "
    "gold, CoNLL, Label Studio, doccano, rows with entities. - is stdin.",
)
@click.option(
    "--pred-layout",
    "layout",
    type=click.Choice(sorted({*LAYOUTS, *span_layouts()})),
    help="[default: as the rows of --pred look]",
)
@matching_options("--pred")
@click.option("--ends", type=click.Choice(ENDS), help="What ends of spans mean.  [default: found out]")
@click.option("--unit", type=click.Choice(UNITS), help="What their offsets count.  [default: found out]")
@click.option(
    "--pred-model",
    "model",
    metavar="VERSION",
    help="Whose predictions are meant, in an export of Label Studio with those of several models.",
)
@click.option(
    "--task",
    metavar="NAME|FILE.yaml",
    help=f"{_TASKS}, or a task.yaml.  [default: as the data set's manifest or gold says]",
)
@click.option(
    "--format",
    "answer_format",
    type=click.Choice([*sorted(FORMATS), AUTO]),
    help="How answers are written; auto finds out.  [default: as the data set's manifest says, else auto]",
)
@click.option(
    "--train",
    "training",
    type=click.Path(path_type=Path),
    help="Training gold, to score what it held apart.  [default: train.jsonl beside --gold]",
)
@click.option(
    "--bootstrap",
    "n_bootstrap",
    type=click.IntRange(min=0),
    default=1_000,
    show_default=True,
    help="Resamples behind the intervals; 0 for none.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Write scores.json here.")
@click.option(
    "--export",
    type=click.Path(path_type=Path),
    metavar="FILE.csv|FILE.parquet",
    help="Write the figures here as a table, a row for each criterion and label.",
)
@click.option(
    "--why",
    is_flag=True,
    help="Say what the errors come from: the first sufficient cause of each, in its answer or in training "
    "gold, and F1 if it were gone.",
)
@shown_option(
    "--errors",
    "n_errors",
    "wrong samples in the order of gold: the sentence with its spans marked, each error with its reason, how "
    "the answer was read.",
)
@click.option(
    "--error-label",
    "error_labels",
    metavar="LABEL",
    multiple=True,
    help="Of --errors, samples with an error of the label; may be repeated.",
)
@click.option(
    "--error-kind",
    "error_kinds",
    type=click.Choice(ERROR_KINDS),
    multiple=True,
    help="Of --errors, samples with an error of the kind; may be repeated.",
)
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 1),
    metavar="F1",
    help="Exit 3 if strict micro F1 (or accuracy) is lower.",
)
@click.option("--baseline", type=click.Path(path_type=Path), help="Scores to hold --max-drop against.")
@click.option(
    "--max-drop",
    type=click.FloatRange(0, 1),
    metavar="X",
    help="Exit 3 if strict micro F1 (or accuracy) is more than X below --baseline.  [default: 0]",
)
@ground_options("Score the answers also after grounding them on")
@click.option(
    "--calibration",
    type=click.Path(path_type=Path),
    help="A file of `calibrate`, fitted on dev, for the confidences of `predict --confidence`.",
)
@click.option(
    "--at-precision",
    "precisions",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    multiple=True,
    metavar="P",
    help="With --calibration: say what may be taken unseen at this precision; may be repeated.",
)
@tracking_options
@ci_options
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print the scores and the verdict of the gate as JSON, without the samples.",
)
def command(
    as_json: bool, tracking: TrackOptions, junit: Path | None, summary: Path | None, **options: Any
) -> None:
    """Score PRED against GOLD: P, R and F1 by criterion with intervals, how answers were read, errors."""
    # numpy and rich are imported with these; --help does not need them.
    from nerforge.cli.printing.output import stdout
    from nerforge.cli.printing.scores.score_output import ShownErrors, print_run, print_run_json
    from nerforge.evaluation.scores.score_run import ScoreOptions, run_score
    from nerforge.evaluation.tracking.commands import place_of, track_scores
    from nerforge.evaluation.tracking.samples import Question

    # A tracker that cannot be used is found out before the work.
    require_target(place_of(options["pred"], options["gold"]).run, tracking)
    looked_for = ErrorFilter(options.pop("error_labels"), options.pop("error_kinds"))
    n_errors = options.pop("n_errors")
    errors = ShownErrors(N_SHOWN if n_errors is None and any(looked_for) else n_errors or 0, looked_for)
    names = [field.name for field in fields(PredictionOptions)]
    reading = PredictionOptions(**{name: options.pop(name) for name in names})
    run = run_score(ScoreOptions(reading=reading, **options))
    for note in run.notes:
        print_message(note)
    if as_json:
        print_run_json(run, errors)
    else:
        print_run(stdout(), run, errors)
    if junit is not None or summary is not None:
        _write_for_ci(run, junit, summary)
    question = Question(options["gold"], options["pred"], options["task"], reading=reading)
    tell_tracked(track_scores(question, run.scores, tracking))
    if not as_json:
        _tell_next(options["out"], n_errors)
    if run.verdict is not None and run.verdict.message:
        raise MissedGateError(run.verdict.message)


def _tell_next(out: Path | None, n_errors: int | None) -> None:
    if out is not None:
        print_next("report", out, "--out", "report.html")
    elif not n_errors:
        print_message("next: the same with --errors 5 for wrong samples, with --out scores.json for `report`")


def _write_for_ci(run: "ScoreRun", junit: Path | None, summary: Path | None) -> None:
    from nerforge.cli.ci.check_results import gate_suite
    from nerforge.cli.ci.junit import write_junit
    from nerforge.cli.ci.markdown import append_summary
    from nerforge.cli.ci.summaries import main_figure_words, score_summary

    suite = gate_suite("nerforge score", run.verdict, main_figure_words(run.scores))
    if junit is not None:
        write_junit(junit, suite)
    if summary is not None:
        append_summary(summary, score_summary(run.scores, suite))
