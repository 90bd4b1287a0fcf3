"""The option of constrained decoding, which several commands share."""

import click

from nerforge.evaluation.constraints.constraint import NO_TABLES, OWN_TABLES

constrain_option = click.option(
    "--constrain",
    is_flag=False,
    flag_value=OWN_TABLES,
    metavar="[TABLES]",
    help="Let the model only copy the sentence, or runs of it, and name labels of the task. What it "
    f"completes is a value of TABLES, as --ground takes them; {NO_TABLES} for nothing.  [TABLES: those of "
    "the data set or of its task where it is left out]",
)
