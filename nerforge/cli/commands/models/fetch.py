"""``nerforge fetch-model`` and ``nerforge fetch-data``: files of a hub before they are needed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from nerforge.cli.printing.printed_lines import print_message, print_result
from nerforge.foundation.hubs.fetching import FetchedFiles, fetch
from nerforge.foundation.hubs.hub_names import HUBS

F = TypeVar("F", bound=Callable[..., Any])


def _shared(function: F) -> F:
    """Add the options of both commands."""
    to = click.option(
        "--to", type=click.Path(path_type=Path, file_okay=False), help="Folder.  [default: the hub's cache]"
    )
    hub = click.option("--hub", type=click.Choice(HUBS), default=HUBS[0], show_default=True)
    return click.argument("name", metavar="OWNER/NAME")(hub(to(function)))


@click.command("fetch-model")
@_shared
def model_command(name: str, hub: str, to: Path | None) -> None:
    """Fetch a model and check sizes and hashes; a fetch that was interrupted is resumed."""
    fetched = fetch("model", name, hub, to=to)
    _print(fetched)
    if to is not None:
        print_message(f"next: nerforge config RECIPE --set model_name_or_path={fetched.folder} ...")


@click.command("fetch-data")
@_shared
@click.option("--file", "files", multiple=True, metavar="PATTERN", help="Only these files; may be repeated.")
def data_command(name: str, hub: str, to: Path | None, files: tuple[str, ...]) -> None:
    """Fetch a data set and check sizes and hashes; a fetch that was interrupted is resumed."""
    _print(fetch("dataset", name, hub, to=to, patterns=files))


def _print(fetched: FetchedFiles) -> None:
    """Print where the files are, and how far they were checked."""
    size = f"{fetched.n_files} files, {fetched.n_bytes / 1e6:,.1f} MB"
    checked = (
        f"{fetched.n_hashed} of them by SHA-256, the others by size"
        if fetched.is_checked
        else "the hub could not be asked for sizes and hashes; weights are not truncated"
    )
    print_message(f"{size}; checked: {checked}")
    print_result(str(fetched.folder))
