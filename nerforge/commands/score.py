"""``nerforge score``: predictions against gold."""

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evaluation.prediction_files import LAYOUTS
from generators.files import write_whole
from nerforge.output import print_json, stdout
from nerforge.score_output import print_label_scores, print_scores
from templates.answers import FORMATS
from templates.errors import UsageError, UserError
from templates.tasks import Task, task_names

if TYPE_CHECKING:
    from evaluation.score_files import ScoreHead
    from evaluation.scoring import ScoredSample

_AUTO = "auto"
_TRAINING_GOLD = "train.jsonl"
_SENTENCES = ("samples", "errors")
"""What the scores hold of each sentence; it stands in --out and not on the screen."""


@click.command()
@click.option("--gold", type=click.Path(path_type=Path), required=True, help="A gold file of `generate`.")
@click.option(
    "--pred",
    type=click.Path(path_type=Path),
    required=True,
    help="Predictions of `predict`, LLaMA-Factory or its vllm_infer.py, OpenAI chat logs or batch output.",
)
@click.option(
    "--pred-layout", type=click.Choice(sorted(LAYOUTS)), help="[default: as the rows of --pred look]"
)
@click.option(
    "--task", "task_name", type=click.Choice(task_names()), help="[default: as the data set's manifest says]"
)
@click.option(
    "--format",
    "answer_format",
    type=click.Choice([*sorted(FORMATS), _AUTO]),
    help="How answers are written; auto finds out.  [default: as the data set's manifest says]",
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
    "--errors", "n_errors", type=click.IntRange(min=0), default=0, help="Show so many wrong answers."
)
@click.option(
    "--fail-under",
    type=click.FloatRange(0, 1),
    metavar="F1",
    help="Exit 1 if strict micro F1 (or accuracy) is lower.",
)
@click.option("--baseline", type=click.Path(path_type=Path), help="Scores to hold --max-drop against.")
@click.option(
    "--max-drop",
    type=click.FloatRange(0, 1),
    metavar="X",
    help="Exit 1 if strict micro F1 is more than X below --baseline.  [default: 0]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the scores as JSON, without the samples.")
def command(
    gold: Path,
    pred: Path,
    pred_layout: str | None,
    task_name: str | None,
    answer_format: str | None,
    training: Path | None,
    n_bootstrap: int,
    seed: int,
    out: Path | None,
    n_errors: int,
    fail_under: float | None,
    baseline: Path | None,
    max_drop: float | None,
    as_json: bool,
) -> None:
    """Score PRED against GOLD: P, R and F1 by six criteria with intervals, how answers were read, errors."""
    # numpy and the readers are imported with these; --help does not need them.
    from evaluation.label_files import is_label_gold, score_label_files
    from evaluation.score_files import read_head, refuse_foreign
    from evaluation.scoring import encode_scores, find_task, score_files, wrong_samples

    if max_drop is not None and baseline is None:
        raise UsageError("--max-drop goes with --baseline")
    base = read_head(baseline) if baseline else None
    if out is not None:
        refuse_foreign(out)
    training = training or _training_beside(gold)
    scored: list[ScoredSample] = []
    if is_label_gold(gold):
        if task_name or answer_format:
            raise UsageError(f"--task and --format are for entities; {gold} holds a label for each text")
        scores = score_label_files(
            gold, pred, training=training, layout=pred_layout, n_bootstrap=n_bootstrap, seed=seed
        )
    else:
        task, answer_format = find_task(gold, task_name, answer_format)
        if answer_format == _AUTO:
            answer_format = _choose_format(gold, pred, task, pred_layout)
        scores, scored = score_files(
            gold,
            pred,
            task,
            answer_format,
            training=training,
            layout=pred_layout,
            n_bootstrap=n_bootstrap,
            seed=seed,
            n_examples=n_errors,
        )
    for note in scores["predictions"]["notes"]:
        click.echo(note, err=True)
    if base is not None and baseline is not None:
        _require_same_gold(pred, scores, baseline, base)
    if out is not None:
        write_whole(out, encode_scores(scores))
    if as_json:
        print_json({key: value for key, value in scores.items() if key not in _SENTENCES})
    elif "accuracy" in scores:
        print_label_scores(stdout(), scores, n_errors)
    else:
        print_scores(stdout(), scores)
        _print_errors(islice(wrong_samples(scored), n_errors))
    _gate(scores, fail_under, base, max_drop or 0.0)


def _choose_format(gold: Path, pred: Path, task: Task, layout: str | None) -> str:
    """Find out the format of the answers, and say so; of equal ones the manifest's stands."""
    from evaluation.format_choice import choose_file_format
    from evaluation.scoring import find_task

    try:
        _, default = find_task(gold, task.name, None)
    except UserError:
        default = task.default_format
    choice = choose_file_format(gold, pred, task, default, layout=layout)
    click.echo(choice.note(), err=True)
    return choice.name


def _training_beside(gold: Path) -> Path | None:
    beside = gold.resolve().with_name(_TRAINING_GOLD)
    return beside if beside.is_file() and beside != gold.resolve() else None


def _require_same_gold(pred: Path, scores: dict[str, Any], baseline: Path, base: "ScoreHead") -> None:
    from evaluation.score_files import GoldSettings, require_same_gold

    settings = scores["settings"]
    found = GoldSettings(settings["task"], settings["gold_sha256"])
    require_same_gold(pred, found, baseline, base.settings)


def _print_errors(rows: "islice[ScoredSample]") -> None:
    console = stdout()
    for row in rows:
        console.print(f"\n{row.sample.id}  {row.sample.text}", markup=False)
        console.print(f"  gold    {[(e.label, e.text) for e in row.sample.entities]}", markup=False)
        console.print(f"  answer  {row.output!r}", markup=False)


def _gate(
    scores: dict[str, Any], fail_under: float | None, base: "ScoreHead | None", max_drop: float
) -> None:
    """Fail where the strict micro F1, or the accuracy of text classification, is too low."""
    from evaluation.score_files import is_drop

    name, score = "accuracy", scores.get("accuracy")
    if score is None:
        name, score = "strict micro F1", scores["criteria"]["strict"]["micro"]["f1"]
    if fail_under is not None and not score >= fail_under:
        raise click.ClickException(f"{name} {score:.4f} is below --fail-under {fail_under}")
    if base is not None and is_drop(base.main, score, max_drop):
        raise click.ClickException(
            f"{name} {score:.4f} is {base.main - score:.4f} below {base.main:.4f} of --baseline; "
            f"--max-drop is {max_drop}"
        )
