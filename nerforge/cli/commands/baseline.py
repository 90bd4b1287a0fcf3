"""``nerforge baseline``: what simple methods reach on a data set, beside a model's scores."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nerforge.cli.options.grounding_options import TABLES_HELP
from nerforge.cli.printing.output import bar, print_json
from nerforge.cli.printing.printed_lines import print_message, print_next, print_result
from nerforge.evaluation.grounding import OF_DATA
from nerforge.foundation.phases import phase

if TYPE_CHECKING:
    from nerforge.evaluation.baselines.run import BaselineRun, EntityData, Tagger

_SPLITS = ("dev", "test")
F = TypeVar("F", bound=Callable[..., Any])


@click.group()
def command() -> None:
    """Answer a split without an LLM, from training gold or tables alone; `nerforge score` reads it."""


def _shared(function: F) -> F:
    """Add the options of every baseline."""
    # Last first: each decorator puts its option before those that are there, and help shows --data on top.
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON."),
        click.option("--overwrite", is_flag=True, help="Replace the answers that --out holds."),
        click.option("--out", type=click.Path(path_type=Path), required=True, help="Predictions to write."),
        click.option("--split", type=click.Choice(_SPLITS), default="test", show_default=True),
        click.option(
            "--data", type=click.Path(path_type=Path), required=True, help="Dataset directory of `generate`."
        ),
    ):
        function = option(function)
    return function


@command.command()
@_shared
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Mentions in training that a surface must have.",
)
@click.option(
    "--max-unlabelled",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="Drop surfaces that training leaves unlabelled in a larger share of their occurrences.",
)
@click.option(
    "--nested/--flat", default=None, help="Look for surfaces within others.  [default: as the task]"
)
def dictionary(
    data: Path,
    split: str,
    out: Path,
    overwrite: bool,
    as_json: bool,
    min_count: int,
    max_unlabelled: float,
    nested: bool | None,
) -> None:
    """Tag the surfaces of training gold with their most frequent label, the longest first."""
    from nerforge.evaluation.baselines.dictionary import DictionaryOptions, DictionaryTagger
    from nerforge.evaluation.baselines.run import check_free, read_entity_data

    check_free(out, overwrite=overwrite)
    with phase("reading the training gold"):
        found = read_entity_data(data)
    options = DictionaryOptions(min_count, max_unlabelled, nested)
    _answer(found, split, DictionaryTagger(found.training, found.schema, options), out, as_json=as_json)


@command.command()
@_shared
@click.option("--c1", type=click.FloatRange(0), default=0.1, show_default=True, help="Weight of L1.")
@click.option("--c2", type=click.FloatRange(0), default=0.1, show_default=True, help="Weight of L2.")
@click.option(
    "--max-rounds",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Rounds of training, at most.",
)
@click.option(
    "--models",
    type=click.Path(path_type=Path),
    help="Folder where trained models are kept.  [default: that of --out]",
)
def crf(
    data: Path,
    split: str,
    out: Path,
    overwrite: bool,
    as_json: bool,
    c1: float,
    c2: float,
    max_rounds: int,
    models: Path | None,
) -> None:
    """Train a CRF over characters on the outermost entities, and tag with it."""
    from nerforge.evaluation.baselines.crf import CrfOptions, CrfTagger
    from nerforge.evaluation.baselines.run import check_free, read_entity_data

    check_free(out, overwrite=overwrite)
    with phase("reading the training gold"):
        found = read_entity_data(data)
    tagger = CrfTagger(found.training, found.schema, CrfOptions(c1, c2, max_rounds), models or out.parent)
    with bar("training") as shown:
        tagger.prepare(shown.update)
    _answer(found, split, tagger, out, as_json=as_json)


@command.command()
@_shared
@click.option(
    "--tables",
    default=OF_DATA,
    metavar="TABLES",
    help=f"Whose names to tag: {TABLES_HELP}.  [default: those of the data set]",
)
def gazetteer(data: Path, split: str, out: Path, overwrite: bool, as_json: bool, tables: str) -> None:
    """Tag the names of tables, complete their parents, and learn nothing from training gold."""
    from nerforge.evaluation.baselines.gazetteer import GazetteerTagger
    from nerforge.evaluation.baselines.run import check_free, read_entity_data
    from nerforge.evaluation.grounding.table_sources import read_tables

    check_free(out, overwrite=overwrite)
    with phase("reading the tables"):
        found = read_entity_data(data)
        tagger = GazetteerTagger(read_tables(tables, found.task, data, option="--tables"))
    _answer(found, split, tagger, out, as_json=as_json)


@command.command()
@_shared
def majority(data: Path, split: str, out: Path, overwrite: bool, as_json: bool) -> None:
    """Give every text the most frequent label of training (text classification)."""
    from nerforge.evaluation.baselines.run import check_free, predict_majority

    check_free(out, overwrite=overwrite)
    _say(predict_majority(data, split, out), data, split, as_json=as_json)


def _answer(data: "EntityData", split: str, tagger: "Tagger", out: Path, *, as_json: bool) -> None:
    from nerforge.evaluation.baselines.run import predict_entities

    with bar("predicting") as shown:
        done = predict_entities(data, split, tagger, out, shown.update)
    _say(done, data.folder, split, as_json=as_json)


def _say(done: "BaselineRun", data: Path, split: str, *, as_json: bool) -> None:
    for note in done.notes:
        print_message(note)
    if as_json:
        print_json({"path": str(done.path), "n_rows": done.n_rows, "notes": done.notes})
        return
    print_message(f"{done.n_rows:,} rows")
    # The path alone on stdout, so that a script can take it: PRED=$(nerforge baseline ...).
    print_result(str(done.path))
    of_split = () if split == "test" else ("--split", split)
    print_next("score", "--gold", data, *of_split, "--pred", done.path)
