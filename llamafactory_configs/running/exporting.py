"""Merge a run's adapter into its base model by ``llamafactory-cli export``."""

import os
from collections.abc import Callable
from pathlib import Path

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_yaml
from nerforge.foundation.files.writing import to_yaml, whole_folder, write_whole
from nerforge.foundation.hubs.hub_names import hub_environment
from nerforge.foundation.llamafactory.command import run_cli
from nerforge.foundation.processes.error_lines import error_block
from nerforge.foundation.run_folder.contents import MODEL_CONFIG, TRAIN_YAML
from nerforge.foundation.run_folder.wholeness import safetensors_fault
from nerforge.llamafactory_configs.running import launch
from nerforge.llamafactory_configs.running.failures import explain

EXPORT_YAML = "export.yaml"
_SHARD_GB = 5


def export(
    run: Path, adapter: Path, out: Path, check: Callable[[Path], None], *, hub: str | None = None
) -> None:
    """Write the merged model to ``out``, whole and checked or not at all.

    Args:
        run: The run's folder, for model and template.
        adapter: The adapter's folder, in the run or one of its checkpoints.
        out: A folder that is absent or empty.
        check: Is called with the merged model's folder, and raises where it is not as it should be.
        hub: One of ``HUBS``, or None for what the environment says.

    Raises:
        UserError: the folder is taken, the training was of another kind, or llamafactory-cli failed.
    """
    launch.require_training()
    config = read_yaml(run / TRAIN_YAML)
    kind = config.get("finetuning_type", "lora")
    if kind != "lora":
        raise UserError(f"{run}: was trained with finetuning_type {kind}, so there is no adapter to merge")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out}: is there already; choose another --out")
    with whole_folder(out, markers=(MODEL_CONFIG,)) as merged:
        settings = {
            "model_name_or_path": config["model_name_or_path"],
            "adapter_name_or_path": str(adapter),
            "template": config["template"],
            "finetuning_type": kind,
            "trust_remote_code": config.get("trust_remote_code") is True,
            "export_dir": str(merged),
            "export_size": _SHARD_GB,
            "export_device": "cpu",
        }
        write_whole(merged / EXPORT_YAML, to_yaml(settings).encode())
        _call(merged / EXPORT_YAML, hub)
        _require_whole(merged)
        check(merged)
        # As it would be written again: for the folder where it now comes to stand.
        final = {**settings, "export_dir": str(out.resolve())}
        write_whole(merged / EXPORT_YAML, to_yaml(final).encode())


def _call(export_yaml: Path, hub: str | None) -> None:
    environment = {**os.environ, **hub_environment(hub)}
    exit_code, lines = run_cli(["export", str(export_yaml)], environment)
    if exit_code != 0:
        explanations = explain(lines, read_yaml(export_yaml), exit_code)
        explained = "".join(f"{explanation.text}\n" for explanation in explanations)
        raise UserError(
            f"{explained}llamafactory-cli export ended with exit code {exit_code}. Its errors:\n"
            f"{error_block(lines)}"
        )


def _require_whole(merged: Path) -> None:
    # Exit code 0 says nothing of files that are truncated.
    weights = sorted(merged.glob("*.safetensors"))
    if not weights or not (merged / MODEL_CONFIG).is_file():
        raise UserError(f"{merged}: llamafactory-cli export wrote no model; look at its output")
    for path in weights:
        if fault := safetensors_fault(path):
            raise UserError(f"{path}: {fault}; is the disk full?")
