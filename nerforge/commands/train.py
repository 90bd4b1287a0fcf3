"""``nerforge train``: llamafactory-cli as a child process."""

import sys
from pathlib import Path

import click

from llamafactory_configs.launch import TRAIN_LOG, Progress, last_checkpoint, prepare_run, train
from llamafactory_configs.rendering import parse_overrides
from nerforge.output import Bar, bar
from templates.hubs import HUBS


class BarWatcher:
    """Shows steps, loss and time left on a bar."""

    def __init__(self, shown: Bar) -> None:
        """Take the bar to show them on."""
        self.shown = shown
        self.loss: float | None = None

    def on_output(self, block: bytes) -> None:
        """Leave the raw output to the log."""

    def on_status(self, line: str) -> None:
        """Show the latest line until there are steps to show."""
        if self.loss is None:
            self.shown.status(line)

    def on_progress(self, progress: Progress) -> None:
        """Show the latest step."""
        self.loss = progress.loss if progress.loss is not None else self.loss
        loss = "" if self.loss is None else f"loss {self.loss:.4f}"

        self.shown.update(progress.step, progress.n_steps, loss, progress.remaining)


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


def train_with_bar(train_yaml: Path, *, hub: str | None = None) -> None:
    """Train and show the steps on a bar."""
    with bar("training") as shown:
        train(train_yaml, BarWatcher(shown), hub=hub)


@click.command()
@click.argument("train_yaml", type=click.Path(path_type=Path))
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--hub", type=click.Choice(HUBS), help="Where to fetch a model by name from.")
@click.option("--raw", is_flag=True, help="Show llamafactory-cli's own output.")
@click.option("--overwrite", is_flag=True, help="Train again into a run that holds an adapter.")
def command(
    train_yaml: Path, overrides: tuple[str, ...], hub: str | None, raw: bool, overwrite: bool
) -> None:
    """Run llamafactory-cli on TRAIN_YAML; KEY=VALUE pairs win over its keys."""
    prepared = prepare_run(train_yaml, parse_overrides(overrides), overwrite=overwrite)
    if checkpoint := last_checkpoint(prepared.parent):
        click.echo(f"resuming from {checkpoint}", err=True)
    try:
        if raw:
            train(prepared, RawWatcher(), hub=hub)
        else:
            train_with_bar(prepared, hub=hub)
    except KeyboardInterrupt:
        click.echo(f"interrupted; the log is {prepared.parent / TRAIN_LOG}", err=True)
        raise SystemExit(130) from None
    click.echo(str(prepared.parent))
