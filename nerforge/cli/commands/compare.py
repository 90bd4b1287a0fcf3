"""``nerforge compare``: score files of the same gold, paired."""

from pathlib import Path

import click

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
@click.option(
    "--changed", type=click.IntRange(min=0), default=0, help="Show so many changed samples each way."
)
@click.option("--resamples", type=click.IntRange(min=2), default=10_000, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--max-drop", type=click.FloatRange(0, 1), metavar="X", help="Exit 1 if a score is lower by more than X."
)
@click.option("--json", "as_json", is_flag=True, help="Print the comparisons as JSON.")
def command(
    files: tuple[Path, ...],
    criterion: str,
    baseline: Path | None,
    all_pairs: bool,
    changed: int,
    resamples: int,
    seed: int,
    max_drop: float | None,
    as_json: bool,
) -> None:
    """Say how much score files of the same gold differ, how sure that is, and on which samples."""
    # numpy is imported with these; --help does not need it.
    from nerforge.cli.printing.compare_output import print_report, report_json, score_name
    from nerforge.cli.printing.output import print_json, stdout
    from nerforge.evaluation.scores.comparison import compare_files, dropped

    with phase("reading the scores and resampling"):
        report = compare_files(
            files, criterion=criterion, baseline=baseline, all_pairs=all_pairs, resamples=resamples, seed=seed
        )
    if as_json:
        print_json(report_json(report, changed))
    else:
        print_report(stdout(), report, changed)
    if max_drop is None or not (fallen := dropped(report, max_drop)):
        return
    # One message for CI, about the worst; all differences are printed above.
    worst = min(fallen, key=lambda system: system.score)
    first = report.systems[0]
    raise click.ClickException(
        f"{score_name(criterion)} {worst.score:.4f} of {worst.path} is {first.score - worst.score:.4f} below "
        f"{first.score:.4f} of {first.path}; --max-drop is {max_drop}"
    )
