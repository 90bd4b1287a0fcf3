"""``nerforge predict``: a model and its adapter answer a split."""

from pathlib import Path

import click

from evaluation.answer_log import failures_path
from evaluation.engines import ENGINES, ModelSpec
from evaluation.predictions import predict
from evaluation.runs import read_run
from generators.dataset import ALPACA_NAMES
from nerforge.output import bar
from templates.errors import UsageError, UserError
from templates.hubs import HUBS


@click.command()
@click.option("--run", type=click.Path(path_type=Path), help="Folder of a training run.")
@click.option(
    "--checkpoint", help="A checkpoint-N of the run, or `base` for the model alone.  [default: final]"
)
@click.option("--model", help="A model's folder or name, in place of --run.")
@click.option("--adapter", help="An adapter's folder, with --model.")
@click.option("--template", help="LLaMA-Factory's chat template, with --model.")
@click.option(
    "--data", type=click.Path(path_type=Path), required=True, help="Dataset directory of `generate`."
)
@click.option("--split", type=click.Choice(list(ALPACA_NAMES)), default="test", show_default=True)
@click.option("--engine", type=click.Choice(sorted(ENGINES)), default="hf", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="File to append to.  [default: in the run]")
@click.option("--max-new-tokens", type=click.IntRange(min=1), default=512, show_default=True)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    help="Rows worked on at a time.  [default: the engine's choice]",
)
@click.option("--hub", type=click.Choice(HUBS), help="Where to fetch a model by name from.")
@click.option("--trust-remote-code", is_flag=True, help="Let the model's own code run.")
@click.option("--overwrite", is_flag=True, help="Begin anew where --out holds answers.")
def command(
    run: Path | None,
    checkpoint: str | None,
    model: str | None,
    adapter: str | None,
    template: str | None,
    data: Path,
    split: str,
    engine: str,
    out: Path | None,
    max_new_tokens: int,
    batch_size: int | None,
    hub: str | None,
    trust_remote_code: bool,
    overwrite: bool,
) -> None:
    """Answer a split greedily; a run that was killed goes on where it stopped."""
    if (run is None) == (model is None):
        raise UsageError("give either --run or --model")
    if run is not None and (adapter or template):
        raise UsageError("--adapter and --template go with --model; a run has its own")
    if model is not None and checkpoint:
        raise UsageError("--checkpoint goes with --run; name the adapter's folder with --adapter")
    if run is not None:
        found = read_run(run, checkpoint)
        spec = ModelSpec(found.model, found.adapter, found.template, max_new_tokens, trust_remote_code, hub)
        out = out or found.predictions(split)
    elif model is not None and template is not None and out is not None:
        spec = ModelSpec(model, adapter, template, max_new_tokens, trust_remote_code, hub)
    else:
        raise UsageError("--model needs --template and --out too")
    with bar("predicting") as shown:
        done = predict(
            data,
            split,
            spec,
            out,
            engine=engine,
            batch_size=batch_size or 0,
            overwrite=overwrite,
            on_progress=shown.update,
        )
    speed = f", {done.n_new / done.seconds:.1f} a second" if done.seconds else ""
    click.echo(f"{done.n_rows} rows, {done.n_new} answered now{speed}", err=True)
    if done.n_cut:
        click.echo(f"{done.n_cut} answers were cut at --max-new-tokens {max_new_tokens}; raise it", err=True)
    click.echo(str(done.path))
    if done.n_failed:
        raise UserError(
            f"{done.n_failed} rows could not be answered, see {failures_path(done.path)}; run the same "
            "command again to ask once more"
        )
