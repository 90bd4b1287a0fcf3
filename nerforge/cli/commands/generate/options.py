"""The options that the commands of ``nerforge generate`` share."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from nerforge.cli.commands.generate.recipes import RECIPE
from nerforge.cli.printing.output import print_json
from nerforge.foundation.errors import UserError
from nerforge.generators.datasets.data_directory import add_set, check_place
from nerforge.generators.datasets.dataset import DATASET_INFO, MANIFEST, DatasetOptions, check_out
from nerforge.generators.rows.row_shapes import ALPACA, ROW_SHAPES
from nerforge.templates.answers import FORMATS, load_format
from nerforge.templates.frames import TURNS
from nerforge.templates.languages import LANGUAGES
from nerforge.templates.tasks import LABEL_WORDS

F = TypeVar("F", bound=Callable[..., Any])
STATS = click.option(
    "--stats", is_flag=True, help="Print and draw the counts (stats.png, stats.svg in --out)."
)
SHARE = 0.1
"""Of the rows, usually for dev and for test each."""
_DATASET_OPTIONS = (
    *("dev", "test", "seed", "answer_format", "prompt", "language", "turn"),
    *("prefix", "labels", "rows_as", "is_jsonl", "overwrite"),
)


def with_options(options: Sequence[Callable[[F], F]], function: F) -> F:
    """Give a command some options; help lists them in this order, before those that it has."""
    for option in reversed(options):
        function = option(function)
    return function


def share_options(function: F) -> F:
    """Give a command the shares of dev and test."""
    options = [
        click.option(
            f"--{split}",
            type=float,
            default=SHARE,
            show_default=True,
            help=f"Share of the rows for {split}.",
        )
        for split in ("dev", "test")
    ]
    return with_options(options, function)


def output_options(function: F) -> F:
    """Give a command the options of every data set but those that divide it."""
    options = [
        RECIPE,
        click.option("--out", type=click.Path(path_type=Path), help="Dataset directory to write."),
        click.option(
            "--into",
            metavar="DIR",
            type=click.Path(path_type=Path, file_okay=False),
            help="In place of --out, a data directory of LLaMA-Factory, to whose sets this one is added.",
        ),
        click.option("--name", metavar="NAME", help="What --into calls the set: ner_power, for example."),
        click.option(
            "--seed",
            type=click.IntRange(min=0),
            default=42,
            show_default=True,
            help="The same seed gives the same bytes.",
        ),
        click.option(
            "--prompt",
            metavar="NAME|FILE.jinja|own",
            help="A prompt of the task, a file of yours, or `own`: that of the pairs that a corpus holds.",
        ),
        click.option(
            "--language",
            type=click.Choice(LANGUAGES),
            help="Language of prompt, labels and answers.  [default: the task's, zh for ours]",
        ),
        click.option(
            "--turn",
            type=click.Choice(TURNS),
            default=TURNS[0],
            show_default=True,
            help="Where the instruction stands: before the sentence, or in the system turn.",
        ),
        click.option(
            "--prefix",
            metavar="TEXT",
            help="What stands right before the sentence in the user turn.  [default: what the prompt has]",
        ),
        click.option(
            "--labels",
            type=click.Choice(LABEL_WORDS),
            help="Prompts and answers call labels by the task's names for them, or by their codes as gold "
            "does.  [default: name]",
        ),
        click.option(
            "--rows-as",
            type=click.Choice(list(ROW_SHAPES)),
            default=ALPACA,
            show_default=True,
            help="Shape of rows: messages is OpenAI's and ms-swift's, sharegpt has conversations.",
        ),
        click.option("--jsonl", "is_jsonl", is_flag=True, help="Write alpaca rows as JSON Lines."),
        click.option("--overwrite", is_flag=True, help="Replace the data set that --out already holds."),
        click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON."),
    ]
    return with_options(options, function)


def dataset_options(function: F) -> F:
    """Give a command the options of every data set with entities."""
    options = [
        click.option("--format", "answer_format", type=click.Choice(sorted(FORMATS)), help="Answer format."),
        click.option(
            "--formats",
            metavar="FORMAT,...",
            help="Several formats: a data set of the same samples in OUT/FORMAT for each.",
        ),
    ]
    return with_options(options, output_options(function))


def take_datasets(options: dict[str, Any]) -> list[DatasetOptions]:
    """Take the options of data sets: one, or one for each of several formats.

    Raises:
        UserError: one of the folders is taken.
    """
    datasets = list(_datasets(options))
    for dataset in datasets:
        check_out(dataset.out, overwrite=dataset.overwrite)
        if dataset.entry is not None:
            check_place(dataset.out.parent, dataset.entry, overwrite=dataset.overwrite)
    return datasets


def enter_dataset(dataset: DatasetOptions) -> None:
    """Enter a data set that was written into the data directory that holds it, if that was asked for.

    Raises:
        UserError: the directory's list of data sets cannot be read or written.
    """
    if dataset.entry is None:
        return
    directory = dataset.out.parent
    names = add_set(directory, dataset.entry, overwrite=dataset.overwrite)
    click.echo(f"{directory / DATASET_INFO}: has {', '.join(names)} now", err=True)


def _place(options: dict[str, Any]) -> dict[str, Any]:
    """Take where a data set is to be: a folder of its own, or a name in a data directory."""
    out, into, name = (options.pop(key) for key in ("out", "into", "name"))
    if out is not None and into is None and name is None:
        return {"out": out}
    if out is None and into is not None and name is not None:
        return {"out": into / name, "entry": name}
    raise click.UsageError("give --out DIR, or --into DIR with --name NAME")


def _datasets(options: dict[str, Any]) -> Iterator[DatasetOptions]:
    chosen = {name: options.pop(name) for name in _DATASET_OPTIONS if name in options}
    chosen |= _place(options)
    given = options.pop("formats", None)
    if given is None:
        yield DatasetOptions(**chosen)
        return
    if chosen["answer_format"]:
        raise click.UsageError("--formats and --format: give one of them")
    names = tuple(dict.fromkeys(name.strip() for name in given.split(",")))
    for name in names:
        load_format(name)
    if "entry" in chosen:
        raise click.UsageError("--formats and --into: give one of them; add a set for each --format")
    if (chosen["out"] / MANIFEST).exists():
        raise UserError(f"{chosen['out']}: holds a data set; --formats needs a folder for several")
    for name in names:
        yield DatasetOptions(
            **chosen | {"answer_format": name, "out": chosen["out"] / name, "formats": names}
        )


def print_manifests(written: Sequence[tuple[DatasetOptions, dict[str, Any]]]) -> None:
    """Print the manifest as JSON; of several data sets, one document that holds each by its format."""
    if len(written) == 1:
        print_json(written[0][1])
    else:
        print_json({dataset.answer_format: manifest for dataset, manifest in written})
