"""``nerforge generate corpus``, ``ccfbdci``, ``cmeee`` and ``fudan``: data sets from labelled texts."""

from typing import TYPE_CHECKING, Any

import click

from nerforge.api.data_sets.data_sources import Words
from nerforge.cli.commands.generate.generate_options import (
    STATS,
    F,
    dataset_options,
    output_options,
    write_data,
)
from nerforge.cli.commands.generate.inputs import input_options, take_splits
from nerforge.cli.options.corpus_reading import READING
from nerforge.cli.options.option_lists import with_options
from nerforge.cli.printing.layout_list import list_layouts
from nerforge.generators.classification import CLASSIFICATION_TASKS
from nerforge.generators.corpora import CORPUS_TASKS
from nerforge.generators.corpora.layouts import LAYOUTS
from nerforge.templates.tasks import load_task

if TYPE_CHECKING:
    from nerforge.api.data_sets.data_folder import DataFolder


def _source_options(function: F) -> F:
    options = [
        click.option(
            "--strict",
            is_flag=True,
            help="Refuse a corpus with faulty rows; by default they are dropped and counted.",
        ),
        click.option(
            "--split",
            type=click.Choice(["random", "stratified", "head", "given"]),
            default="random",
            show_default=True,
            help="Dev and test are drawn, drawn by labels, the first rows, or as the file says.",
        ),
        click.option("--limit", type=int, help="Draw so many rows of --input or --train."),
        click.option("--head", is_flag=True, help="Let --limit take the first rows."),
        click.option(
            "--normalise",
            metavar="STEP,...",
            help="Normalise texts, the places of entities with them: width, space, traditional.",
        ),
        click.option(
            "--max-chars",
            type=click.IntRange(min=1),
            help="Split longer texts at the ends of sentences; `score` joins them. Those of fudan are "
            "truncated.",
        ),
        click.option(
            "--max-tokens",
            type=click.IntRange(min=1),
            help="The same for texts whose row, prompt and answer included, has more tokens by an estimate: "
            "the cutoff_len of the training.",
        ),
        click.option(
            "--near-duplicates",
            type=click.Choice(["report", "drop", "ignore"]),
            default="report",
            show_default=True,
            help="Count texts of dev and test that training nearly holds; drop takes them out of training.",
        ),
        click.option(
            "--similarity",
            type=click.FloatRange(0.5, 1),
            default=0.8,
            show_default=True,
            help="Share of three-character pieces in common from which on texts are near duplicates.",
        ),
        click.option(
            "--label-order",
            type=click.Choice(["fixed", "shuffled"]),
            default="fixed",
            show_default=True,
            help="Prompts list the labels as the task does, or each in an order of its own.",
        ),
        click.option(
            "--shots",
            type=click.IntRange(min=0),
            default=0,
            show_default=True,
            help="Show so many training rows with their answers in every prompt.",
        ),
        STATS,
    ]
    return input_options(with_options(options, function))


def _corpus_options(function: F) -> F:
    options = [
        click.option(
            "--layout",
            type=click.Choice(list(LAYOUTS)),
            help="Layout of the corpus.  [default: recognised]",
        ),
        *READING,
        click.option(
            "--empty",
            type=float,
            help="Share of training rows without entities, at most, before texts are split.  [default: all]",
        ),
    ]
    return _source_options(with_options(options, function))


def _write(source: str, options: Words) -> None:
    take_splits(options)
    steps = options["normalise"]
    options["normalise"] = [name.strip() for name in steps.split(",")] if steps else ()
    show = _show_labels if source in CLASSIFICATION_TASKS else _show_entities
    write_data(source, options, "reading the corpus", show)


def _show_labels(data: "DataFolder") -> None:
    from nerforge.cli.printing.data_sets.corpus_output import print_label_stats, print_labels

    print_labels(data.manifest, data.folder)
    if data.pictures:
        print_label_stats(data.manifest, data.pictures)


def _show_entities(data: "DataFolder") -> None:
    # numpy is imported with it; --help does not need it.
    from nerforge.cli.printing.data_sets.corpus_output import print_corpus, print_corpus_stats
    from nerforge.generators.corpora.statistics.corpus_charts import statistics_of

    print_corpus(data.manifest, data.folder)
    if data.pictures:
        print_corpus_stats(statistics_of(data.manifest), data.pictures)


# \b keeps click from joining the lines of the list into one paragraph.
_OWN_CORPUS = "Convert a corpus of your own, with labels of your own.\n\n\b\nLayouts:\n" + list_layouts(
    {name: layout.title for name, layout in LAYOUTS.items()}
)


@click.command("corpus", help=_OWN_CORPUS)
@click.option(
    "--task", metavar="NAME|FILE.yaml", help="Whose labels the corpus has.  [default: those that it uses]"
)
@_corpus_options
@dataset_options
def _corpus(**options: Any) -> None:
    _write("corpus", options)


def _corpus_command(task_name: str) -> click.Command:
    @_corpus_options
    @dataset_options
    def run(**options: Any) -> None:
        _write(task_name, options)

    labels = ", ".join(load_task(task_name).schema.names)
    return click.command(task_name, help=f"Convert a {task_name} corpus (labels {labels}).")(run)


def _classification_command(task_name: str) -> click.Command:
    @_source_options
    @output_options
    def run(**options: Any) -> None:
        _write(task_name, options)

    n_labels = len(load_task(task_name).schema.labels)
    return click.command(task_name, help=f"Convert {task_name}: texts with one of {n_labels} labels each.")(
        run
    )


COMMANDS = (
    _corpus,
    *map(_corpus_command, CORPUS_TASKS),
    *map(_classification_command, CLASSIFICATION_TASKS),
)
