"""``nerforge generate``: training data and gold from slot tables or a corpus."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from generators.corpora import CORPUS_TASKS
from generators.pipeline import DatasetOptions, generate_corpus, generate_power
from generators.power.gazetteer import EMBEDDED
from nerforge.output import print_json, print_manifest
from templates.answers import FORMATS
from templates.tasks import load_task

F = TypeVar("F", bound=Callable[..., Any])


def _dataset_options(function: F) -> F:
    options = [
        click.option(
            "--out", type=click.Path(path_type=Path), required=True, help="Dataset directory to write."
        ),
        click.option("--dev", type=float, default=0.1, show_default=True, help="Share of the rows for dev."),
        click.option(
            "--test", type=float, default=0.1, show_default=True, help="Share of the rows for test."
        ),
        click.option(
            "--seed",
            type=click.IntRange(min=0),
            default=42,
            show_default=True,
            help="The same seed gives the same bytes.",
        ),
        click.option("--format", "answer_format", type=click.Choice(sorted(FORMATS)), help="Answer format."),
        click.option("--prompt", metavar="NAME|FILE.jinja", help="A prompt of the task, or your own."),
        click.option("--overwrite", is_flag=True, help="Replace the data set that --out already holds."),
        click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def _report(manifest: dict[str, Any], out: Path, as_json: bool) -> None:
    if as_json:
        print_json(manifest)
    else:
        print_manifest(manifest, out)


@click.group()
def command() -> None:
    """Turn corpora and slot tables into LLaMA-Factory training data and gold."""


@command.command("power")
@click.option("--rows", type=int, required=True, help="Number of queries, in all splits together.")
@click.option(
    "--city", "cities", multiple=True, help="Keep only this city of the gazetteer; may be repeated."
)
@click.option(
    "--gazetteer",
    type=click.Path(path_type=Path),
    default=EMBEDDED,
    help="CSV with province, city, company, substation.  [default: Shandong, embedded]",
)
@_dataset_options
def _power(rows: int, cities: tuple[str, ...], gazetteer: Path, as_json: bool, **options: Any) -> None:
    """Make synthetic power-domain queries from slot tables and templates."""
    manifest = generate_power(rows, DatasetOptions(**options), gazetteer=gazetteer, cities=cities)
    _report(manifest, options["out"], as_json)


def _corpus_command(task_name: str) -> click.Command:
    @_dataset_options
    @click.option(
        "--drop-faulty", is_flag=True, help="Leave out and count rows whose entities cannot be placed."
    )
    @click.option("--limit", type=int, help="Draw so many rows.")
    @click.option(
        "--input", "corpus", type=click.Path(path_type=Path), required=True, help="The corpus, JSONL."
    )
    def run(corpus: Path, limit: int | None, drop_faulty: bool, as_json: bool, **options: Any) -> None:
        manifest = generate_corpus(
            task_name, corpus, DatasetOptions(**options), limit=limit, drop_faulty=drop_faulty
        )
        _report(manifest, options["out"], as_json)

    labels = ", ".join(load_task(task_name).schema.names)
    return click.command(task_name, help=f"Convert a {task_name} file (labels {labels}).")(run)


for _name in CORPUS_TASKS:
    command.add_command(_corpus_command(_name))
