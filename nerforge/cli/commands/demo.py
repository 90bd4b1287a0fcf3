"""``nerforge demo``: everything, on embedded data, on a CPU."""

from pathlib import Path

import click

from nerforge.cli.printing.printed_lines import print_failure, print_next


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("demo"), show_default=True, help="Folder to make."
)
@click.option("--json", "as_json", is_flag=True, help="Print scores before and after as JSON.")
def command(out: Path, as_json: bool) -> None:
    """Generate data, train a LoRA adapter, predict and score, on a CPU in a few minutes."""
    # numpy and rich are imported with these; --help does not need them.
    from nerforge.api.runs.demonstration import run_demo
    from nerforge.cli.printing.demo_output import StageReporter, demo_json, print_demo
    from nerforge.cli.printing.output import print_json

    try:
        result = run_demo(out, StageReporter())
    except KeyboardInterrupt:
        print_failure(f"interrupted; what is done so far is in {out}")
        raise SystemExit(130) from None
    if as_json:
        print_json(demo_json(result))
        return
    print_demo(result)
    print_next("chat", "--run", out / "run")
