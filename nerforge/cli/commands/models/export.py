"""``nerforge export``: adapter and base merged into one model, which answers as the two did."""

from pathlib import Path

import click

from nerforge.api.runs.merged_model import AnswerCheck, merge_checked
from nerforge.cli.printing.output import print_json
from nerforge.cli.printing.printed_lines import print_message, print_next, print_result
from nerforge.foundation.hubs.hub_names import HUBS
from nerforge.generators.datasets.dataset import ALPACA_NAMES


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--checkpoint", metavar="N", help="A checkpoint of the run.  [default: the final adapter]")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder of the merged model.")
@click.option(
    "--data", type=click.Path(path_type=Path), help="Dataset directory of the check.  [default: the run's]"
)
@click.option("--split", type=click.Choice(list(ALPACA_NAMES)), default="test", show_default=True)
@click.option(
    "--check",
    "n_checked",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Prompts that adapter and merged model must answer alike; 0 for none.",
)
@click.option(
    "--tolerate",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Answers that may differ: merging rounds in 16 bits.",
)
@click.option("--max-new-tokens", type=click.IntRange(min=1), default=256, show_default=True)
@click.option("--hub", type=click.Choice(HUBS), help="Where to fetch a model by name from.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def command(
    run: Path,
    checkpoint: str | None,
    out: Path,
    data: Path | None,
    split: str,
    n_checked: int,
    tolerate: int,
    max_new_tokens: int,
    hub: str | None,
    as_json: bool,
) -> None:
    """Merge the adapter of RUN into its base, and check that both answer alike, greedily."""
    check = AnswerCheck(data, split, n_checked, tolerate, max_new_tokens)
    compared = merge_checked(run, checkpoint, out, check, hub=hub)
    if compared is not None:
        print_message(compared)
    if as_json:
        print_json({"path": str(out), "check": compared})
        return
    print_result(str(out))
    print_next(
        "predict", "--model", out, "--template", "NAME", "--data", data or "DATA", "--out", "answers.jsonl"
    )
