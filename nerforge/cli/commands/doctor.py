"""``nerforge doctor``: what is wrong with data sets, gold and training YAML, before a GPU is needed."""

from pathlib import Path

import click

from nerforge.cli.options.ci_options import ci_options
from nerforge.cli.printing.printed_lines import print_message, print_next
from nerforge.foundation.errors import UsageError
from nerforge.generators.datasets.dataset import DATASET_INFO, MANIFEST
from nerforge.generators.manifests.manifest import ManifestHead, read_manifest_head
from nerforge.llamafactory_configs.doctor.diagnosis import Diagnosis, DoctorOptions, diagnose
from nerforge.llamafactory_configs.layering.recipe_files import recipe_of_today
from nerforge.llamafactory_configs.rendering.training_yaml import TINY_BASE, TINY_NAME
from nerforge.templates.answers import FORMATS


@click.command()
@click.argument("paths", nargs=-1, metavar="PATH...", type=click.Path(path_type=Path))
@click.option("--fix", is_flag=True, help="Repair what is safe; a .bak keeps each file as it was.")
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
@click.option("--no-tokens", is_flag=True, help="Do not count tokens, whose start takes ten seconds.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for pictures of the lengths.")
@ci_options
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
    junit: Path | None,
    summary: Path | None,
    as_json: bool,
) -> None:
    """Examine dataset directories, runs, training YAML and gold files: every fault at once.

    Each PATH is a dataset directory, a run, a training .yaml (with the data that it names), or a gold .jsonl.
    Exits with 1 if there are errors.
    """
    # rich is imported with these; --help does not need it.
    from nerforge.cli.ci.check_results import doctor_suite
    from nerforge.cli.ci.junit import write_junit
    from nerforge.cli.ci.markdown import append_summary
    from nerforge.cli.ci.summaries import doctor_summary
    from nerforge.cli.printing.doctor_output import diagnosis_json, print_diagnosis
    from nerforge.cli.printing.output import print_json

    given = {
        "model_name_or_path": str(TINY_BASE) if model == TINY_NAME else model,
        "template": template,
        "cutoff_len": cutoff_len,
    }
    settings = {key: value for key, value in given.items() if value is not None}
    # Rows are checked against labels and answers together; gold alone needs the labels only.
    if answer_format and not task:
        raise UsageError("--format needs --task")
    about = ManifestHead(task=task, answer_format=answer_format) if task and answer_format else None
    options = DoctorOptions(fix, settings, max_new_tokens, not no_tokens, datasets, about, task)
    diagnosis = diagnose(paths, options)
    pictures = _draw(diagnosis, out)
    if as_json:
        print_json(diagnosis_json(diagnosis, pictures))
    else:
        print_diagnosis(diagnosis, pictures)
        _tell_next(diagnosis, paths)
    suite = doctor_suite(diagnosis, strict=strict)
    if junit is not None:
        write_junit(junit, suite)
    if summary is not None:
        append_summary(summary, doctor_summary(diagnosis, suite))
    if suite.n_failed:
        raise SystemExit(1)


def _tell_next(diagnosis: Diagnosis, paths: tuple[Path, ...]) -> None:
    errors = [finding.code for finding in diagnosis.findings if finding.severity == "error"]
    trainings = [path for path in paths if path.suffix in (".yaml", ".yml")]
    if errors:
        print_next("explain", *dict.fromkeys(code for code in errors if code.startswith("D")))
    elif trainings:
        print_next("train", trainings[0])
    elif (paths[0] / DATASET_INFO).is_file():
        manifest = paths[0] / MANIFEST
        task = read_manifest_head(manifest).task if manifest.is_file() else None
        print_next("config", recipe_of_today(task), "--data", paths[0], "--out", "train.yaml")


def _draw(diagnosis: Diagnosis, out: Path | None) -> list[Path]:
    if out is None:
        return []
    if not diagnosis.tables:
        print_message(f"{out}: nothing to draw, no tokens were counted")
        return []
    from nerforge.llamafactory_configs.doctor.lengths.length_charts import draw_lengths

    return draw_lengths(diagnosis.tables, out)
