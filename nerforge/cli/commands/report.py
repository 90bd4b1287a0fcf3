"""``nerforge report``: one page of scores, errors and sentences, or of a data set before it is trained on."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click
from click.core import ParameterSource

from nerforge.cli.options.corpus_reading import READING
from nerforge.cli.options.option_lists import with_options
from nerforge.cli.printing.printed_lines import print_message, print_result
from nerforge.evaluation.reading.format_choice import AUTO
from nerforge.foundation.errors import UsageError
from nerforge.foundation.phases import phase
from nerforge.generators.corpora.layouts import LAYOUTS
from nerforge.generators.corpora.reading.reading_options import told_reading
from nerforge.templates.answers import FORMATS

_PATH = click.Path(path_type=Path)
_OF_SCORES = (
    click.option("--against", type=_PATH, metavar="RUN|SCORES.json", help="Show these answers beside them."),
    click.option(
        "--gold",
        type=_PATH,
        help="Gold file or data set.  [default: found near SOURCE by the hash in the scores]",
    ),
    click.option("--pred", type=_PATH, help="The predictions that were scored.  [default: found likewise]"),
    click.option("--against-pred", type=_PATH, help="Those of --against.  [default: found likewise]"),
    click.option(
        "--train", "training", type=_PATH, help="Training gold.  [default: train.jsonl beside gold]"
    ),
    click.option("--split", default="test", show_default=True, help="Of a run."),
    click.option(
        "--checkpoint", metavar="NAME", help="Of a run.  [default: the one that `sweep` chose, else final]"
    ),
    click.option("--format", "answer_format", type=click.Choice([*sorted(FORMATS), AUTO])),
)
_OF_DATA = (
    click.option(
        "--model",
        metavar="FOLDER|NAME",
        help="With DATA: count tokens by this model's tokenizer.  [default: estimate them]",
    ),
    click.option(
        "--template",
        metavar="NAME",
        help="With DATA: LLaMA-Factory's chat template.  [default: that of --recipe or --model]",
    ),
    click.option(
        "--recipe",
        metavar="NAME|FILE.yaml",
        help="With DATA: a recipe or training YAML, for its cutoff_len.  [default: all of the task]",
    ),
    click.option(
        "--cutoff-len",
        type=click.IntRange(min=1),
        help="With DATA: another length to count truncated rows at.",
    ),
    click.option(
        "--layout",
        type=click.Choice(sorted(LAYOUTS)),
        metavar="LAYOUT",
        help="With DATA: the layout of an annotated file.  [default: recognised]",
    ),
    *READING,
)
_OF_BOTH = (
    click.option("--task", metavar="NAME|FILE.yaml", help="[default: as `score` finds it]"),
    click.option(
        "--audit", type=_PATH, help="Findings of an audit of gold, to be shown with their sentences."
    ),
    click.option("--no-text", is_flag=True, help="Hashes in place of sentences, ids and values; no answers."),
    click.option("--lang", "language", type=click.Choice(["en", "zh"]), help="[default: the browser's]"),
    click.option("--title", help="[default: what SOURCE is called]"),
    click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON."),
    click.option("-o", "--out", type=_PATH, help="[default: report.html; with DATA data.html]"),
)


def _options(function: Any) -> Any:
    return with_options([*_OF_BOTH, *_OF_SCORES, *_OF_DATA], function)


@click.command()
@click.argument("source", metavar="RUN|SCORES.json|DATA")
@_options
def command(source: str, out: Path | None, language: str | None, as_json: bool, **options: Any) -> None:
    """Write one HTML file that opens by double click, without a server.

    Of a run or of scores: figures, errors and sentences. Of DATA (a dataset directory, a gold file, or an
    annotated file that `generate corpus` reads): what it holds, before a training is paid for.
    """
    # numpy is imported with these; --help does not need it.
    from nerforge.evaluation.reports.page_file import refuse_other_files
    from nerforge.evaluation.reports.source_kinds import SourceKind, kind_of_source

    is_data = kind_of_source(Path(source)) is SourceKind.DATA
    page = _Page(out or Path("data.html" if is_data else "report.html"), language, as_json)
    refuse_other_files(page.out)
    if is_data:
        _refuse(_OF_SCORES, f"{source}: is data, no run and no score file")
        _write_data_page(source, page, options)
    else:
        _refuse(_OF_DATA, f"{source}: is no data, but a run or a score file")
        _write_report(Path(source), page, options)


def _refuse(others: Iterable[Any], found: str) -> None:
    """Refuse options that say nothing of what was given."""
    ctx, names = click.get_current_context(), _names(others)
    for parameter in ctx.command.params:
        given = ctx.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        if given and parameter.name in names:
            raise UsageError(f"{found}; leave {parameter.opts[0]} out")


def _names(options: Iterable[Any]) -> set[str]:
    """Give the names of the parameters that decorators add."""

    def nothing() -> None: ...

    found = click.command()(with_options(options, nothing))
    return {parameter.name for parameter in found.params if parameter.name}


def _of(options: Mapping[str, Any], others: Iterable[Any]) -> dict[str, Any]:
    """Leave out what belongs to the other kind of page."""
    names = _names(others)
    return {name: value for name, value in options.items() if name not in names}


def _write_report(source: Path, page: "_Page", options: Mapping[str, Any]) -> None:
    from nerforge.evaluation.reports.report_run import ReportOptions, make_report

    with phase("reading sentences and scores"):
        made = make_report(ReportOptions(source=source, **_of(options, _OF_DATA)))
    page.write(made.report, made.report.head.a.n_rows, made.notes)


def _write_data_page(source: str, page: "_Page", options: Mapping[str, Any]) -> None:
    from nerforge.api.data_sets.data_pages import DataPageOptions, make_data_page

    given = _of(options, _OF_SCORES)
    read_by = {name: given.pop(name) for name in ("layout", *_names(READING))}
    made = make_data_page(DataPageOptions(source=source, reading=told_reading(**read_by), **given))
    page.write(made.report, sum(len(chunk.id) for chunk in made.report.chunks), made.notes)


class _Page(NamedTuple):
    """Where a page goes, and how that is told."""

    out: Path
    language: str | None
    as_json: bool

    def write(self, report: Any, n_sentences: int, notes: list[str]) -> None:
        from nerforge.cli.printing.output import print_json
        from nerforge.evaluation.reports.page_file import write_page

        for note in notes:
            print_message(note)
        with phase("writing the page"):
            size = write_page(report, self.out, self.language)
        if self.as_json:
            found = {"path": str(self.out), "n_sentences": n_sentences, "bytes": size, "notes": notes}
            print_json(found)
            return
        print_result(f"{self.out}  ({n_sentences} sentences, {size / 1e6:.1f} MB)")
