"""The options that the commands of ``nerforge generate`` share."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from nerforge.api.data_sets.data_place import find_place
from nerforge.api.data_sets.data_sources import SHARE, Words
from nerforge.cli.commands.generate.recipes import RECIPE
from nerforge.cli.options.option_lists import with_options
from nerforge.cli.printing.output import bar, print_json
from nerforge.cli.printing.printed_lines import print_message, print_next
from nerforge.foundation.errors import UserError
from nerforge.generators.datasets.dataset import DATASET_INFO, MANIFEST
from nerforge.generators.rows.row_shapes import ALPACA, ROW_SHAPES
from nerforge.llamafactory_configs.layering.recipe_files import recipe_of_today
from nerforge.templates.answers import FORMATS, load_format
from nerforge.templates.frames import TURNS
from nerforge.templates.languages import LANGUAGES
from nerforge.templates.tasks import LABEL_WORDS

if TYPE_CHECKING:
    from nerforge.api.data_sets.data_folder import DataFolder

F = TypeVar("F", bound=Callable[..., Any])
STATS = click.option(
    "--stats", is_flag=True, help="Print and draw the counts (stats.png, stats.svg in --out)."
)


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
        click.option("--jsonl", is_flag=True, help="Write alpaca rows as JSON Lines."),
        click.option("--overwrite", is_flag=True, help="Replace the data set that --out already holds."),
        click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON."),
    ]
    return with_options(options, function)


def dataset_options(function: F) -> F:
    """Give a command the options of every data set with entities."""
    options = [
        click.option("--format", type=click.Choice(sorted(FORMATS)), help="Answer format."),
        click.option(
            "--formats",
            metavar="FORMAT,...",
            help="Several formats: a data set of the same samples in OUT/FORMAT for each.",
        ),
    ]
    return with_options(options, output_options(function))


def write_data(source: str | Path, options: Words, doing: str, show: Callable[["DataFolder"], None]) -> None:
    """Generate a data set, or one for each of several formats, and print what was written.

    Args:
        source: What ``generate`` makes data of.
        options: The options of the command, by the names of the arguments of ``generate``.
        doing: What is done before the first row is written.
        show: Prints a data set, unless its manifest is asked for as JSON.

    Raises:
        UserError: the data cannot be generated.
    """
    # numpy is imported with it; --help does not need it.
    from nerforge.api.data_sets.generation import generate

    as_json = options.pop("as_json")
    written = []
    for place in _places(options):
        with bar("rows", doing=doing) as shown:
            data = generate(source, **options, **place, on_progress=shown.update)
        if data.entries:
            print_message(f"{data.folder.parent / DATASET_INFO}: has {', '.join(data.entries)} now")
        written.append(data)
        if not as_json:
            show(data)
    if as_json:
        _print_manifests(written)
    elif written:
        _tell_next(written[-1])


def _tell_next(data: "DataFolder") -> None:
    recipe = recipe_of_today(data.manifest.task)
    folder = data.folder.parent if data.entries else data.folder
    chosen = ("--dataset", data.entries[0]) if data.entries else ()
    print_next("config", recipe, "--data", folder, *chosen, "--out", "train.yaml")


def _places(options: Words) -> list[Words]:
    """Take where data sets are written and in which format: one, or one for each of ``--formats``."""
    place = {name: options.pop(name) for name in ("out", "into", "name")}
    given = options.pop("formats", None)
    if given is None:
        return [place]
    if options.pop("format"):
        raise click.UsageError("--formats and --format: give one of them")
    # "xml, json, xml" is xml and json.
    names = tuple(dict.fromkeys(name.strip() for name in given.split(",")))
    for name in names:
        load_format(name)
    if place["into"] is not None:
        raise click.UsageError("--formats and --into: give one of them; add a set for each --format")
    out = find_place(**place).folder
    if (out / MANIFEST).exists():
        raise UserError(f"{out}: holds a data set; --formats needs a folder for several")
    # All places first: the second of three sets must not fail after the first was written.
    for name in names:
        find_place(out / name).check_free(overwrite=options["overwrite"])
    return [{"out": out / name, "format": name, "formats": names} for name in names]


def _print_manifests(written: Sequence["DataFolder"]) -> None:
    """Print the manifest as JSON; of several data sets, one document that holds each by its format."""
    if len(written) == 1:
        print_json(msgspec.to_builtins(written[0].manifest))
    else:
        print_json({data.answer_format: msgspec.to_builtins(data.manifest) for data in written})
