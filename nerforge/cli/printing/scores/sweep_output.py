"""How a sweep is printed: a table of checkpoints, then what was chosen and why."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from nerforge.evaluation.sweeps.checkpoint_sweep import Sweep
from nerforge.evaluation.sweeps.choice import CheckpointScore
from nerforge.evaluation.sweeps.deciding_figure import criterion_name

_WIDE = 100
"""Columns that the widest table needs."""
_WIDE_ALONE = ("step", "seconds")


def print_sweep(console: Console, sweep: Sweep) -> None:
    """Print table, rule, choice and test."""
    console.print(_table(sweep, wide=console.width >= _WIDE))
    for line in _lines(sweep):
        console.print(line)


def _table(sweep: Sweep, *, wide: bool) -> Table:
    """Lay out a row for each checkpoint; a narrow terminal does without what its name and the log say."""
    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("checkpoint", no_wrap=True)
    name = criterion_name(sweep.settings.criterion)
    columns = ("step", "epoch", f"{name} %", "", "not clean", "train loss", "seconds", "rows")
    shown = [place for place, column in enumerate(columns) if wide or column not in _WIDE_ALONE]
    for place in shown:
        column = columns[place] if wide else columns[place].replace(" ", "\n", 1)
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    table.add_column("", no_wrap=True)
    for row in sweep.rows:
        cells = list(_cells(row))
        table.add_row(row.name, *(cells[place] for place in shown), _remark(row, sweep))
    return table


def _cells(row: CheckpointScore) -> Iterator[str]:
    yield "" if row.step is None else str(row.step)
    yield "" if row.epoch is None else f"{row.epoch:.2f}"
    yield _percent(row) if row.figure else "-"
    yield _interval(row)
    yield str(row.n_not_clean) if row.figure else "-"
    yield "" if row.train_loss is None else f"{row.train_loss:.4f}"
    yield "" if row.seconds is None else f"{row.seconds:.1f}"
    yield str(row.n_rows) if row.figure else "-"


def _remark(row: CheckpointScore, sweep: Sweep) -> str:
    if row.error is not None:
        return "not judged"
    if row.is_stopped:
        return "dropped"
    return "best" if sweep.chosen is not None and row.name == sweep.chosen.name else ""


def _percent(row: CheckpointScore) -> str:
    return f"{100 * row.figure.value:.2f}{'*' if row.is_stopped else ''}" if row.figure else ""


def _interval(row: CheckpointScore) -> str:
    return f"({100 * row.figure.low:.2f} to {100 * row.figure.high:.2f})" if row.figure else ""


def _lines(sweep: Sweep) -> Iterator[str]:
    settings = sweep.settings
    n, of = settings.n_dev_rows, settings.n_dev_rows_of
    if n < of:
        yield f"by a sample of {n} of the {of} rows of dev, seed {settings.seed}"
    stop = settings.stop_early
    if stop is not None and any(row.is_stopped for row in sweep.rows):
        yield (
            "* of a part of the rows: it could no longer win (paired bootstrap and randomisation, error "
            f"level {stop.error_level:g} in all, {stop.error_level_of_one_comparison:.2g} for one "
            "comparison)"
        )
    if n_cut := sum(row.n_cut for row in sweep.rows):
        yield f"{n_cut} answers were truncated at --max-new-tokens {settings.max_new_tokens}; raise it"
    yield from sweep.notes
    if sweep.chosen is None:
        return
    name = criterion_name(settings.criterion)
    yield f"best: {sweep.chosen.name}, {settings.rule}"
    if sweep.chosen.figure is not None:
        error = 100 * sweep.chosen.figure.standard_error
        yield f"dev   {name} {_percent(sweep.chosen)} {_interval(sweep.chosen)}, standard error {error:.2f}"
    if sweep.test is not None:
        yield f"test  {name} {_percent(sweep.test)} {_interval(sweep.test)}, {sweep.test.n_rows} rows"
    yield from map(str, sweep.pictures)
