"""``nerforge config``: a recipe, its layers and a data set become a training YAML."""

from collections.abc import Callable
from pathlib import Path

import click
import yaml

from nerforge.api.runs.checked_recipe import render_checked
from nerforge.cli.options.tracking_options import TrackerNames, tracker_name_options
from nerforge.cli.printing.output import print_json
from nerforge.cli.printing.printed_lines import print_document, print_message, print_next
from nerforge.foundation.errors import UsageError
from nerforge.foundation.hubs.hub_names import HUBS
from nerforge.llamafactory_configs.layering.layer_files import layer_names
from nerforge.llamafactory_configs.layering.recipe_files import Choices, recipe_names
from nerforge.llamafactory_configs.layering.tracker_choices import TrackerChoices
from nerforge.llamafactory_configs.rendering.training_yaml import parse_overrides


def _layer_option(kind: str, what: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make the option that chooses a layer of a kind."""
    names = ", ".join(layer_names(kind))
    return click.option(f"--{kind}", metavar="NAME|FILE.yaml", help=f"{what}: {names}.")


@click.command(epilog=f"Recipes: {', '.join(recipe_names())}.")
@click.argument("recipe")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    help="Dataset directory of `generate`, or any data directory of LLaMA-Factory.",
)
@click.option(
    "--dataset",
    metavar="NAME,...",
    help="Data sets of dataset_info.json to train on.  [default: ner, or the one for training]",
)
@_layer_option("model", "Another model, with its template")
@_layer_option("method", "Another way of training")
@_layer_option("hardware", "Another machine; the effective batch stays")
@_layer_option("track", "A tracker of experiments")
@tracker_name_options
@click.option("--gpus", type=click.IntRange(min=1), help="GPUs of each machine (with Ray, of all).")
@click.option("--nodes", type=click.IntRange(min=1), help="Machines.")
@click.option("--hub", type=click.Choice(HUBS), help="Call the model by its name on this hub.")
@click.option(
    "--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Set a key of LLaMA-Factory; may be repeated."
)
@click.option(
    "--run", type=click.Path(path_type=Path), help="The run's folder (output_dir).  [default: runs/RECIPE]"
)
@click.option("-o", "--out", type=click.Path(path_type=Path), help="File to write.  [default: stdout]")
@click.option("--overwrite", is_flag=True, help="Replace a file that `config` did not write.")
@click.option("--force", is_flag=True, help="Write the file although the check found errors.")
@click.option("--json", "as_json", is_flag=True, help="Print the settings as JSON, in place of YAML.")
def command(
    recipe: str,
    data: Path,
    dataset: str | None,
    pairs: tuple[str, ...],
    gpus: int | None,
    nodes: int | None,
    hub: str | None,
    run: Path | None,
    out: Path | None,
    overwrite: bool,
    force: bool,
    as_json: bool,
    named: TrackerNames,
    **layers: str | None,
) -> None:
    """Render RECIPE (a name or a .yaml file) into a training YAML for llamafactory-cli, and check it.

    Later ones win: the recipe's layers, its own keys, the layers chosen here, --set.
    """
    chosen = {kind: name for kind, name in layers.items() if name is not None}
    overrides = parse_overrides(pairs)
    # Both may say the same.
    if dataset is not None and overrides.setdefault("dataset", dataset) != dataset:
        raise UsageError("--dataset and --set dataset=: give one of them")
    text = render_checked(
        recipe,
        data,
        overrides,
        Choices(chosen, gpus, nodes, hub, TrackerChoices(**named._asdict())),
        print_message,
        run=run,
        out=out,
        overwrite=overwrite,
        force=force,
    )
    if as_json:
        print_json({"path": None if out is None else str(out), "settings": yaml.safe_load(text)})
    elif out is None:
        print_document(text)
    else:
        print_message(f"wrote {out}")
        print_next("train", out)
