from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main
from nerforge.cli.printing.training_output import watching_by_bar
from nerforge.foundation.llamafactory import command
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from nerforge.llamafactory_configs.running.progress import Progress
from tests.slot_sets import place_slots

pytestmark = pytest.mark.skipif(find_spec("llamafactory") is None, reason="needs the train extra")


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("power") / "data"
    place_slots(SlotOptions(60), DatasetOptions(folder))
    return folder


@pytest.fixture
def config(data: Path, tmp_path: Path) -> Path:
    path = tmp_path / "train.yaml"
    done = run("config", "tiny_cpu", "--data", data, "--run", tmp_path / "run", "-o", path)
    assert done.exit_code == 0, done.output
    return path


def stand_in(tmp_path: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "llamafactory-cli"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setattr(command, "find_cli", lambda: str(path))


@pytest.mark.train
def test_all_errors_are_shown_at_once_and_nothing_is_started(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, f"touch {tmp_path}/started", monkeypatch)
    wrong = ("lora_rnak=8", "dataset=nre", "template=qwne")
    done = run("train", config, *wrong)
    assert done.exit_code == 1
    assert "did you mean lora_rank?" in done.stderr
    assert "defines no 'nre'" in done.stderr
    assert "no template is called 'qwne'" in done.stderr
    assert "3 errors, training was not started" in done.stderr
    assert not (tmp_path / "run").exists()
    assert not (tmp_path / "started").exists()
    assert run("train", "--no-check", config, wrong[0]).exit_code == 0
    assert (tmp_path / "started").exists()


def test_secrets_reach_llamafactory_and_no_file(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, f'echo "$HF_TOKEN" > {tmp_path}/token', monkeypatch)
    done = run("train", "--no-check", config, "hf_hub_token=hf_SECRET")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "token").read_text() == "hf_SECRET\n"
    assert "SECRET" not in done.output
    kept = b"".join(path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file())
    assert b"SECRET" not in kept


def test_steps_loss_speed_and_time_left_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with watching_by_bar() as watcher:
        watcher.on_notice("resuming from checkpoint-5")
        watcher.on_progress(Progress(6, 10, 0.5, "0:00:09", "12.0 rows/s"))
    assert capsys.readouterr().err.splitlines() == [
        "resuming from checkpoint-5",
        "training: 6/10  loss 0.5000  12.0 rows/s  0:00:09 left",
    ]
