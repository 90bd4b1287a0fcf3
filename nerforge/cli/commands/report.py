"""``nerforge report``: one page of scores, errors and sentences."""

from pathlib import Path
from typing import Any

import click

from nerforge.cli.printing.printed_lines import print_message, print_result
from nerforge.evaluation.reading.format_choice import AUTO
from nerforge.foundation.phases import phase
from nerforge.templates.answers import FORMATS

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("source", type=_PATH, metavar="RUN|SCORES.json")
@click.option("--against", type=_PATH, metavar="RUN|SCORES.json", help="Show these answers beside them.")
@click.option("-o", "--out", type=_PATH, default=Path("report.html"), show_default=True)
@click.option(
    "--gold",
    type=_PATH,
    help="Gold file or data set.  [default: found near SOURCE by the hash in the scores]",
)
@click.option("--pred", type=_PATH, help="The predictions that were scored.  [default: found likewise]")
@click.option("--against-pred", type=_PATH, help="Those of --against.  [default: found likewise]")
@click.option("--train", "training", type=_PATH, help="Training gold.  [default: train.jsonl beside gold]")
@click.option("--split", default="test", show_default=True, help="Of a run.")
@click.option(
    "--checkpoint", metavar="NAME", help="Of a run.  [default: the one that `sweep` chose, else final]"
)
@click.option("--task", metavar="NAME|FILE.yaml", help="[default: as `score` finds it]")
@click.option("--format", "answer_format", type=click.Choice([*sorted(FORMATS), AUTO]))
@click.option("--audit", type=_PATH, help="Findings of an audit of gold, to be shown with their sentences.")
@click.option("--no-text", is_flag=True, help="Hashes in place of sentences, ids and values; no answers.")
@click.option("--lang", "language", type=click.Choice(["en", "zh"]), help="[default: the browser's]")
@click.option("--title", help="[default: what SOURCE is called]")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def command(out: Path, language: str | None, as_json: bool, **options: Any) -> None:
    """Write one HTML file with scores, errors and sentences that opens by double click, without a server."""
    # numpy is imported with these; --help does not need it.
    from nerforge.cli.printing.output import print_json
    from nerforge.evaluation.reports.page_file import refuse_other_files, write_page
    from nerforge.evaluation.reports.report_run import ReportOptions, make_report

    refuse_other_files(out)
    with phase("reading sentences and scores"):
        made = make_report(ReportOptions(**options))
    for note in made.notes:
        print_message(note)
    with phase("writing the page"):
        size = write_page(made.report, out, language)
    if as_json:
        print_json(
            {"path": str(out), "n_sentences": made.report.head.a.n_rows, "bytes": size, "notes": made.notes}
        )
        return
    print_result(f"{out}  ({made.report.head.a.n_rows} sentences, {size / 1e6:.1f} MB)")
