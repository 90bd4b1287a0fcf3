"""``nerforge fetch-model`` and ``nerforge fetch-data``: files of a hub before they are needed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from nerforge.cli.printing.output import print_json
from nerforge.cli.printing.printed_lines import print_message, print_next, print_result
from nerforge.foundation.hubs.fetching import FetchedFiles, fetch
from nerforge.foundation.hubs.hub_names import HUBS

F = TypeVar("F", bound=Callable[..., Any])


def _shared(function: F) -> F:
    """Add the options of both commands."""
    to = click.option(
        "--to", type=click.Path(path_type=Path, file_okay=False), help="Folder.  [default: the hub's cache]"
    )
    hub = click.option("--hub", type=click.Choice(HUBS), default=HUBS[0], show_default=True)
    as_json = click.option("--json", "as_json", is_flag=True, help="Print what was fetched as JSON.")
    return click.argument("name", metavar="OWNER/NAME")(hub(to(as_json(function))))


@click.command("fetch-model")
@_shared
def model_command(name: str, hub: str, to: Path | None, as_json: bool) -> None:
    """Fetch a model and check sizes and hashes; a fetch that was interrupted is resumed."""
    fetched = fetch("model", name, hub, to=to)
    _print(fetched, as_json=as_json)
    if to is not None and not as_json:
        named = f"model_name_or_path={fetched.folder}"
        print_next("config", "RECIPE", "--data", "DIR", "--set", named, "--out", "train.yaml")


@click.command("fetch-data")
@_shared
@click.option("--file", "files", multiple=True, metavar="PATTERN", help="Only these files; may be repeated.")
def data_command(name: str, hub: str, to: Path | None, as_json: bool, files: tuple[str, ...]) -> None:
    """Fetch a data set and check sizes and hashes; a fetch that was interrupted is resumed."""
    fetched = fetch("dataset", name, hub, to=to, patterns=files)
    _print(fetched, as_json=as_json)
    if not as_json:
        print_next("generate", "corpus", "--input", fetched.folder, "--out", "data_mine")


def _print(fetched: FetchedFiles, *, as_json: bool) -> None:
    """Print where the files are, and how far they were checked."""
    if as_json:
        print_json({**fetched._asdict(), "folder": str(fetched.folder)})
        return
    size = f"{fetched.n_files} files, {fetched.n_bytes / 1e6:,.1f} MB"
    checked = (
        f"{fetched.n_hashed} of them by SHA-256, the others by size"
        if fetched.is_checked
        else "the hub could not be asked for sizes and hashes; weights are not truncated"
    )
    print_message(f"{size}; checked: {checked}")
    print_result(str(fetched.folder))
