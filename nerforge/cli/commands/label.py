"""``nerforge label``: tasks for annotators, what comes back, how far they agree, and what to label next."""

from pathlib import Path
from typing import Any

import click
import msgspec

from nerforge.cli.options.option_lists import with_options
from nerforge.cli.printing.printed_lines import print_next
from nerforge.evaluation.prediction_files import LAYOUTS as ANSWER_LAYOUTS
from nerforge.evaluation.prediction_files.prediction_options import REPEATS
from nerforge.evaluation.reading.format_choice import AUTO
from nerforge.evaluation.span_files import span_layouts
from nerforge.generators.corpora.layouts import LAYOUTS
from nerforge.templates.answers import FORMATS

TOOLS = ("argilla", "doccano", "label_studio")
RULES = ("majority", "agree", "first")
ANNOTATED = ("argilla", "doccano", "gold", "label_studio", "label_studio_csv")
FILES = click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
LAYOUT = click.option("--layout", type=click.Choice(ANNOTATED), help="Of all FILEs.  [default: recognised]")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON.")
TASK = click.option(
    "--task",
    metavar="NAME|FILE.yaml|labels:A,B",
    help="Whose labels.  [default: the data set's, or those that gold uses]",
)
FORMAT = click.option(
    "--format",
    type=click.Choice([*sorted(FORMATS), AUTO]),
    help="How answers of a model are written.  [default: as the data set says, else auto]",
)
OVERWRITE = click.option("--overwrite", is_flag=True, help="Replace what is there.")


@click.group()
def command() -> None:
    """Write tasks for annotators, read what they said, measure their agreement, choose what to label next."""


def _export_options(function: Any) -> Any:
    options = [
        click.option("--to", type=click.Choice(TOOLS), required=True, help="The tool."),
        click.option(
            "--pred",
            "predictions",
            type=click.Path(path_type=Path),
            help="Suggestions: any file that `score --pred` reads.  [default: the entities of GOLD]",
        ),
        click.option("--split", default="test", show_default=True, help="Of a folder as GOLD, the split."),
        TASK,
        click.option(
            "--model", metavar="NAME", help="Name of the model.  [default: that of the file --pred]"
        ),
        FORMAT,
        click.option(
            "--layout",
            type=click.Choice(sorted({*ANSWER_LAYOUTS, *span_layouts()})),
            metavar="LAYOUT",
            help="Layout of --pred.  [default: recognised]",
        ),
        click.option("--query-field", metavar="NAME", help="Field of predictions with the query."),
        click.option("--answer-field", metavar="NAME", help="Field of predictions with the answer."),
        click.option("--by-position", is_flag=True, help="Predictions are in the order of GOLD."),
        click.option("--repeats", type=click.Choice(REPEATS), help="Which of several answers counts."),
        click.option("--pred-model", metavar="VERSION", help="Whose predictions are meant in --pred."),
        click.option(
            "--calibration",
            type=click.Path(path_type=Path),
            help="A file of `calibrate` for the confidences of predictions.",
        ),
        click.option("--blank", is_flag=True, help="Leave the entities of GOLD out."),
        OVERWRITE,
        AS_JSON,
    ]
    return with_options(options, function)


@command.command()
@click.argument("gold", metavar="GOLD", type=click.Path(path_type=Path))
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@_export_options
def export(gold: Path, out: Path, as_json: bool, **options: Any) -> None:
    """Write the sentences of GOLD to the folder OUT, as tasks of a tool with its labelling interface.

    What `label next` chose has no annotation yet: its tasks are blank, unless --pred brings suggestions.
    Entities that the tool has no place for (completed values, values that the sentence says otherwise,
    answers that could not be read) are counted and kept in the metadata of their task.
    """
    # numpy is imported with these; --help does not need it.
    from nerforge.api.labelling import export_tasks
    from nerforge.cli.printing.label_output import print_export
    from nerforge.cli.printing.output import print_json

    summary = export_tasks(gold, out, **options)
    if as_json:
        print_json(msgspec.to_builtins(summary))
    else:
        print_export(summary)


