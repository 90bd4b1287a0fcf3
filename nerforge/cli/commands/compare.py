"""``nerforge compare``: score files of the same gold, paired."""

from pathlib import Path

import click

from nerforge.cli.exit_codes import MissedGateError
from nerforge.cli.options.ci_options import ci_options
from nerforge.cli.options.shown_samples import shown_option
from nerforge.cli.printing.printed_lines import print_next
from nerforge.evaluation.scores.score_file import comparable_figures
from nerforge.foundation.phases import phase


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="A.json B.json [...]")
@click.option(
    "--criterion",
    type=click.Choice(comparable_figures()),
    default="strict",
    show_default=True,
    help="What to compare: a criterion's micro F1, or the share of exactly right samples.",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    help="Compare every other file with this one.  [default: the first]",
)
@click.option("--all-pairs", is_flag=True, help="Compare every file with every other.")
@shown_option(
    "--changed",
    "n_changed",
    "samples each way that one file has right and the other wrong, in the order of gold.",
)
@click.option("--resamples", type=click.IntRange(min=2), default=10_000, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--max-drop", type=click.FloatRange(0, 1), metavar="X", help="Exit 3 if a score is lower by more than X."
)
@ci_options
@click.option("--json", "as_json", is_flag=True, help="Print all as JSON, with the verdict of --max-drop.")
def command(
    files: tuple[Path, ...],
    criterion: str,
    baseline: Path | None,
    all_pairs: bool,
    n_changed: int | None,
    resamples: int,
    seed: int,
    max_drop: float | None,
    junit: Path | None,
    summary: Path | None,
    as_json: bool,
) -> None:
    """Say how much score files of the same gold differ, how sure that is, and on which samples."""
    # numpy is imported with these; --help does not need it.
    from nerforge.cli.ci.check_results import gate_suite
    from nerforge.cli.ci.junit import write_junit
    from nerforge.cli.ci.markdown import append_summary
    from nerforge.cli.ci.summaries import compare_summary
    from nerforge.cli.printing.output import print_json, stdout
    from nerforge.cli.printing.scores.compare_output import print_report, report_json
    from nerforge.evaluation.scores.comparison import compare_files, judge

    with phase("reading the scores and resampling"):
        report = compare_files(
            files, criterion=criterion, baseline=baseline, all_pairs=all_pairs, resamples=resamples, seed=seed
        )
    verdict = None if max_drop is None else judge(report, max_drop)
    if as_json:
        print_json(report_json(report, n_changed, verdict))
    else:
        print_report(stdout(), report, n_changed or 0)
        print_next("report", files[-1], "--against", files[0], "--out", "report.html")
    suite = gate_suite("nerforge compare", verdict, f"{criterion} of {len(files)} files")
    if junit is not None:
        write_junit(junit, suite)
    if summary is not None:
        append_summary(summary, compare_summary(report, suite))
    if verdict is not None and not verdict.passed:
        # One message for CI, about the worst; all differences are printed above.
        worst = min((check for check in verdict.checks if not check.passed), key=lambda check: check.value)
        raise MissedGateError(worst.message)
