"""``nerforge train``: llamafactory-cli as a child process."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from nerforge.cli.printing.output import Bar, bar
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.spooling import refuse_read_once
from nerforge.foundation.hubs.hub_names import HUBS
from nerforge.foundation.llamafactory.output_phases import STARTING, phase_of
from nerforge.foundation.phases import NEVER, phase
from nerforge.foundation.run_folder.contents import TRAIN_LOG
from nerforge.llamafactory_configs.checking.config_check import check_config
from nerforge.llamafactory_configs.checking.findings import has_errors
from nerforge.llamafactory_configs.checking.tracker_login import CODE as NO_LOGIN
from nerforge.llamafactory_configs.rendering.training_yaml import parse_overrides
from nerforge.llamafactory_configs.running.launch import (
    prepare_run,
    require_training,
    train,
)
from nerforge.llamafactory_configs.running.loss_curve import LOSS_FILES
from nerforge.llamafactory_configs.running.preparing import read_settings
from nerforge.llamafactory_configs.running.progress import Progress


class BarWatcher:
    """Shows steps, loss, speed and time left on a bar."""

    def __init__(self, shown: Bar) -> None:
        """Take the bar to show them on."""
        self.shown = shown
        self.loss: float | None = None
        self.has_begun = False

    def on_output(self, block: bytes) -> None:
        """Leave the raw output to the log."""

    def on_status(self, line: str) -> None:
        """Show phase and latest line until there are steps to show."""
        if self.has_begun:
            return
        self.shown.status(line)
        if (name := phase_of(line)) and self.shown.phase is not None:
            self.shown.phase.rename(name)

    def on_progress(self, progress: Progress) -> None:
        """Show the latest step."""
        self.loss = progress.loss if progress.loss is not None else self.loss
        loss = "" if self.loss is None else f"loss {self.loss:.4f}"
        note = "  ".join(part for part in (loss, progress.speed) if part)
        if not self.has_begun:
            self.has_begun = True
            # Steps of an earlier attempt took no time of this one.
            self.shown.progress.reset(self.shown.task, total=progress.n_steps, completed=progress.step)
        self.shown.update(progress.step, progress.n_steps, note, progress.remaining)

    def on_notice(self, line: str) -> None:
        """Print a line above the bar."""
        self.shown.console.print(line, markup=False)


class RawWatcher:
    """Passes the child's output through."""

    def on_output(self, block: bytes) -> None:
        """Write the raw output to stderr."""
        sys.stderr.buffer.write(block)
        sys.stderr.buffer.flush()

    def on_status(self, line: str) -> None:
        """Show nothing: the raw output holds the line."""

    def on_progress(self, progress: Progress) -> None:
        """Show nothing: the raw output holds a bar."""

    def on_notice(self, line: str) -> None:
        """Print a line of our own."""
        click.echo(line, err=True)


def train_with_bar(
    train_yaml: Path, *, hub: str | None = None, secrets: Mapping[str, str] | None = None
) -> None:
    """Train and show the steps on a bar."""
    with bar("training", doing=STARTING) as shown:
        train(train_yaml, BarWatcher(shown), hub=hub, secrets=secrets)


@click.command()
@click.argument("train_yaml", type=click.Path(path_type=Path))
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--hub", type=click.Choice(HUBS), help="Where to fetch a model by name from.")
@click.option("--raw", is_flag=True, help="Show llamafactory-cli's own output.")
@click.option("--overwrite", is_flag=True, help="Train again into a run that holds an adapter.")
@click.option("--no-check", is_flag=True, help="Start although the check finds errors.")
def command(
    train_yaml: Path, overrides: tuple[str, ...], hub: str | None, raw: bool, overwrite: bool, no_check: bool
) -> None:
    """Run llamafactory-cli on TRAIN_YAML; KEY=VALUE pairs win over its keys.

    Training that was interrupted or killed goes on from its last whole checkpoint. The YAML is checked first.
    """
    require_training()
    refuse_read_once(train_yaml, "the training YAML")
    settings = parse_overrides(overrides)
    config, secrets = read_settings(train_yaml, settings)
    if not no_check:
        _check(config, train_yaml)
    with phase("preparing the run"):
        prepared = prepare_run(train_yaml, settings, overwrite=overwrite)
    run = prepared.parent
    try:
        if raw:
            with phase("", NEVER):
                train(prepared, RawWatcher(), hub=hub, secrets=secrets)
        else:
            train_with_bar(prepared, hub=hub, secrets=secrets)
    except KeyboardInterrupt:
        click.echo(
            f"interrupted; the log is {run / TRAIN_LOG}; the same command goes on from the last checkpoint",
            err=True,
        )
        raise SystemExit(130) from None
    if not (run / LOSS_FILES[0]).exists():
        click.echo("no loss curve: that needs matplotlib and two logged losses", err=True)
    click.echo(str(run))


def _check(config: Mapping[str, Any], train_yaml: Path) -> None:
    """Print what the check found; errors end the command."""
    with phase("checking the settings"):
        # The training is refused for a missing login anyhow, and told the same.
        findings = [x for x in check_config(config, place=str(train_yaml)) if x.code != NO_LOGIN]
    for finding in findings:
        click.echo(str(finding), err=True)
    if has_errors(findings):
        n_errors = sum(finding.severity == "error" for finding in findings)
        raise UserError(
            f"{train_yaml}: {n_errors} error{'s' if n_errors > 1 else ''}, training was not started "
            "(--no-check starts it all the same)"
        )
