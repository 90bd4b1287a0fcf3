"""``nerforge convert``: annotated files, gold and predictions in the layouts of other tools."""

from pathlib import Path
from typing import Any

import click

from nerforge.cli.options.corpus_reading import READING
from nerforge.cli.options.option_lists import with_options
from nerforge.cli.printing.layout_list import list_layouts
from nerforge.cli.printing.printed_lines import print_message
from nerforge.evaluation.prediction_files import LAYOUTS as ANSWER_LAYOUTS
from nerforge.evaluation.prediction_files.prediction_options import REPEATS
from nerforge.evaluation.reading.format_choice import AUTO
from nerforge.evaluation.span_files import span_layouts
from nerforge.generators.corpora.conversion.conversion_summary import KINDS
from nerforge.generators.corpora.conversion.target_layouts import list_targets, other_names
from nerforge.generators.corpora.layouts import LAYOUTS
from nerforge.templates.answers import FORMATS

_TARGETS = list_targets()
_OTHER_NAMES = other_names()
# \b keeps click from joining the lines of the list into one paragraph.
_HELP = (
    "Write IN, an annotated file, gold or predictions, to OUT in another layout.\n\nWhat the layout cannot "
    "carry is counted and shown.\n\n\b\nLayouts to write:\n"
    + list_layouts(
        {
            f"{name} ({_OTHER_NAMES[name]})" if name in _OTHER_NAMES else name: title
            for name, title in _TARGETS.items()
        }
    )
)


def _options(function: Any) -> Any:
    options = [
        click.option(
            "--to",
            type=click.Choice(sorted({*_TARGETS, *_OTHER_NAMES.values()})),
            metavar="LAYOUT",
            required=True,
            help="The layout to write.",
        ),
        click.option(
            "--gold",
            type=click.Path(path_type=Path),
            help="IN holds predictions for this gold: a file, or a dataset directory.",
        ),
        click.option(
            "--split",
            help="Write this split alone; of a folder as --gold the split that is meant.  [default: all; of "
            "--gold test]",
        ),
        click.option(
            "--as",
            "kind",
            type=click.Choice(KINDS),
            help="Annotations, or pre-annotations, where a layout has both.  [default: as IN is]",
        ),
        click.option("--model", metavar="NAME", help="Name of the model.  [default: that of the file IN]"),
        click.option(
            "--task",
            metavar="NAME|FILE.yaml",
            help="Whose labels IN has.  [default: as its data set says, else those that it uses]",
        ),
        click.option(
            "--layout",
            type=click.Choice(sorted({*LAYOUTS, *ANSWER_LAYOUTS, *span_layouts()})),
            metavar="LAYOUT",
            help="Layout of IN.  [default: recognised]",
        ),
        *READING,
        click.option(
            "--format",
            type=click.Choice([*sorted(FORMATS), AUTO]),
            help="How answers of a model are written.  [default: as the data set of --gold says, else auto]",
        ),
        click.option("--query-field", metavar="NAME", help="Field of predictions with the query."),
        click.option("--answer-field", metavar="NAME", help="Field of predictions with the answer."),
        click.option("--by-position", is_flag=True, help="Predictions are in the order of gold."),
        click.option(
            "--requests",
            type=click.Path(path_type=Path),
            help="Requests of a batch, which say what each custom_id asked.",
        ),
        click.option("--repeats", type=click.Choice(REPEATS), help="Which of several answers counts."),
        click.option("--pred-model", metavar="VERSION", help="Whose predictions are meant in IN."),
        click.option(
            "--calibration",
            type=click.Path(path_type=Path),
            help="A file of `calibrate` for the confidences of predictions.",
        ),
        click.option("--strict", is_flag=True, help="Refuse at the first row or detail that is lost."),
        click.option("--overwrite", is_flag=True, help="Replace OUT."),
        click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON."),
    ]
    return with_options(options, function)


@click.command(help=_HELP)
@click.argument("source", metavar="IN")
@_options
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
def command(source: str, out: Path, as_json: bool, **options: Any) -> None:
    """Convert a file."""
    # numpy and rich are imported with these; --help does not need them.
    from nerforge.api.conversion import convert
    from nerforge.cli.printing.data_sets.convert_output import print_conversion, print_conversion_json
    from nerforge.cli.printing.output import bar

    with bar("rows", doing=f"reading {source}") as shown:
        summary = convert(source, out, **options, on_progress=shown.update)
    for note in summary.notes:
        print_message(note)
    if as_json:
        print_conversion_json(summary)
    else:
        print_conversion(summary)
