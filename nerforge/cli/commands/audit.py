"""``nerforge audit``: likely errors of gold, ranked."""

from pathlib import Path
from typing import Any

import click

from nerforge.cli.options.corpus_reading import READING
from nerforge.cli.options.option_lists import with_options
from nerforge.cli.printing.printed_lines import print_message, print_next, print_result
from nerforge.generators.corpora.conversion.target_layouts import list_targets, other_names
from nerforge.generators.corpora.layouts import LAYOUTS


def _options(function: Any) -> Any:
    options = [
        click.option(
            "--out", type=click.Path(path_type=Path), help="Write the findings here, as JSON lines."
        ),
        click.option(
            "--pred",
            "predictions",
            type=click.Path(path_type=Path),
            multiple=True,
            help="Predictions of a model, in any layout that `score` reads, as evidence; may be repeated.",
        ),
        click.option(
            "--task",
            metavar="NAME|FILE.yaml",
            help="Whose labels DATA has.  [default: as its data set says, else those that it uses]",
        ),
        click.option(
            "--layout",
            type=click.Choice(sorted(LAYOUTS)),
            metavar="LAYOUT",
            help="Layout of DATA.  [default: recognised]",
        ),
        *READING,
        click.option(
            "--folds",
            type=click.IntRange(min=2),
            default=5,
            show_default=True,
            help="Parts of DATA, each of which is read by a CRF of the others.",
        ),
        click.option(
            "--rounds",
            type=click.IntRange(min=1),
            default=6,
            show_default=True,
            help="Passes of the training of a CRF over DATA.",
        ),
        click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True),
        click.option(
            "--models",
            type=click.Path(path_type=Path),
            help="Keep the CRFs in this folder, so that a killed audit resumes.",
        ),
        click.option(
            "--min-score",
            type=click.FloatRange(0, 1),
            default=0.05,
            show_default=True,
            help="Leave out findings with a lower score.",
        ),
        click.option(
            "--show",
            "n_shown",
            type=click.IntRange(min=0),
            default=30,
            show_default=True,
            help="Findings to print.",
        ),
        click.option(
            "--tasks",
            type=click.Path(path_type=Path),
            help="Write tasks for annotators here, with proposals.",
        ),
        click.option(
            "--tasks-as",
            type=click.Choice(sorted({*list_targets(), *other_names().values()})),
            metavar="LAYOUT",
            default="label_studio",
            show_default=True,
            help="Layout of --tasks, one of `convert`.",
        ),
        click.option("--n-tasks", type=click.IntRange(min=1), help="Findings for --tasks.  [default: all]"),
        click.option("--overwrite", is_flag=True, help="Replace --out and --tasks."),
        click.option("--json", "as_json", is_flag=True, help="Print counts and findings as JSON."),
    ]
    return with_options(options, function)


@click.command()
@click.argument("data", metavar="DATA")
@_options
def command(data: str, out: Path | None, n_shown: int, as_json: bool, **options: Any) -> None:
    """Look in DATA for errors of its own gold, and rank them: missing, extra, wrong label, wrong edges.

    DATA is a dataset directory, a gold file, or an annotated file. Nothing in it is changed.
    """
    # numpy and rich are imported with these; --help does not need them.
    from nerforge.api.auditing import audit
    from nerforge.cli.printing.audit_output import print_audit, print_audit_json
    from nerforge.cli.printing.output import bar, stdout

    with bar("steps", doing=f"reading {data}") as shown:
        found = audit(data, out, on_progress=shown.update, **options)
    for note in found.notes:
        print_message(note)
    if as_json:
        print_audit_json(found, n_shown)
        return
    print_audit(stdout(), found, n_shown)
    for path in (out, options["tasks"]):
        if path is not None:
            print_result(str(path))
    if out is None:
        print_next("audit", data, "--out", "audit.jsonl")
    else:
        print_next("report", "scores.json", "--audit", out, "--out", "report.html")
