"""``nerforge predict``: a model and its adapter answer a split."""

from dataclasses import replace
from pathlib import Path

import click

from evaluation.answer_log import failures_path
from evaluation.engines import ENGINES, SERVER_ENGINE, Devices, ModelSpec, Server
from evaluation.predictions import predict
from evaluation.runs import read_run
from generators.dataset import ALPACA_NAMES
from nerforge.output import bar
from templates.errors import UsageError, UserError
from templates.hubs import HUBS

_DEFAULT = Server(url="")


@click.command()
@click.option("--run", type=click.Path(path_type=Path), help="Folder of a training run.")
@click.option(
    "--checkpoint",
    help="A checkpoint-N of the run, `best` (of `sweep`), or `base` for the model alone.  [default: final]",
)
@click.option("--model", help="A model's folder or name, in place of --run; of a server, its name there.")
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
@click.option("--url", help="With --engine openai: the server's address, up to and with /v1.")
@click.option(
    "--key-variable",
    default=_DEFAULT.key_variable,
    show_default=True,
    help="Environment variable of its key.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(min=1),
    default=_DEFAULT.concurrency,
    show_default=True,
    help="Rows that the server is asked for at a time.",
)
@click.option("--per-minute", type=click.IntRange(min=1), help="Most requests to it in a minute.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=_DEFAULT.timeout,
    show_default=True,
    help="Seconds that it may take for an answer, waiting in its queue included.",
)
@click.option(
    "--tensor-parallel",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="With vllm and ray: GPUs that hold a copy of the model together.",
)
@click.option(
    "--data-parallel",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="With ray and ray-vllm: copies of the model.",
)
@click.option(
    "--gpu-memory",
    type=click.FloatRange(0, 1, min_open=True),
    default=Devices().memory,
    show_default=True,
    help="With vllm: the share of a GPU's memory to use.",
)
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
    url: str | None,
    key_variable: str,
    concurrency: int,
    per_minute: int | None,
    timeout: float,
    tensor_parallel: int,
    data_parallel: int,
    gpu_memory: float,
) -> None:
    """Answer a split greedily; a run that was killed goes on where it stopped."""
    if (run is None) == (model is None):
        raise UsageError("give either --run or --model")
    if run is not None and (adapter or template):
        raise UsageError("--adapter and --template go with --model; a run has its own")
    if model is not None and checkpoint:
        raise UsageError("--checkpoint goes with --run; name the adapter's folder with --adapter")
    if (engine == SERVER_ENGINE) != (url is not None):
        raise UsageError(f"--engine {SERVER_ENGINE} and --url go together")
    if url is not None:
        if model is None or out is None:
            raise UsageError("--url needs --model, the model's name on the server, and --out")
        server = Server(url, key_variable, concurrency, per_minute, timeout)
        spec = ModelSpec(model, adapter, template or "", max_new_tokens, server=server)
    elif run is not None:
        found = read_run(run, checkpoint)
        spec = found.spec(max_new_tokens, trust_remote_code=trust_remote_code, hub=hub)
        out = out or found.predictions(split)
    elif model is not None and template is not None and out is not None:
        spec = ModelSpec(model, adapter, template, max_new_tokens, trust_remote_code, hub)
    else:
        raise UsageError("--model needs --template and --out too")
    spec = replace(spec, devices=Devices(tensor_parallel, data_parallel, gpu_memory))
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
