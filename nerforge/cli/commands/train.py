"""``nerforge train``: llamafactory-cli as a child process."""

from pathlib import Path

import click

from nerforge.api.runs.checked_training import train_checked
from nerforge.cli.printing.output import print_json
from nerforge.cli.printing.printed_lines import print_message, print_next, print_result
from nerforge.foundation.files.reading import read_yaml
from nerforge.foundation.hubs.hub_names import HUBS
from nerforge.foundation.run_folder.contents import TRAIN_YAML
from nerforge.llamafactory_configs.rendering.training_yaml import parse_overrides


@click.command()
@click.argument("train_yaml", type=click.Path(path_type=Path))
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--hub", type=click.Choice(HUBS), help="Where to fetch a model by name from.")
@click.option("--raw", is_flag=True, help="Show llamafactory-cli's own output.")
@click.option("--overwrite", is_flag=True, help="Train again into a run that holds an adapter.")
@click.option("--no-check", is_flag=True, help="Start although the check finds errors.")
@click.option("--json", "as_json", is_flag=True, help="Print the run's folder as JSON.")
def command(
    train_yaml: Path,
    overrides: tuple[str, ...],
    hub: str | None,
    raw: bool,
    overwrite: bool,
    no_check: bool,
    as_json: bool,
) -> None:
    """Run llamafactory-cli on TRAIN_YAML; KEY=VALUE pairs win over its keys.

    Training that was interrupted or killed resumes from its last whole checkpoint. The YAML is checked first.
    """
    # rich is imported with it; --help does not need it.
    from nerforge.cli.printing.training_output import watching_by_bar, watching_raw

    try:
        run = train_checked(
            train_yaml,
            parse_overrides(overrides),
            watching_raw if raw else watching_by_bar,
            print_message,
            hub=hub,
            overwrite=overwrite,
            has_check=not no_check,
        )
    # Not left to the group: its message speaks of files written whole, a training can be resumed.
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    if as_json:
        print_json({"run": str(run)})
        return
    print_result(str(run))
    _tell_next(run)


def _tell_next(run: Path) -> None:
    data = read_yaml(run / TRAIN_YAML).get("dataset_dir", "DATA")
    # Of several checkpoints the last is not always the best.
    if len(list(run.glob("checkpoint-*"))) > 1:
        print_next("sweep", run, "--data", data)
    else:
        print_next("predict", "--run", run, "--data", data)
