"""``nerforge board``: fixed splits, and what anybody's predictions score on them."""

from pathlib import Path
from typing import Any

import click
import msgspec

from nerforge.cli.options.corpus_reading import READING

_OWN = "corpus"


@click.group()
def command() -> None:
    """Make fixed splits, put predictions on the board, and write its page."""


def _split_options(function: Any) -> Any:
    options = [
        click.option(
            "--input",
            "source",
            metavar="PATH|hf:OWNER/NAME[:FILE]|modelscope:OWNER/NAME[:FILE]",
            required=True,
            help="The corpus: any file or folder that `generate` reads.",
        ),
        click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write."),
        click.option(
            "--task", metavar="NAME|FILE.yaml", help="Of `corpus`: whose labels it has.  [default: its own]"
        ),
        click.option("--limit", type=click.IntRange(min=1), help="Of `corpus`: read only the first rows."),
        *(
            click.option(
                f"--{part}", type=float, help=f"Of `corpus`: share of the texts for {part}.  [default: 0.1]"
            )
            for part in ("dev", "test")
        ),
        click.option("--layout", metavar="LAYOUT", help="Layout of the corpus.  [default: recognised]"),
        *READING,
        click.option("--overwrite", is_flag=True, help="Replace the split that --out holds."),
        click.option("--json", "as_json", is_flag=True, help="Print split.json."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


@command.command()
@click.argument("name", metavar="ccfbdci|cmeee|corpus")
@_split_options
def split(name: str, as_json: bool, **options: Any) -> None:
    """Make a fixed split: texts once, train without near duplicates of dev and test, nested parts.

    ccfbdci and cmeee are made of the public files, and are checked against the hashes that the project
    states; corpus is any corpus of your own.
    """
    # numpy is imported with these; --help does not need it.
    from nerforge.api.board import split_corpus
    from nerforge.cli.printing.board_output import print_split
    from nerforge.cli.printing.output import print_json

    made = split_corpus(name, **options)
    if as_json:
        print_json(msgspec.to_builtins(made))
    else:
        print_split(made, options["out"])
