from pathlib import Path
from typing import Any

import pytest
import yaml

from nerforge.foundation.errors import UserError
from nerforge.llamafactory_configs.running.preparing import read_settings, write_run
from nerforge.llamafactory_configs.running.run_manifest import begin_attempt, end_attempt


def begin(config_path: Path, **overrides: Any) -> Path:
    """Begin a training that leaves a checkpoint."""
    written = write_run(config_path, overrides, overwrite=False)
    begin_attempt(written, yaml.safe_load(written.read_text()), resumed_from=None)
    (written.parent / "checkpoint-5").mkdir()
    return written.parent


def finish(run: Path, config_path: Path) -> None:
    config = yaml.safe_load((run / "train.yaml").read_text())
    end_attempt(run, begin_attempt(run / "train.yaml", config, resumed_from=5), "finished", seconds=1)
    (run / "adapter_model.safetensors").touch()


def test_checkpoints_of_the_same_settings_are_kept_for_the_next_attempt(config_path: Path) -> None:
    run = begin(config_path)
    write_run(config_path, {}, overwrite=False)
    assert (run / "checkpoint-5").exists()


def test_an_unfinished_training_goes_on_whatever_its_yaml_says_of_overwriting(config_path: Path) -> None:
    run = begin(config_path, overwrite_output_dir=True)
    written = write_run(config_path, {"overwrite_output_dir": True}, overwrite=False)
    assert (run / "checkpoint-5").exists()
    assert "overwrite_output_dir" not in yaml.safe_load(written.read_text())


def test_checkpoints_of_other_settings_are_not_resumed(config_path: Path) -> None:
    run = begin(config_path)
    with pytest.raises(UserError, match="holds checkpoints of a training with other settings"):
        write_run(config_path, {"learning_rate": 1e-5}, overwrite=False)
    write_run(config_path, {"learning_rate": 1e-5, "overwrite_output_dir": True}, overwrite=False)
    assert not (run / "checkpoint-5").exists()


def test_overwrite_removes_a_training_and_nothing_else(config_path: Path) -> None:
    run = begin(config_path)
    finish(run, config_path)
    (run / "notes.txt").touch()
    (run / "predictions").mkdir()
    write_run(config_path, {}, overwrite=True)
    assert sorted(path.name for path in run.iterdir() if not path.name.startswith(".")) == [
        "notes.txt",
        "predictions",
        "train.yaml",
    ]


def test_a_trained_run_is_not_trained_over_unless_asked(config_path: Path) -> None:
    run = begin(config_path)
    finish(run, config_path)
    with pytest.raises(UserError, match="already holds a trained adapter"):
        write_run(config_path, {}, overwrite=False)
    write_run(config_path, {"overwrite_output_dir": True}, overwrite=False)
    assert not (run / "adapter_model.safetensors").exists()


def test_weights_of_an_attempt_that_was_killed_while_saving_are_no_reason_to_refuse(
    config_path: Path,
) -> None:
    run = begin(config_path)
    (run / "adapter_model.safetensors").touch()
    write_run(config_path, {}, overwrite=False)
    assert (run / "checkpoint-5").exists()


def test_another_machine_of_the_same_training_touches_nothing(
    config_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(config_path)
    finish(run, config_path)
    monkeypatch.setenv("NODE_RANK", "1")
    write_run(config_path, {}, overwrite=True)
    assert (run / "adapter_model.safetensors").exists()


def test_the_models_own_folder_is_no_output_folder(config_path: Path) -> None:
    model = yaml.safe_load(config_path.read_text())["model_name_or_path"]
    with pytest.raises(UserError, match="output_dir is the model's own folder"):
        write_run(config_path, {"output_dir": model}, overwrite=True)
    assert (Path(model) / "model.safetensors").exists()


def test_a_folder_with_a_manifest_of_another_kind_is_refused(config_path: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"manifest\.json: .*; it is no manifest of a run"):
        write_run(config_path, {"output_dir": str(tmp_path / "data")}, overwrite=False)


def test_secrets_leave_the_yaml_for_the_environment(config_path: Path, tmp_path: Path) -> None:
    secrets = {"hf_hub_token": "hf_SECRET", "swanlab_api_key": "sw_SECRET", "ms_hub_token": "ms_SECRET"}
    settings = read_settings(config_path, secrets)
    assert settings.secrets == {
        "HF_TOKEN": "hf_SECRET",
        "MODELSCOPE_API_TOKEN": "ms_SECRET",
        "SWANLAB_API_KEY": "sw_SECRET",
    }
    write_run(config_path, secrets, overwrite=False)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file())
    assert kept
    assert b"SECRET" not in kept
