"""Make a run's folder ready for a training: started, resumed, or refused."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_json, read_yaml
from nerforge.foundation.files.writing import to_yaml, write_whole
from nerforge.foundation.hubs.hub_names import is_folder
from nerforge.foundation.json_values import JsonObject
from nerforge.foundation.llamafactory.config_types import Settings
from nerforge.foundation.llamafactory.environment import is_leader
from nerforge.foundation.locks import run_lock
from nerforge.foundation.run_folder.contents import (
    MODEL_CONFIG,
    RUN_MANIFEST,
    TRAIN_YAML,
    TRAINER_LOG,
    WEIGHTS,
    list_checkpoints,
)
from nerforge.foundation.trackers.settings import TRACKING_JSON
from nerforge.foundation.trackers.yaml_head import head_line, read_head
from nerforge.generators.datasets.dataset import DATASET_INFO
from nerforge.llamafactory_configs.running.incomplete import remove_set_aside
from nerforge.llamafactory_configs.running.loss_curve import LOSS_FILES
from nerforge.llamafactory_configs.running.run_manifest import read_run_manifest

SECRETS = {
    "hf_hub_token": "HF_TOKEN",
    "hub_token": "HF_TOKEN",
    "ms_hub_token": "MODELSCOPE_API_TOKEN",
    "swanlab_api_key": "SWANLAB_API_KEY",
}
"""Keys that no file of a run keeps, and the variables in which the same is read."""
_OVERWRITE = "overwrite_output_dir"


class TrainingSettings(NamedTuple):
    """A training's keys, apart from what no file may keep."""

    config: Settings
    secrets: dict[str, str]
    """By variable of the environment."""


def read_settings(config_path: Path, overrides: Mapping[str, Any]) -> TrainingSettings:
    """Read a training YAML with overrides that win over its keys, and take its secrets out.

    Raises:
        UserError: the file cannot be read.
    """
    config = {**read_yaml(config_path), **overrides}
    secrets = {SECRETS[key]: str(config[key]) for key in SECRETS if config.get(key)}
    return TrainingSettings({key: value for key, value in config.items() if key not in SECRETS}, secrets)


def write_run(config_path: Path, overrides: Mapping[str, Any], *, overwrite: bool) -> Path:
    """Check what a training YAML names as far as that costs nothing, and write it to its run's folder.

    Checkpoints of an attempt with the same settings that did not come to its end are left for it to
    resume from, whatever ``overwrite_output_dir`` says: LLaMA-Factory itself would restart.

    Returns:
        The path of ``RUN/train.yaml``, which holds the overrides too.

    Raises:
        UserError: the YAML names something that is not there, or the folder holds another training.
    """
    config = read_settings(config_path, overrides).config
    _require_strings(config_path, config)
    _require_model(config_path, config["model_name_or_path"])
    _require_datasets(config_path, config)
    run = Path(config["output_dir"])
    if run.resolve() == Path(config["model_name_or_path"]).resolve():
        raise UserError(f"{config_path}: output_dir is the model's own folder {run}; choose another")
    # The key does not stay in the run's YAML: it would make LLaMA-Factory drop the checkpoints of a killed
    # attempt.
    may_replace = config.pop(_OVERWRITE, False) is True
    text = f"{head_line(read_head(config_path))}{to_yaml(config)}"
    if not is_leader():
        write_whole(run / TRAIN_YAML, text.encode())
        return run / TRAIN_YAML
    with run_lock(run):
        refusal = None if overwrite else _refusal(run, config)
        if refusal and not may_replace:
            raise UserError(refusal)
        if overwrite or refusal:
            _clear(run)
        write_whole(run / TRAIN_YAML, text.encode())
    return run / TRAIN_YAML


def _refusal(run: Path, config: Mapping[str, Any]) -> str | None:
    """Say why a training may not begin in a folder; None where it may, or resumes one of its own."""
    manifest = read_run_manifest(run)
    has_weights = any((run / name).exists() for name in WEIGHTS)
    if has_weights and (manifest is None or manifest.is_finished):
        return f"{run}: already holds a trained adapter; choose another output_dir, or pass --overwrite"
    if (list_checkpoints(run) or has_weights) and _other_settings(run, config):
        return (
            f"{run}: holds checkpoints of a training with other settings, which would be resumed; "
            "choose another output_dir, or pass --overwrite to restart"
        )
    return None


def _other_settings(run: Path, config: Mapping[str, Any]) -> bool:
    path = run / TRAIN_YAML
    if not path.is_file():
        return False
    before = read_yaml(path)
    before.pop(_OVERWRITE, None)
    return before != config


def _clear(run: Path) -> None:
    """Remove what an earlier training left, and nothing else."""
    for checkpoint in list_checkpoints(run):
        shutil.rmtree(checkpoint)
    remove_set_aside(run)
    for name in (*WEIGHTS, TRAINER_LOG, RUN_MANIFEST, TRACKING_JSON, *LOSS_FILES):
        (run / name).unlink(missing_ok=True)


def _require_strings(config_path: Path, config: Mapping[str, Any]) -> None:
    for key in ("model_name_or_path", "template", "dataset_dir", "dataset", "output_dir"):
        value = config.get(key)
        if not value:
            raise UserError(f"{config_path}: lacks {key}; nerforge config writes a complete file")
        if not isinstance(value, str):
            raise UserError(f"{config_path}: {key}: expected a text, found {value!r}")


def _require_model(config_path: Path, model: str) -> None:
    if is_folder(model) and not (Path(model) / MODEL_CONFIG).is_file():
        raise UserError(
            f"{config_path}: model_name_or_path {model}: no such folder, or one without config.json"
        )


def _require_datasets(config_path: Path, config: Mapping[str, Any]) -> None:
    folder = Path(config["dataset_dir"])
    defined = read_json(folder / DATASET_INFO, dict[str, JsonObject])
    names = f"{config['dataset']},{config.get('eval_dataset') or ''}".split(",")
    for name in (name.strip() for name in names if name.strip()):
        if name not in defined:
            raise UserError(
                f"{config_path}: data set {name!r} is not in {folder / DATASET_INFO}; "
                f"known: {', '.join(defined)}"
            )
        file_name = defined[name].get("file_name")
        if isinstance(file_name, str) and not (folder / file_name).is_file():
            raise UserError(f"{folder / DATASET_INFO}: {name}: {folder / file_name} is missing")
