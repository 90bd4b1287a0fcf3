"""``nerforge fetch-model``: a model's files before the training needs them."""

from pathlib import Path

import click

from nerforge.foundation.hubs.fetching import FetchedFiles, fetch
from nerforge.foundation.hubs.hub_names import HUBS


@click.command()
@click.argument("name", metavar="OWNER/NAME")
@click.option("--hub", type=click.Choice(HUBS), default=HUBS[0], show_default=True)
@click.option(
    "--to", type=click.Path(path_type=Path, file_okay=False), help="Folder.  [default: the hub's cache]"
)
def command(name: str, hub: str, to: Path | None) -> None:
    """Fetch a model and check sizes and hashes; a fetch that was broken off goes on."""
    fetched = fetch("model", name, hub, to=to)
    report(fetched)
    if to is not None:
        click.echo(f"next: nerforge config RECIPE --set model_name_or_path={fetched.folder} ...", err=True)


def report(fetched: FetchedFiles) -> None:
    """Print where the files are, and how far they were checked."""
    size = f"{fetched.n_files} files, {fetched.n_bytes / 1e6:,.1f} MB"
    checked = (
        f"{fetched.n_hashed} of them by SHA-256, the others by size"
        if fetched.is_checked
        else "the hub could not be asked for sizes and hashes; weights are not cut"
    )
    click.echo(f"{size}; checked: {checked}", err=True)
    click.echo(str(fetched.folder))
