import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from nerforge.cli.printing.scores.sweep_output import print_sweep
from nerforge.evaluation.sweeps.checkpoint_sweep import Sweep, SweepSettings
from nerforge.evaluation.sweeps.choice import CheckpointScore


@pytest.mark.parametrize(("width", "has_seconds"), [(80, False), (120, True)])
def test_the_table_of_a_sweep_fits_its_terminal(width: int, has_seconds: bool) -> None:
    figure = {"value": 0.825, "low": 0.8035, "high": 0.8459, "standard_error": 0.01}
    rows = [
        CheckpointScore(
            name=f"checkpoint-{step}", step=step, epoch=1.5, train_loss=0.5528, n_rows=22500, seconds=12345.6,
            n_not_clean=15300, **figure,
        )
        for step in (10000, 20000)
    ]  # fmt: skip
    settings = SweepSettings(
        criterion="strict", rule="the highest", one_standard_error=False, stop_early=None, n_dev_rows=22500,
        n_dev_rows_of=22500, seed=0, engine="hf", max_new_tokens=512, dev_gold_sha256="",
    )  # fmt: skip
    file = io.StringIO()
    console = Console(file=file, width=width, highlight=False, soft_wrap=True, markup=False)
    print_sweep(console, Sweep(rows, rows[1], None, [], settings, [], 1))
    lines = file.getvalue().splitlines()
    assert max(map(cell_len, lines)) <= width
    assert ("seconds" in file.getvalue()) == has_seconds
    assert sum(line.startswith("checkpoint-") and "(80.35 to 84.59)" in line for line in lines) == 2
