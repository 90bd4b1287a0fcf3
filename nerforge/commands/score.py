"""``nerforge score``: predictions against gold."""

from itertools import islice
from pathlib import Path

import click

from evaluation.scoring import find_task, score_files, wrong_samples
from generators.files import to_json, write_whole
from nerforge.output import outcome_line, print_json, scores_table, stdout
from templates.answers import FORMATS
from templates.tasks import task_names


@click.command()
@click.option("--gold", type=click.Path(path_type=Path), required=True, help="A gold file of `generate`.")
@click.option(
    "--pred", type=click.Path(path_type=Path), required=True, help="A predictions file of `predict`."
)
@click.option(
    "--task", "task_name", type=click.Choice(task_names()), help="[default: as the data set's manifest says]"
)
@click.option(
    "--format",
    "answer_format",
    type=click.Choice(sorted(FORMATS)),
    help="[default: as the data set's manifest says]",
)
@click.option("--out", type=click.Path(path_type=Path), help="Write scores.json here.")
@click.option(
    "--errors", "n_errors", type=click.IntRange(min=0), default=0, help="Show so many wrong answers."
)
@click.option(
    "--fail-under", type=click.FloatRange(0, 1), metavar="F1", help="Exit 1 if strict micro F1 is lower."
)
@click.option("--json", "as_json", is_flag=True, help="Print the scores as JSON.")
def command(
    gold: Path,
    pred: Path,
    task_name: str | None,
    answer_format: str | None,
    out: Path | None,
    n_errors: int,
    fail_under: float | None,
    as_json: bool,
) -> None:
    """Score PRED against GOLD by id: strict and text-level F1, exact samples, outcomes of the reading."""
    task, answer_format = find_task(gold, task_name, answer_format)
    scores, scored = score_files(gold, pred, task, answer_format)
    if out is not None:
        write_whole(out, to_json(scores))
    if as_json:
        print_json(scores)
    else:
        console = stdout()
        console.print(scores_table(scores))
        console.print(
            f"{scores['n_samples']} samples, exactly right: {100 * scores['sample_exact_match']:.1f} %"
        )
        console.print(outcome_line(scores), markup=False)
        for row in islice(wrong_samples(scored), n_errors):
            console.print(f"\n{row.sample.id}  {row.sample.text}", markup=False)
            console.print(f"  gold    {[(e.label, e.text) for e in row.sample.entities]}", markup=False)
            console.print(f"  answer  {row.output!r}", markup=False)
    if missing := scores["outcomes"]["missing"]:
        click.echo(f"{missing} of {scores['n_samples']} samples have no prediction in {pred}", err=True)
    f1 = scores["criteria"]["strict"]["micro"]["f1"]
    if fail_under is not None and not f1 >= fail_under:
        raise click.ClickException(f"strict micro F1 {f1:.4f} is below --fail-under {fail_under}")
