"""A training that is killed in the middle, for real, on the tiny base."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from nerforge.cli import main
from nerforge.foundation.run_folder.training_log import read_log
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from nerforge.llamafactory_configs.rendering.training_yaml import render_config
from nerforge.llamafactory_configs.running.run_manifest import read_run_manifest
from tests import forked
from tests.slot_sets import place_slots

pytestmark = [pytest.mark.train, pytest.mark.slow]

N_STEPS = 20
SETTINGS = {
    "max_steps": N_STEPS,
    "save_strategy": "steps",
    "save_steps": 4,
    "logging_steps": 4,
    "per_device_train_batch_size": 4,
}


def write_config(tmp_path: Path, run: str) -> Path:
    path = tmp_path / f"{run}.yaml"
    text = render_config("tiny_cpu", tmp_path / "data", tmp_path / run, SETTINGS)
    path.write_text(text, encoding="utf-8")
    return path


def kill_after_checkpoint(config: Path, checkpoint: Path) -> None:
    """Start a training, and kill the command without a warning once there is a checkpoint."""
    process = subprocess.Popen([sys.executable, "-m", "nerforge", "train", str(config)])
    deadline = time.monotonic() + 120
    while not (checkpoint / "trainer_state.json").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def test_a_killed_training_resumes_and_ends_as_one_that_was_not_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    place_slots(SlotOptions(400), DatasetOptions(tmp_path / "data", prompt="short"))
    run = tmp_path / "run"
    config = write_config(tmp_path, "run")
    kill_after_checkpoint(config, run / "checkpoint-8")
    # As if it had been killed while it wrote its last checkpoint.
    last = max(run.glob("checkpoint-*"), key=lambda path: int(path.name.partition("-")[2]))
    (last / "trainer_state.json").unlink(missing_ok=True)

    with forked.llamafactory():
        done = CliRunner().invoke(main, ["train", str(config)])
    assert done.exit_code == 0, done.output
    assert f"{last.name}: not whole (lacks trainer_state.json); set aside as" in done.stderr
    assert "resuming from" in done.stderr
    assert not list(run.glob("incomplete-*"))

    manifest = read_run_manifest(run)
    assert manifest is not None
    first, second = manifest.attempts
    assert (first.outcome, second.outcome) == ("killed", "finished")
    assert second.resumed_from is not None
    assert 0 < second.resumed_from < int(last.name.partition("-")[2])
    assert (second.last_step, manifest.n_steps) == (N_STEPS, N_STEPS)
    losses = [row.step for row in read_log(run / "trainer_log.jsonl") if row.loss is not None]
    assert losses == list(range(4, N_STEPS + 1, 4))
    assert (run / "adapter_model.safetensors").stat().st_size > 1_000
    assert (run / "loss.svg").stat().st_size > 1_000

    with forked.llamafactory():
        unbroken = CliRunner().invoke(main, ["train", str(write_config(tmp_path, "unbroken"))])
    assert unbroken.exit_code == 0, unbroken.output
    other = read_run_manifest(tmp_path / "unbroken")
    assert other is not None
    assert manifest.final_loss == pytest.approx(other.final_loss, abs=1e-4)
