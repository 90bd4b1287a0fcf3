"""``nerforge generate power`` and ``generate domain``: sentences from slot tables and templates."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nerforge.api.data_sets.data_sources import Words
from nerforge.cli.commands.generate.generate_options import (
    STATS,
    F,
    dataset_options,
    share_options,
    write_data,
)
from nerforge.cli.options.option_lists import with_options

if TYPE_CHECKING:
    from nerforge.api.data_sets.data_folder import DataFolder


# Choices are written out: the modules that define them import numpy, which --help does not need.
def _slot_options(function: F) -> F:
    options = [
        click.option("--rows", type=int, required=True, help="Number of rows, in all splits together."),
        click.option(
            "--ambiguous",
            type=click.Choice(["omit", "first", "all", "drop"]),
            help="What to answer for names with several meanings.  [default: omit, only what is certain]",
        ),
        click.option(
            "--split",
            type=click.Choice(["random", "by-value", "by-template", "by-date-form"]),
            default="random",
            show_default=True,
            help="What dev and test hold that training does not.",
        ),
        click.option(
            "--negatives",
            type=float,
            default=0.05,
            show_default=True,
            help="Share of rows without any entity.",
        ),
        click.option(
            "--noise",
            metavar="CHANNEL,...|all|none",
            default="all",
            show_default=True,
            help="drop_suffix, typo, full_width, space, polite, ending, aside.",
        ),
        click.option(
            "--template", "only_templates", multiple=True, help="Keep only this template; may be repeated."
        ),
        click.option(
            "--date-class", "only_dates", multiple=True, help="Keep only these dates; may be repeated."
        ),
        click.option(
            "--templates",
            type=click.Path(path_type=Path, dir_okay=False),
            help="A template file of your own.",
        ),
        click.option(
            "--min-count",
            type=click.IntRange(min=1),
            help="Refuse if a name, template or label occurs less often in training.",
        ),
        click.option(
            "--reference-day",
            type=click.DateTime(["%Y-%m-%d"]),
            help="The day that dates are meant from.  [default: the domain's]",
        ),
        click.option(
            "--workers",
            type=click.IntRange(min=1),
            help="Processes; the bytes are the same with any number.  [default: one a core]",
        ),
        STATS,
    ]
    return with_options(options, function)


@click.command("power")
@click.option(
    "--city", "cities", multiple=True, help="Keep only this city of the gazetteer; may be repeated."
)
@click.option(
    "--gazetteer",
    type=click.Path(path_type=Path, dir_okay=False),
    help="CSV or XLSX: province, city, company, substation, aliases.  [default: Shandong, embedded]",
)
@_slot_options
@share_options
@dataset_options
def _power(**options: Any) -> None:
    """Make synthetic power-domain queries from slot tables and templates."""
    _write("power", options)


@click.command("domain")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--table", "tables", metavar="NAME=FILE", multiple=True, help="A table of your own; may be repeated."
)
@click.option(
    "--only", metavar="LEVEL=VALUE", multiple=True, help="Keep only this value of a level; may be repeated."
)
@_slot_options
@share_options
@dataset_options
def _domain(folder: Path, tables: tuple[str, ...], only: tuple[str, ...], **options: Any) -> None:
    """Make synthetic sentences from a FOLDER of tables and templates (domain.yaml)."""
    values: dict[str, list[str]] = {}
    # --only city=菏泽 --only city=济南 keeps both; of a table only one file can be meant.
    for level, value in _pairs("--only", only):
        values.setdefault(level, []).append(value)
    own: dict[str, Path] = {}
    for name, file in _pairs("--table", tables):
        if name in own:
            raise click.UsageError(f"--table {name}: given twice, as {own[name]} and {file}; give one")
        own[name] = Path(file)
    _write(folder, {"tables": own, "only": values, **options})


def _pairs(option: str, given: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for pair in given:
        name, equals, value = pair.partition("=")
        if not (name and equals and value):
            raise click.UsageError(f"{option} {pair}: expected NAME=VALUE")
        yield name, value


def _write(source: str | Path, options: Words) -> None:
    if options["noise"] not in ("all", "none"):
        options["noise"] = [name.strip() for name in options["noise"].split(",")]
    if day := options["reference_day"]:
        options["reference_day"] = day.date()
    write_data(source, options, "reading tables and compiling the grammar", _show)


def _show(data: "DataFolder") -> None:
    from nerforge.cli.printing.data_sets.slots_output import print_slots

    print_slots(data.manifest, data.folder, data.pictures or None)


COMMANDS = (_power, _domain)
