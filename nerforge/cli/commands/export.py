"""``nerforge export``: adapter and base merged into one model, which answers as the two did."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import click

from nerforge.evaluation.engines import ModelSpec, Request
from nerforge.evaluation.predicting.predictions import read_requests
from nerforge.evaluation.predicting.runs import Run, read_run
from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.reading import read_yaml
from nerforge.foundation.hubs.hub_names import HUBS
from nerforge.foundation.phases import AT_ONCE, phase
from nerforge.foundation.run_folder.contents import BASE, TRAIN_YAML
from nerforge.generators.datasets.dataset import ALPACA_NAMES
from nerforge.llamafactory_configs.running.exporting import export


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
) -> None:
    """Merge the adapter of RUN into its base, and check that both answer alike, greedily."""
    name = f"checkpoint-{checkpoint}" if checkpoint and checkpoint.isdigit() else checkpoint
    if name == BASE:
        raise UsageError("--checkpoint base has no adapter to merge")
    found = read_run(run, name)
    assert found.adapter is not None
    data = data or Path(str(read_yaml(run / TRAIN_YAML).get("dataset_dir")))
    requests = list(islice(read_requests(data, split), n_checked))

    def check(merged: Path) -> None:
        if requests:
            _require_same_answers(found, merged, requests, max_new_tokens, tolerate, hub)

    with phase("merging adapter and base", AT_ONCE):
        export(run, Path(found.adapter), out, check, hub=hub)
    click.echo(str(out))


def _require_same_answers(
    run: Run, merged: Path, requests: Sequence[Request], max_new_tokens: int, tolerate: int, hub: str | None
) -> None:
    base = replace(run.spec(max_new_tokens, hub=hub), adapter=None)
    with phase(f"answering {len(requests)} prompts with the adapter"):
        before = _answers(base, run.adapter, requests)
    with phase(f"answering {len(requests)} prompts with the merged model"):
        after = _answers(replace(base, model=str(merged)), None, requests)
    different = [row_id for row_id, answer in before.items() if after[row_id] != answer]
    if len(different) > tolerate:
        first = different[0]
        raise UserError(
            f"the merged model answers {len(different)} of {len(requests)} prompts differently, first "
            f"{first}: {after[first]!r} in place of {before[first]!r}; nothing was written. "
            "Merging rounds: accept a few with --tolerate N, after scoring the merged model"
        )
    click.echo(f"{len(requests) - len(different)} of {len(requests)} answers are the same", err=True)


def _answers(spec: ModelSpec, adapter: str | None, requests: Sequence[Request]) -> dict[str, str]:
    """Answer with a model, and with an adapter beside it where one is given.

    LLaMA-Factory merges an adapter when it loads it to predict; here it stays apart, as in training.
    """
    from nerforge.evaluation.engines.local.hf import HfEngine

    engine = HfEngine(spec)
    if adapter is not None:
        from peft import PeftModel

        generation_config = engine.model.generation_config
        engine.model = PeftModel.from_pretrained(engine.model, adapter).eval()
        engine.model.generation_config = generation_config
    batches = engine.predict(requests, batch_size=8)
    return {prediction.id: prediction.output for batch in batches for prediction in batch}
