"""The options that name the files of a corpus: those to divide, and published splits."""

import click

from nerforge.api.data_sets.data_sources import Words
from nerforge.cli.commands.generate.generate_options import F
from nerforge.cli.options.option_lists import with_options

_SOURCE = "PATH|hf:OWNER/NAME[:FILE]|modelscope:OWNER/NAME[:FILE]"


def input_options(function: F) -> F:
    """Give a command the options that name files; ``take_splits`` parses those of dev and test."""
    options = [
        click.option(
            "--input",
            "--source",
            "input",
            metavar=_SOURCE,
            multiple=True,
            help="A corpus to divide: a file, a folder, or a data set of a hub; may be repeated.",
        ),
        click.option(
            "--train",
            metavar="PATH",
            multiple=True,
            help="A published training set, in place of --input; may be repeated, as --dev and --test.",
        ),
        *(
            click.option(
                f"--{split}",
                metavar="SHARE|PATH",
                multiple=True,
                help=f"A share of the rows for {split} (a number; 1 for all), or a published {split} set (a "
                "file named by a number is ./0.1).  [default: 0.1 of --input, nothing of --train]",
            )
            for split in ("dev", "test")
        ),
    ]
    return with_options(options, function)


def take_splits(options: Words) -> None:
    """Tell shares from files in what was given for dev and test, and put them in its place.

    Raises:
        UsageError: a split is given a share and files, or several shares.
    """
    for split in ("dev", "test"):
        options[split] = _share_or_files(split, options[split])


def _share_or_files(split: str, values: tuple[str, ...]) -> float | list[str] | None:
    shares = [value for value in values if _is_number(value)]
    files = [value for value in values if not _is_number(value)]
    if len(shares) > 1 or (shares and files):
        given = " and ".join(f"--{split} {value}" for value in values)
        raise click.UsageError(f"{given}: give one share, or files (a file named by a number is ./0.1)")
    # A file whose name is a number is given as ./0.1.
    return float(shares[0]) if shares else files or None


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
