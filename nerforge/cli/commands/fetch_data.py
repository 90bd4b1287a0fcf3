"""``nerforge fetch-data``: a corpus from a hub, to look at or to take to a machine without a network."""

from pathlib import Path

import click

from nerforge.cli.commands.fetch_model import report
from nerforge.foundation.hubs.fetching import fetch
from nerforge.foundation.hubs.hub_names import HUBS


@click.command()
@click.argument("name", metavar="OWNER/NAME")
@click.option("--hub", type=click.Choice(HUBS), default=HUBS[0], show_default=True)
@click.option(
    "--to", type=click.Path(path_type=Path, file_okay=False), help="Folder.  [default: the hub's cache]"
)
@click.option("--file", "files", multiple=True, metavar="PATTERN", help="Only these files; may be repeated.")
def command(name: str, hub: str, to: Path | None, files: tuple[str, ...]) -> None:
    """Fetch a data set and check sizes and hashes; a fetch that was broken off goes on."""
    report(fetch("dataset", name, hub, to=to, patterns=files))
