"""``nerforge predict``: a model and its adapter answer a split."""

from collections.abc import Iterator
from pathlib import Path

import click

from nerforge.api.predicting.model_choice import ChosenModel
from nerforge.api.predicting.prediction import Predictions, answer_split
from nerforge.cli.options.constraint_options import constrain_option
from nerforge.cli.options.grounding_options import ground_options
from nerforge.cli.options.model_options import model_options
from nerforge.cli.options.tracking_options import tell_tracked, tracking_options
from nerforge.cli.printing.output import bar, print_json
from nerforge.cli.printing.printed_lines import print_message, print_next, print_result
from nerforge.evaluation.predicting.answer_log import failures_path
from nerforge.evaluation.tracking.targets import TrackOptions, require_target
from nerforge.foundation.errors import UserError
from nerforge.generators.datasets.dataset import ALPACA_NAMES


@click.command()
@model_options(needed="out")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    help="Dataset directory of `generate`, or any data directory of LLaMA-Factory.",
)
@click.option("--split", type=click.Choice(list(ALPACA_NAMES)), default="test", show_default=True)
@click.option("--dataset", metavar="NAME", help="A data set of dataset_info.json, in place of --split.")
@click.option(
    "--gold",
    type=click.Path(path_type=Path),
    help="Gives the ids of rows that no manifest tells of.  [default: gold/ beside them]",
)
@click.option("--out", type=click.Path(path_type=Path), help="File to append to.  [default: in the run]")
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    help="Rows worked on at a time.  [default: the engine's choice]",
)
@click.option("--overwrite", is_flag=True, help="Start over where --out holds answers.")
@click.option(
    "--confidence",
    is_flag=True,
    help="Keep the log-probabilities of tokens, for `calibrate` and `score`; answers stay as they are.",
)
@constrain_option
@ground_options("Write the answers also grounded, to OUT.grounded.jsonl, on")
@tracking_options
@click.option("--json", "as_json", is_flag=True, help="Print what was answered as JSON.")
def command(
    chosen: ChosenModel,
    data: Path,
    split: str,
    dataset: str | None,
    gold: Path | None,
    out: Path | None,
    batch_size: int | None,
    overwrite: bool,
    confidence: bool,
    constrain: str | None,
    ground: str | None,
    ground_threshold: float | None,
    tracking: TrackOptions,
    as_json: bool,
) -> None:
    """Answer a split greedily; a run that was killed is resumed."""
    require_target(chosen.run.folder if chosen.run else None, tracking)
    with bar("predicting") as shown:
        answered = answer_split(
            chosen,
            data,
            split,
            dataset=dataset,
            gold=gold,
            out=out,
            batch_size=batch_size,
            overwrite=overwrite,
            confidence=confidence,
            constrain=constrain,
            ground=ground,
            ground_threshold=ground_threshold,
            tell=print_message,
            on_progress=shown.update,
        )
    done = answered.run
    # Without the loading of the model, which would make a short run look slow.
    speed = f", {done.n_new / done.seconds:.1f} rows/s" if done.seconds else ""
    print_message(f"{done.n_rows} rows, {done.n_new} answered now{speed}")
    if done.n_cut:
        limit = chosen.spec.max_new_tokens
        print_message(f"{done.n_cut} answers were truncated at --max-new-tokens {limit}; raise it")
    if answered.grounded is not None:
        # rich is imported with this; --help does not need it.
        from nerforge.cli.printing.grounding_output import summary_lines

        for line in summary_lines(answered.grounded):
            print_message(line)
    path = done.path if answered.grounded is None else answered.grounded.path
    if as_json:
        print_json(
            {**done._asdict(), "path": str(done.path), "grounded": str(path) if answered.grounded else None}
        )
    else:
        print_result(str(path))
    tell_tracked(_track(chosen, answered, tracking))
    if not (done.n_failed or as_json):
        print_next("score", "--gold", gold or data, *_split_words(answered), "--pred", path)
    # An error at the end: what was answered is kept, and a script must notice the rest.
    if done.n_failed:
        raise UserError(
            f"{done.n_failed} rows could not be answered, see {failures_path(done.path)}; run the same "
            "command again to ask once more"
        )


def _split_words(answered: Predictions) -> tuple[str, ...]:
    return (
        () if answered.split == "test" or answered.split not in ALPACA_NAMES else ("--split", answered.split)
    )


def _track(chosen: ChosenModel, answered: Predictions, tracking: TrackOptions) -> Iterator[str]:
    # numpy is imported with this; --help does not need it.
    from nerforge.evaluation.tracking.commands import track_predictions

    counts = {"answers": answered.n_rows - answered.n_failed, "failed": answered.n_failed}
    return track_predictions(chosen.run, answered.data, answered.split, answered.path, counts, tracking)
