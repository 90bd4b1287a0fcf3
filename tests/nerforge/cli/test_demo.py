"""The demo for real: its base says little, and a LoRA run teaches it its names."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from nerforge.cli import main

pytestmark = [pytest.mark.train, pytest.mark.slow(minutes=6), pytest.mark.filterwarnings("ignore")]


def read(path: Path) -> dict[str, object]:
    value: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return value


def test_the_demo_teaches_the_tiny_base_its_names(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["demo", "--out", str(tmp_path / "demo")])
    assert done.exit_code == 0, done.output
    before, after = (read(tmp_path / "demo/run/scores" / name / "test.json") for name in ("base", "final"))
    assert float(str(before["sample_exact_match"])) < 0.30
    assert float(str(after["sample_exact_match"])) >= 0.95
    assert after["n_samples"] == before["n_samples"] == 450
    assert (tmp_path / "demo" / "run" / "training_loss.png").stat().st_size > 1000
    assert f"{after['sample_exact_match']:.3f}" in done.stdout
