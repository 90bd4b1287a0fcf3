"""The options that name the files of a corpus: those to divide, and published splits."""

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from nerforge.cli.commands.generate.options import SHARE, F, with_options
from nerforge.foundation.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from nerforge.generators.corpora.inputs import Inputs

_SOURCE = "PATH|hf:OWNER/NAME[:FILE]|modelscope:OWNER/NAME[:FILE]"


def input_options(function: F) -> F:
    """Give a command the options that name files; ``take_inputs`` takes them."""
    options = [
        click.option(
            "--input",
            "--source",
            "corpus",
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


def take_inputs(options: dict[str, Any]) -> "Inputs":
    """Take the files out of a command's options, and put the shares of dev and test in their place.

    Raises:
        UsageError: no file is named, or the options contradict each other.
        UserError: a file or data set is not there.
    """
    # numpy is imported with it; --help does not need it.
    from nerforge.generators.corpora.inputs import Inputs
    from nerforge.generators.corpora.sources import resolve_source

    divided, train = options.pop("corpus"), options.pop("train")
    dev, test = (_divide(split, options.pop(split)) for split in ("dev", "test"))
    usual = SHARE if divided and 1 not in (dev.share, test.share) else 0.0
    for split, given in (("dev", dev), ("test", test)):
        share = usual if given.share is None else given.share
        options[split] = 0.0 if given.files else share
    divided, train = (tuple(map(resolve_source, names)) for names in (divided, train))
    return Inputs(divided, train, _resolve("dev", dev.files), _resolve("test", test.files))


class _Given(NamedTuple):
    """What was given for a split: a share, files, or nothing."""

    share: float | None
    files: list[str]


def _divide(split: str, values: tuple[str, ...]) -> _Given:
    """Tell a share from files."""
    shares = [value for value in values if _is_number(value)]
    files = [value for value in values if not _is_number(value)]
    if len(shares) > 1 or (shares and files):
        given = " and ".join(f"--{split} {value}" for value in values)
        raise click.UsageError(f"{given}: give one share, or files (a file named by a number is ./0.1)")
    return _Given(float(shares[0]) if shares else None, files)


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _resolve(split: str, names: list[str]) -> "tuple[Path, ...]":
    from nerforge.generators.corpora.sources import resolve_source

    try:
        return tuple(map(resolve_source, names))
    except UserError as err:
        raise UserError(f"{err}; --{split} takes a share such as 0.1, or files") from err
