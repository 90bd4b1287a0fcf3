"""``nerforge doctor``: what is wrong with data sets, gold and training YAML, before a GPU is needed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from nerforge.cli.printing.output import print_json, stdout
from nerforge.foundation.errors import UsageError
from nerforge.generators.datasets.dataset import ManifestHead
from nerforge.llamafactory_configs.doctor.diagnosis import Diagnosis, DoctorOptions, diagnose
from nerforge.llamafactory_configs.doctor.lengths.length_tables import PERCENTS, LengthTable
from nerforge.llamafactory_configs.rendering.training_yaml import TINY_BASE, TINY_NAME
from nerforge.templates.answers import FORMATS

_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}


@click.command()
@click.argument("paths", nargs=-1, metavar="PATH...", type=click.Path(path_type=Path))
@click.option("--fix", is_flag=True, help="Mend what is safe; a .bak keeps each file as it was.")
@click.option("--strict", is_flag=True, help="Exit with 1 on warnings too.")
@click.option("--model", metavar="FOLDER|NAME", help="Count tokens with this model's tokenizer.")
@click.option("--template", metavar="NAME", help="LLaMA-Factory's template, where no YAML names it.")
@click.option("--cutoff-len", type=click.IntRange(min=1), help="In place of the YAML's.")
@click.option("--max-new-tokens", type=click.IntRange(min=1), help="The room for an answer in prediction.")
@click.option(
    "--dataset",
    "datasets",
    metavar="NAME",
    multiple=True,
    help="A training set of a directory that no YAML names; may be repeated.  [default: as names tell]",
)
@click.option("--task", metavar="NAME|FILE.yaml", help="Whose labels gold has, where no manifest says it.")
@click.option(
    "--format",
    "answer_format",
    type=click.Choice(sorted(FORMATS)),
    help="How rows are answered, where no manifest says it.",
)
@click.option("--no-tokens", is_flag=True, help="Do not count tokens, which takes ten seconds to start.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for pictures of the lengths.")
@click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON.")
def command(
    paths: tuple[Path, ...],
    fix: bool,
    strict: bool,
    model: str | None,
    template: str | None,
    cutoff_len: int | None,
    max_new_tokens: int | None,
    datasets: tuple[str, ...],
    task: str | None,
    answer_format: str | None,
    no_tokens: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Examine dataset directories, runs, training YAML and gold files: every fault at once.

    Each PATH is a dataset directory, a run, a training .yaml (with the data that it names), or a gold .jsonl.
    Exits with 1 if there are errors.
    """
    given = {
        "model_name_or_path": str(TINY_BASE) if model == TINY_NAME else model,
        "template": template,
        "cutoff_len": cutoff_len,
    }
    settings = {key: value for key, value in given.items() if value is not None}
    if (task is None) != (answer_format is None):
        raise UsageError("--task and --format go together")
    about = ManifestHead(task, answer_format) if task and answer_format else None
    options = DoctorOptions(fix, settings, max_new_tokens, not no_tokens, datasets, about)
    diagnosis = diagnose(paths, options)
    pictures = _draw(diagnosis, out)
    if as_json:
        print_json(_as_dict(diagnosis, pictures))
    else:
        _print(diagnosis, pictures)
    if diagnosis.count("error") or (strict and diagnosis.count("warning")):
        raise SystemExit(1)


def _draw(diagnosis: Diagnosis, out: Path | None) -> list[Path]:
    if out is None:
        return []
    if not diagnosis.tables:
        click.echo(f"{out}: nothing to draw, no tokens were counted", err=True)
        return []
    from nerforge.llamafactory_configs.doctor.lengths.length_charts import draw_lengths

    return draw_lengths(diagnosis.tables, out)


def _as_dict(diagnosis: Diagnosis, pictures: Sequence[Path]) -> dict[str, Any]:
    return {
        "n_rows": diagnosis.n_rows,
        "counts": {severity: diagnosis.count(severity) for severity in _STYLES},
        "findings": [finding._asdict() for finding in diagnosis.findings],
        "tokens": [_table_as_dict(table) for table in diagnosis.tables],
        "estimates": [estimate._asdict() for estimate in diagnosis.estimates],
        "repairs": [
            {"path": str(x.path), "done": x.done, "backup": str(x.backup)} for x in diagnosis.repairs
        ],
        "pictures": [str(path) for path in pictures],
    }


def _table_as_dict(table: LengthTable) -> dict[str, Any]:
    return {
        **table._asdict(),
        "lengths": {x.name: dict(zip(map(str, PERCENTS), x.at, strict=True)) for x in table.lengths},
        "layouts": [layout._asdict() for layout in table.layouts],
        "histogram": dict(table.histogram),
    }


def _print(diagnosis: Diagnosis, pictures: Sequence[Path]) -> None:
    console = stdout()
    for finding in diagnosis.findings:
        console.print(
            f"{finding.severity} {finding.code}", style=_STYLES[finding.severity], end=" ", markup=False
        )
        console.print(f"{finding.place}: {finding.message}", markup=False)
        if finding.remedy:
            console.print(f"    {finding.remedy}", markup=False)
    for table in diagnosis.tables:
        _print_table(table)
    for estimate in diagnosis.estimates:
        console.print(str(estimate), markup=False)
    for line in (*map(str, diagnosis.repairs), *(f"wrote {path}" for path in pictures)):
        console.print(line, markup=False)
    console.print(f"{diagnosis.n_rows:,} rows examined: {_counts(diagnosis)}", markup=False)


def _counts(diagnosis: Diagnosis) -> str:
    counts = {severity: diagnosis.count(severity) for severity in _STYLES}
    return ", ".join(f"{n:,} {severity}{'s' if n != 1 else ''}" for severity, n in counts.items())


def _print_table(table: LengthTable) -> None:
    from rich.table import Table

    console = stdout()
    console.print(
        f"\n{table.data_set} in {table.place}: {table.n_rows:,} rows, template {table.template}, "
        f"cutoff_len {table.cutoff_len:,}; {table.tokens:,} tokens an epoch",
        markup=False,
    )
    grid = Table("tokens", *(f"{percent} %" for percent in PERCENTS), box=None, header_style="bold")
    for lengths in table.lengths:
        grid.add_row(lengths.name, *(f"{value:,}" for value in lengths.at))
    console.print(grid)
    console.print(
        f"cut: {table.n_prompts_cut:,} prompts, {table.n_answers_cut:,} answers; a cutoff_len of "
        f"{table.cutoff_for_all:,} cuts none, of {table.cutoff_for_most:,} at most 1 %",
        markup=False,
    )
    if table.layouts:
        grid = Table("an epoch on one device", "sequences", "steps", "padding", box=None, header_style="bold")
        for layout in table.layouts:
            name = f"{layout.name} (chosen)" if layout.is_chosen else layout.name
            grid.add_row(name, f"{layout.sequences:,}", f"{layout.steps:,}", f"{layout.padding:.1%}")
        console.print(grid)
