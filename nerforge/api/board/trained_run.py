"""What the folder of a training run says for a board."""

from pathlib import Path, PurePath
from typing import Any, NamedTuple

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.hashing import file_sha256
from nerforge.foundation.files.reading import read_json, read_yaml
from nerforge.foundation.run_folder.contents import RUN_MANIFEST, TRAIN_YAML
from nerforge.generators.datasets.dataset import find_alpaca
from nerforge.llamafactory_configs.running.run_manifest import Hardware, RunManifest, read_run_manifest

_RESULTS = "train_results.json"
_HYPERPARAMETERS = (
    *("finetuning_type", "lora_rank", "lora_alpha", "lora_dropout", "lora_target", "use_dora", "use_rslora"),
    *("quantization_bit", "per_device_train_batch_size", "gradient_accumulation_steps", "learning_rate"),
    *("lr_scheduler_type", "warmup_steps", "warmup_ratio", "num_train_epochs", "max_steps", "cutoff_len"),
    *(
        "train_sampling_strategy",
        "packing",
        "neat_packing",
        "train_on_prompt",
        "mask_history",
        "template",
        "bf16",
        "fp16",
    ),
)


class TrainedRun(NamedTuple):
    """A training run."""

    kind: str
    """``lora`` or ``full``."""
    model: str
    seed: int | None
    hyperparameters: dict[str, Any]
    versions: dict[str, str]
    machine: str
    seconds: float | None


class _Results(msgspec.Struct):
    train_runtime: float | None = None


def read_trained_run(run: Path, data: Path) -> TrainedRun:
    """Read a run, which must have been trained on a data set.

    Raises:
        UserError: the folder is no run of ``nerforge train``, or it was trained on other rows.
    """
    manifest = read_run_manifest(run)
    if manifest is None:
        raise UserError(f"{run}: holds no {RUN_MANIFEST}; expected the folder of a run of `nerforge train`")
    _require_data(run, manifest, data)
    config = read_yaml(run / TRAIN_YAML)
    return TrainedRun(
        kind="full" if config.get("finetuning_type") == "full" else "lora",
        # A folder of the user's machine is called by its last name.
        model=PurePath(manifest.model.name).name,
        seed=config.get("seed", 42),
        hyperparameters={name: config[name] for name in _HYPERPARAMETERS if name in config},
        versions=manifest.versions,
        machine=describe_machine(manifest.hardware),
        seconds=_seconds(run, manifest),
    )


def describe_machine(hardware: Hardware) -> str:
    """Say in a line what trained."""
    cpus = f"{hardware.n_cpus} cores, {hardware.cpu}" if hardware.n_cpus else hardware.cpu
    memory = f", {hardware.memory_gb:.0f} GB" if hardware.memory_gb else ""
    gpus = "".join(f", {gpu}" for gpu in hardware.gpus)
    return f"{cpus}{memory}{gpus}"


def _require_data(run: Path, manifest: RunManifest, data: Path) -> None:
    rows = find_alpaca(data, "train")
    hashes = {file.sha256 for file in manifest.data.files}
    if rows.is_file() and file_sha256(rows) not in hashes:
        names = ", ".join(f"{file.name} of {manifest.data.folder}" for file in manifest.data.files)
        raise UserError(f"{run}: was trained on {names}, which is not {rows}; give the --data of the run")


def _seconds(run: Path, manifest: RunManifest) -> float | None:
    """Give the trainer's own time, or of a resumed run the sum of its attempts, starts included."""
    results = run / _RESULTS
    if len(manifest.attempts) == 1 and results.is_file():
        return read_json(results, _Results).train_runtime
    seconds = [attempt.seconds for attempt in manifest.attempts if attempt.seconds is not None]
    return sum(seconds) if seconds else None