@command.command("import")
@FILES
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File to write.")
@click.option(
    "--resolve",
    "resolve_by",
    type=click.Choice(RULES),
    default=RULES[0],
    show_default=True,
    help="Where annotators differ: entities that most of them name, only sentences on which all agree, or "
    "what the first one says.",
)
@LAYOUT
@click.option(
    "--verdicts", "as_verdicts", is_flag=True, help="Write verdicts for `relabel`, in place of gold."
)
@OVERWRITE
@AS_JSON
def import_(files: tuple[Path, ...], out: Path, as_json: bool, **options: Any) -> None:
    """Make gold of FILEs: exports of Label Studio, doccano (JSONL, a file an annotator), Argilla.

    Ids stay, and `meta` names the annotators of each sentence. Of tasks that `audit` wrote, --verdicts makes
    what `relabel` mends the whole gold with.
    """
    from nerforge.api.labelling import import_annotations
    from nerforge.cli.printing.label_output import print_import
    from nerforge.cli.printing.output import print_json

    summary = import_annotations(files, out, **options)
    if as_json:
        print_json(msgspec.to_builtins(summary))
    else:
        print_import(summary)
        if options["as_verdicts"]:
            print_next("relabel", "gold.jsonl", out, "--out", "mended.jsonl")
            return
        print_next("generate", "corpus", "--input", out, "--out", "data_mine")


@command.command()
@FILES
@LAYOUT
@click.option(
    "--resamples",
    type=click.IntRange(min=0),
    default=1000,
    show_default=True,
    help="Of sentences, for the 95 % intervals.",
)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--worst",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Sentences to list, of those with most differences.",
)
@AS_JSON
def agree(files: tuple[Path, ...], as_json: bool, **options: Any) -> None:
    """Measure how far the annotators of FILEs agree: F1 of each pair, which depends on no order."""
    from nerforge.api.labelling import agreement
    from nerforge.cli.printing.label_output import print_agreement
    from nerforge.cli.printing.output import print_json

    found = agreement(files, **options)
    if as_json:
        print_json(msgspec.to_builtins(found))
    else:
        print_agreement(found)
        print_next("label", "import", *files, "--out", "gold.jsonl")


def _next_options(function: Any) -> Any:
    options = [
        click.option("--budget", type=click.IntRange(min=1), required=True, help="How much to choose."),
        click.option(
            "--by",
            type=click.Choice(("rows", "characters")),
            default="rows",
            show_default=True,
            help="What --budget counts.",
        ),
        click.option("--out", type=click.Path(path_type=Path), required=True, help="Gold file to write."),
        click.option(
            "--labelled",
            multiple=True,
            type=click.Path(path_type=Path),
            help="Gold or annotated files: nothing of them and no near duplicate is chosen; may be repeated.",
        ),
        click.option(
            "--pred",
            "predictions",
            multiple=True,
            type=click.Path(path_type=Path),
            help="Predictions for POOL, any file that `score --pred` reads; may be repeated.",
        ),
        click.option(
            "--fields",
            metavar="PART=NAME,...",
            help="Of a table or JSON as POOL, for example text=review,id=number.",
        ),
        click.option(
            "--layout",
            type=click.Choice(sorted(LAYOUTS)),
            metavar="LAYOUT",
            help="Of an annotated POOL.  [default: recognised]",
        ),
        click.option("--crf", is_flag=True, help="Train a CRF on --labelled, and ask it."),
        click.option(
            "--models",
            type=click.Path(path_type=Path),
            help="Keep the CRF in this folder, so that it is trained once.",
        ),
        click.option("--split", default="train", show_default=True, help="Of a folder as POOL, the split."),
        TASK,
        FORMAT,
        click.option(
            "--calibration",
            type=click.Path(path_type=Path),
            help="A file of `calibrate` for the confidences of predictions.",
        ),
        click.option(
            "--near",
            type=float,
            default=0.8,
            show_default=True,
            help="Similarity from which on texts are near duplicates; above 1 for none.",
        ),
        click.option("--seed", type=int, default=0, show_default=True, help="Decides between equals."),
        OVERWRITE,
        AS_JSON,
    ]
    return with_options(options, function)


@command.command("next")
@click.argument("pool", metavar="POOL", type=click.Path(path_type=Path))
@_next_options
def next_(pool: Path, as_json: bool, **options: Any) -> None:
    """Choose the sentences of POOL to label next: doubtful ones, that differ from each other.

    POOL is plain text with a sentence a line, CSV or TSV with a head, JSON, an annotated file, gold, or a
    dataset directory.

    Doubt is what models say of themselves (confidences of --pred, marginals of --crf) and where several
    --pred differ. `meta.next` of each row says why it was chosen.
    """
    from nerforge.api.next_batches import next_batch
    from nerforge.cli.printing.label_output import print_batch
    from nerforge.cli.printing.output import bar, print_json

    with bar("sentences asked", doing="reading the pool") as shown:
        batch = next_batch(pool, on_progress=shown.update, **options)
    if as_json:
        print_json(msgspec.to_builtins(batch))
    else:
        print_batch(batch)
        print_next(
            "label", "export", options["out"], "tasks", "--to", TOOLS[-1], "--task", options["task"] or "TASK"
        )
