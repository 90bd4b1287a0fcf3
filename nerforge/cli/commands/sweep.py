"""``nerforge sweep``: every checkpoint of a run judged by F1 on dev, the best one tested once."""

from pathlib import Path
from typing import Any

import click
from msgspec import to_builtins

from nerforge.cli.options.constraint_options import constrain_option
from nerforge.cli.options.grounding_options import ground_options
from nerforge.cli.options.model_options import device_options, engine_option
from nerforge.cli.options.tracking_options import tell_tracked, tracking_options
from nerforge.cli.printing.output import bar, print_json, stdout
from nerforge.cli.printing.printed_lines import print_failure, print_next
from nerforge.evaluation.scores.score_file import comparable_figures
from nerforge.evaluation.tracking.targets import TrackOptions, require_target
from nerforge.foundation.errors import UserError
from nerforge.foundation.hubs.hub_names import HUBS

_LABEL_CRITERIA = ("accuracy", "macro_f1")
_JUDGING = (
    *("data", "engine", "max_new_tokens", "batch_size", "hub", "trust_remote_code"),
    *("devices", "overwrite", "constrain", "ground", "ground_threshold"),
)


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--data", type=click.Path(path_type=Path), required=True, help="Dataset directory of `generate`."
)
@click.option(
    "--criterion",
    type=click.Choice([*comparable_figures(), *_LABEL_CRITERIA]),
    help="What decides.  [default: strict; accuracy in text classification]",
)
@click.option(
    "--one-standard-error",
    is_flag=True,
    help="Choose the earliest checkpoint within one standard error of the best.",
)
@click.option("--stop-early", is_flag=True, help="Drop checkpoints as soon as they cannot win.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help="Judge by a fixed sample of so many rows of dev.  [default: all]",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the sample.")
@click.option("--base", "with_base", is_flag=True, help="Judge the model without adapter too.")
@engine_option(lambda engine: engine.takes_adapters and not engine.asks_server)
@click.option("--max-new-tokens", type=click.IntRange(min=1), default=512, show_default=True)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    help="Rows worked on at a time.  [default: the engine's choice]",
)
@device_options
@click.option("--hub", type=click.Choice(HUBS), help="Where to fetch a model by name from.")
@click.option("--trust-remote-code", is_flag=True, help="Let the model's own code run.")
@constrain_option
@ground_options("Ground the answers, before they are scored, on")
@click.option("--overwrite", is_flag=True, help="Replace answers of other weights or settings.")
@tracking_options
@click.option("--json", "as_json", is_flag=True, help="Print what RUN/sweep.json holds.")
def command(run: Path, as_json: bool, tracking: TrackOptions, **options: Any) -> None:
    """Judge every checkpoint of RUN on dev, choose the best one, and test it once.

    Predictions and scores of the run that fit are reused.
    """
    # numpy is imported with these; --help does not need it.
    from nerforge.cli.printing.scores.sweep_output import print_sweep
    from nerforge.evaluation.sweeps.checkpoint_sweep import SweepOptions, run_sweep
    from nerforge.evaluation.sweeps.judging import JudgeSettings
    from nerforge.evaluation.tracking.commands import track_sweep

    require_target(run, tracking)
    judging = {name: options.pop(name) for name in _JUDGING}
    judging["batch_size"] = judging["batch_size"] or 0
    with bar("sweeping", doing="looking at the checkpoints and their answers") as shown:
        judged = SweepOptions(run=run, judging=JudgeSettings(**judging), **options)
        sweep = run_sweep(judged, shown.update)
    if as_json:
        print_json(to_builtins(sweep.record()))
    else:
        print_sweep(stdout(), sweep)
        print_next("report", run, "--out", "report.html")
    # Results are printed before trackers are asked, which may take long or fail.
    tell_tracked(track_sweep(run, judging["data"], sweep, tracking))
    failed = [row for row in sweep.rows if row.error is not None]
    for row in failed:
        print_failure(f"{row.name}: {row.error}")
    if failed:
        raise UserError(
            f"{len(failed)} of {len(sweep.rows)} checkpoints could not be judged, so none was chosen; "
            "repair them or move them out of the run, and run the same command again"
        )
