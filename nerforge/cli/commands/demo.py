"""``nerforge demo``: everything, on embedded data, on a CPU."""

from pathlib import Path

import click

from nerforge.cli.printing.printed_lines import print_failure


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("demo"), show_default=True, help="Folder to make."
)
def command(out: Path) -> None:
    """Generate data, train a LoRA adapter, predict and score, on a CPU in a few minutes."""
    # numpy and rich are imported with these; --help does not need them.
    from nerforge.api.runs.demonstration import run_demo
    from nerforge.cli.printing.demo_output import StageReporter, print_demo

    try:
        result = run_demo(out, StageReporter())
    except KeyboardInterrupt:
        print_failure(f"interrupted; what is done so far is in {out}")
        raise SystemExit(130) from None
    print_demo(result)
