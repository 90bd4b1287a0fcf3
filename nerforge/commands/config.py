"""``nerforge config``: a recipe and a data set become a training YAML."""

from pathlib import Path

import click

from generators.files import write_whole
from llamafactory_configs.rendering import parse_overrides, recipe_names, render_config


@click.command(epilog=f"Recipes: {', '.join(recipe_names())}.")
@click.argument("recipe")
@click.option(
    "--data", type=click.Path(path_type=Path), required=True, help="Dataset directory of `generate`."
)
@click.option(
    "--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Set a key of LLaMA-Factory; may be repeated."
)
@click.option(
    "--run", type=click.Path(path_type=Path), help="The run's folder (output_dir).  [default: runs/RECIPE]"
)
@click.option("-o", "out", type=click.Path(path_type=Path), help="File to write.  [default: stdout]")
def command(recipe: str, data: Path, pairs: tuple[str, ...], run: Path | None, out: Path | None) -> None:
    """Render RECIPE (a name or a .yaml file) into a training YAML for llamafactory-cli."""
    run = run or Path("runs") / Path(recipe).stem
    text = render_config(recipe, data, run, parse_overrides(pairs))
    if out is None:
        click.echo(text, nl=False)
    else:
        write_whole(out, text.encode())
        click.echo(f"wrote {out}; next: nerforge train {out}", err=True)
