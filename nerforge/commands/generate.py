"""``nerforge generate``: training data and gold from slot tables or a corpus."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click

from generators.corpora import CORPUS_TASKS
from generators.corpora.layouts import LAYOUTS
from generators.dataset import DatasetOptions
from generators.slots.charts import draw_stats
from nerforge.output import bar, print_json, print_manifest
from nerforge.slots_output import print_slots
from templates.answers import FORMATS, load_format
from templates.languages import LANGUAGES
from templates.optional import require_extra
from templates.prompts import TURNS
from templates.tasks import load_task

_stats_option = click.option(
    "--stats", is_flag=True, help="Print and draw the counts (stats.png, stats.svg in --out)."
)
_DATASET_OPTIONS = ("out", "dev", "test", "seed", "answer_format", "prompt", "language", "turn", "overwrite")
F = TypeVar("F", bound=Callable[..., Any])


def _dataset_options(function: F) -> F:
    options = [
        click.option(
            "--out", type=click.Path(path_type=Path), required=True, help="Dataset directory to write."
        ),
        click.option("--dev", type=float, default=0.1, show_default=True, help="Share of the rows for dev."),
        click.option(
            "--test", type=float, default=0.1, show_default=True, help="Share of the rows for test."
        ),
        click.option(
            "--seed",
            type=click.IntRange(min=0),
            default=42,
            show_default=True,
            help="The same seed gives the same bytes.",
        ),
        click.option("--format", "answer_format", type=click.Choice(sorted(FORMATS)), help="Answer format."),
        click.option(
            "--formats",
            metavar="FORMAT,...",
            help="Several formats: a data set of the same samples in OUT/FORMAT for each.",
        ),
        click.option("--prompt", metavar="NAME|FILE.jinja", help="A prompt of the task, or your own."),
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
        click.option("--overwrite", is_flag=True, help="Replace the data set that --out already holds."),
        click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def _datasets(options: dict[str, Any]) -> Iterator[DatasetOptions]:
    """Take the options of data sets: one, or one for each of several formats."""
    chosen = {name: options.pop(name) for name in _DATASET_OPTIONS}
    given = options.pop("formats")
    if given is None:
        yield DatasetOptions(**chosen)
        return
    if chosen["answer_format"]:
        raise click.UsageError("--formats and --format: give one of them")
    names = tuple(dict.fromkeys(name.strip() for name in given.split(",")))
    for name in names:
        load_format(name)
    for name in names:
        yield DatasetOptions(
            **chosen | {"answer_format": name, "out": chosen["out"] / name, "formats": names}
        )


def _report(manifest: dict[str, Any], out: Path, as_json: bool) -> None:
    if as_json:
        print_json(manifest)
    else:
        print_manifest(manifest, out)


@click.group()
def command() -> None:
    """Turn corpora and slot tables into LLaMA-Factory training data and gold."""


def _slot_options(function: F) -> F:
    options = [
        click.option(
            "--rows", "n_rows", type=int, required=True, help="Number of rows, in all splits together."
        ),
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
            "n_workers",
            type=click.IntRange(min=1),
            help="Processes; the bytes are the same with any number.  [default: one a core]",
        ),
        click.option("--jsonl", "is_jsonl", is_flag=True, help="Write alpaca rows as JSON Lines."),
        _stats_option,
    ]
    for option in reversed(options):
        function = option(function)
    return function


@command.command("power")
@click.option(
    "--city", "cities", multiple=True, help="Keep only this city of the gazetteer; may be repeated."
)
@click.option(
    "--gazetteer",
    type=click.Path(path_type=Path, dir_okay=False),
    help="CSV or XLSX: province, city, company, substation, aliases.  [default: Shandong, embedded]",
)
@_slot_options
@_dataset_options
def _power(cities: tuple[str, ...], gazetteer: Path | None, **options: Any) -> None:
    """Make synthetic power-domain queries from slot tables and templates."""
    tables = {"places": gazetteer} if gazetteer else {}
    _generate_slots({"tables": tables, "only": {"city": cities}}, options)


@command.command("domain")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--table", "tables", metavar="NAME=FILE", multiple=True, help="A table of your own; may be repeated."
)
@click.option(
    "--only", metavar="LEVEL=VALUE", multiple=True, help="Keep only this value of a level; may be repeated."
)
@_slot_options
@_dataset_options
def _domain(folder: Path, tables: tuple[str, ...], only: tuple[str, ...], **options: Any) -> None:
    """Make synthetic sentences from a FOLDER of tables and templates (domain.yaml)."""
    values: dict[str, list[str]] = {}
    for level, value in _pairs("--only", only):
        values.setdefault(level, []).append(value)
    own = {name: Path(file) for name, file in _pairs("--table", tables)}
    _generate_slots({"domain": folder, "tables": own, "only": values}, options)


def _pairs(option: str, given: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for pair in given:
        name, equals, value = pair.partition("=")
        if not (name and equals and value):
            raise click.UsageError(f"{option} {pair}: expected NAME=VALUE")
        yield name, value


def _generate_slots(chosen: dict[str, Any], options: dict[str, Any]) -> None:
    # numpy is imported with it; --help does not need it.
    from generators.slots.generate import SlotOptions, generate_slots

    as_json, stats = options.pop("as_json"), options.pop("stats")
    options["noise"] = {"all": None, "none": ()}.get(
        options["noise"], [name.strip() for name in options["noise"].split(",")]
    )
    if day := options.pop("reference_day"):
        options["reference_day"] = day.date()
    if stats:
        require_extra("matplotlib", "plots")
    for dataset in _datasets(options):
        with bar("rows") as shown:
            manifest = generate_slots(SlotOptions(**chosen, **options), dataset, shown.update)
        drawn = draw_stats(manifest, dataset.out) if stats else None
        if as_json:
            print_json(manifest)
        else:
            print_slots(manifest, dataset.out, drawn)


def _corpus_options(function: F) -> F:
    options = [
        click.option(
            "--input",
            "--source",
            "corpus",
            metavar="PATH|hf:OWNER/NAME[:FILE]|modelscope:OWNER/NAME[:FILE]",
            required=True,
            help="The corpus: a file, a folder, or a data set of a hub.",
        ),
        click.option(
            "--layout",
            type=click.Choice(list(LAYOUTS)),
            help="Layout of the corpus.  [default: recognised]",
        ),
        click.option(
            "--strict",
            is_flag=True,
            help="Refuse a corpus with faulty rows; else they are left out and counted.",
        ),
        click.option(
            "--split",
            type=click.Choice(["random", "stratified", "head", "given"]),
            default="random",
            show_default=True,
            help="Dev and test are drawn, drawn by labels, the first rows, or as the file says.",
        ),
        click.option("--limit", type=int, help="Draw so many rows."),
        click.option("--head", is_flag=True, help="Let --limit take the first rows."),
        click.option(
            "--empty", type=float, help="Share of training rows without entities, at most.  [default: all]"
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
        _stats_option,
    ]
    for option in reversed(options):
        function = option(function)
    return function


def _generate_corpus(task: str | None, options: dict[str, Any]) -> None:
    # numpy is imported with them; --help does not need it.
    from generators.asking import Asking
    from generators.corpora.corpus_charts import draw_corpus_stats
    from generators.corpora.parts import Choice
    from generators.corpora.sources import resolve_source
    from generators.pipeline import generate_corpus
    from nerforge.corpus_output import print_corpus_stats

    path, as_json = resolve_source(options.pop("corpus")), options.pop("as_json")
    given = {name: options.pop(name) for name in ("layout", "strict", "stats")}
    asking = Asking(options.pop("label_order"), options.pop("shots"))
    choice = Choice(**{name: options.pop(name) for name in ("split", "limit", "head", "empty")})
    if given["stats"]:
        require_extra("matplotlib", "plots")
    for dataset in _datasets(options):
        with bar("rows") as shown:
            manifest = generate_corpus(
                task, path, dataset, choice, asking=asking, **given, on_progress=shown.update
            )
        drawn = draw_corpus_stats(manifest, dataset.out) if given["stats"] else []
        _report(manifest, dataset.out, as_json)
        if given["stats"] and not as_json:
            print_corpus_stats(manifest, drawn)


_OWN_CORPUS = "Convert a corpus of your own, with labels of your own.\n\n\b\nLayouts:\n" + "\n".join(
    f"  {name}: {title}" for name, title in LAYOUTS.items()
)


@command.command("corpus", help=_OWN_CORPUS)
@click.option(
    "--task", metavar="NAME|FILE.yaml", help="Whose labels the corpus has.  [default: those that it uses]"
)
@_corpus_options
@_dataset_options
def _corpus(task: str | None, **options: Any) -> None:
    _generate_corpus(task, options)


def _corpus_command(task_name: str) -> click.Command:
    @_corpus_options
    @_dataset_options
    def run(**options: Any) -> None:
        _generate_corpus(task_name, options)

    labels = ", ".join(load_task(task_name).schema.names)
    return click.command(task_name, help=f"Convert a {task_name} corpus (labels {labels}).")(run)


for _name in CORPUS_TASKS:
    command.add_command(_corpus_command(_name))
