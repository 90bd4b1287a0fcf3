"""The merged model of a trained adapter, for real, on the tiny base."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from nerforge.cli import main
from nerforge.foundation.errors import UserError
from nerforge.foundation.llamafactory import command
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from nerforge.llamafactory_configs.rendering.training_yaml import render_config
from nerforge.llamafactory_configs.running import launch
from nerforge.llamafactory_configs.running.exporting import export
from tests.slot_sets import place_slots


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a run that was never trained."""
    monkeypatch.setattr(launch, "require_extra", lambda package, extra: None)
    (tmp_path / "run").mkdir()
    config = {"model_name_or_path": "some/model", "template": "qwen", "dataset_dir": str(tmp_path / "data")}
    (tmp_path / "run" / "train.yaml").write_text(yaml.safe_dump(config))
    return tmp_path / "run"


def stand_in(tmp_path: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "llamafactory-cli"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setattr(command, "find_cli", lambda: str(path))


def no_check(merged: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo 'ValueError: Template x does not exist.'; exit 1", "no chat template 'x'(.|\n)*exit code 1"),
        ("exit 0", "wrote no model"),
        (
            'cd "$(dirname "$2")"; echo {} > config.json; echo cut > model.safetensors',
            r"model\.safetensors: truncated in its header",
        ),
    ],
    ids=["error", "nothing", "cut"],
)
def test_an_export_that_fails_leaves_nothing(
    script: str, message: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, script, monkeypatch)
    with pytest.raises(UserError, match=message):
        export(folder, folder, tmp_path / "out", no_check)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["llamafactory-cli", "run"]


def test_a_folder_that_is_taken_is_refused_before_anything_is_run(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").touch()
    with pytest.raises(UserError, match="out: is there already; choose another --out"):
        export(folder, folder, tmp_path / "out", no_check)


def test_a_full_training_has_no_adapter_to_merge(folder: Path, tmp_path: Path) -> None:
    with (folder / "train.yaml").open("a") as file:
        file.write("finetuning_type: full\n")
    with pytest.raises(UserError, match="finetuning_type full, so there is no adapter to merge"):
        export(folder, folder, tmp_path / "out", no_check)


@pytest.mark.parametrize(
    ("args", "message", "code"),
    [
        (["no_run"], "no_run: is no training run", 1),
        (["{run}", "--checkpoint", "7"], "checkpoint-7: holds no adapter; the run has: base", 2),
        (["{run}", "--checkpoint", "base"], "base has no adapter to merge", 2),
    ],
    ids=["run", "checkpoint", "base"],
)
def test_the_command_says_what_cannot_be_exported(
    args: list[str], message: str, code: int, folder: Path, tmp_path: Path
) -> None:
    done = run("export", *(arg.replace("{run}", str(folder)) for arg in args), "--out", tmp_path / "out")
    assert (done.exit_code, message in done.stderr) == (code, True)


@pytest.mark.train
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("forked_llamafactory")
def test_a_merged_model_answers_as_base_and_adapter_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("llamafactory", reason="needs the train extra")
    place_slots(SlotOptions(120), DatasetOptions(tmp_path / "data", prompt="short"))
    settings: dict[str, Any] = {
        "max_steps": 6,
        "save_strategy": "steps",
        "save_steps": 3,
        "plot_loss": False,
        "learning_rate": 0.01,
    }
    text = render_config("tiny_cpu", tmp_path / "data", tmp_path / "run", settings)
    (tmp_path / "train.yaml").write_text(text, encoding="utf-8")
    assert run("train", "--no-check", tmp_path / "train.yaml").exit_code == 0
    limits = ("--check", 4, "--max-new-tokens", 24)
    done = run("export", tmp_path / "run", "--checkpoint", 3, "--out", tmp_path / "merged", *limits)
    assert done.exit_code == 0, done.output
    assert "4 of 4 answers are the same" in done.stderr
    assert not (tmp_path / "merged" / "adapter_config.json").exists()
    settings = yaml.safe_load((tmp_path / "merged" / "export.yaml").read_text())
    assert settings["adapter_name_or_path"] == str(tmp_path / "run" / "checkpoint-3")
    assert settings["export_dir"] == str(tmp_path / "merged")

    # The check compares: a model that was merged from something else does not pass.
    monkeypatch.setattr(
        "nerforge.llamafactory_configs.running.exporting._call", lambda path, hub: copy_base(path.parent)
    )
    done = run("export", tmp_path / "run", "--out", tmp_path / "other", *limits)
    assert done.exit_code == 1
    assert re.search("the merged model answers [1-4] of 4 prompts differently", done.stderr), done.stderr
    assert not (tmp_path / "other").exists()


def copy_base(merged: Path) -> None:
    base = Path(__file__).parents[3] / "data" / "tiny_base"
    for path in base.iterdir():
        (merged / path.name).write_bytes(path.read_bytes())
