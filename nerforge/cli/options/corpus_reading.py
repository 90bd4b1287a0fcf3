"""Options that say how an annotated file is to be read, where that cannot be found out."""

import click

from nerforge.generators.corpora.reading.reading_options import ENDS, UNITS

READING = (
    click.option(
        "--token-column",
        type=click.IntRange(min=1),
        help="Column of the token, from 1, in files of columns.  [default: found out]",
    ),
    click.option(
        "--tag-column", type=click.IntRange(min=1), help="Column of the tags, from 1.  [default: found out]"
    ),
    click.option("--layer", help="Name or number of the layer to read, where a file has several."),
    click.option(
        "--fields",
        metavar="PART=PATH,...",
        help="Names of your own, for example text=sentence,label=type,start=b.",
    ),
    click.option(
        "--ends", type=click.Choice(ENDS), help="What the end of an entity means.  [default: found out]"
    ),
    click.option("--unit", type=click.Choice(UNITS), help="What offsets count.  [default: found out]"),
)
