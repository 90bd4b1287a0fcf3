"""``RUN/manifest.json``: what was trained with what, attempt by attempt. It holds no secrets."""

import os
import platform
import subprocess
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.hashing import file_sha256
from nerforge.foundation.files.reading import read_json
from nerforge.foundation.files.writing import to_json, write_whole
from nerforge.foundation.phases import phase
from nerforge.foundation.run_folder.contents import MODEL_CONFIG, RUN_MANIFEST, TRAINER_LOG
from nerforge.foundation.run_folder.training_log import read_log
from nerforge.generators.datasets.dataset import DATASET_INFO, MANIFEST

AttemptOutcome = Literal["running", "finished", "failed", "interrupted", "killed"]
PACKAGES = ("nerforge", "llamafactory", "torch", "transformers", "peft", "accelerate", "deepspeed", "ray")
ENVIRONMENT = (
    *("FORCE_TORCHRUN", "NNODES", "NODE_RANK", "NPROC_PER_NODE", "MASTER_ADDR", "MASTER_PORT"),
    *("MIN_NNODES", "MAX_NNODES", "MAX_RESTARTS", "RDZV_ID", "USE_RAY", "USE_KT"),
    *("USE_MODELSCOPE_HUB", "USE_OPENMIND_HUB", "HF_HUB_OFFLINE", "DISABLE_VERSION_CHECK"),
    *("CUDA_VISIBLE_DEVICES", "ASCEND_RT_VISIBLE_DEVICES", "OMP_NUM_THREADS", "OPTIM_TORCH"),
    *("NCCL_DEBUG", "NCCL_SOCKET_IFNAME", "NCCL_P2P_DISABLE", "NCCL_IB_DISABLE"),
)
"""The only variables that are written down: what chooses devices and launchers, no secrets."""
_SECONDS_FOR_A_TOOL = 20


class Attempt(msgspec.Struct, omit_defaults=False):
    """One start of llamafactory-cli."""

    number: int
    started: str
    """UTC, ISO 8601."""
    resumed_from: int | None = None
    """The step of the checkpoint it went on from; None for one that began at the beginning."""
    set_aside: list[str] = msgspec.field(default_factory=list)
    """Checkpoints that were not whole, with what was wrong."""
    environment: dict[str, str] = msgspec.field(default_factory=dict)
    outcome: AttemptOutcome = "running"
    ended: str | None = None
    seconds: float | None = None
    last_step: int | None = None
    exit_code: int | None = None
    failures: list[str] = msgspec.field(default_factory=list)
    """Codes of the failures that were recognised; the error's words are in the log."""


class RunManifest(msgspec.Struct):
    """What a run's folder came from."""

    nerforge_run: int
    """The version of this file's form."""
    config: dict[str, str]
    model: dict[str, Any]
    data: dict[str, Any]
    versions: dict[str, str]
    git: dict[str, Any] | None
    hardware: dict[str, Any]
    attempts: list[Attempt]
    n_steps: int | None = None
    final_loss: float | None = None

    @property
    def is_finished(self) -> bool:
        """Whether the last attempt came to its end."""
        return bool(self.attempts) and self.attempts[-1].outcome == "finished"


def read_run_manifest(run: Path) -> RunManifest | None:
    """Read a run's manifest; None where it has none.

    Raises:
        UserError: the file is no manifest of a run.
    """
    path = run / RUN_MANIFEST
    if not path.exists():
        return None
    try:
        return read_json(path, RunManifest)
    except UserError as err:
        raise UserError(f"{err}; it is no manifest of a run: choose another output_dir") from err


def begin_attempt(
    train_yaml: Path, config: Mapping[str, Any], *, resumed_from: int | None, set_aside: Sequence[str] = ()
) -> RunManifest:
    """Write down that an attempt starts, after what became of the one before.

    Raises:
        UserError: the data changed since the checkpoint that is resumed was made.
    """
    run = train_yaml.parent
    before = read_run_manifest(run)
    attempts = _ended(before.attempts, run) if before else []
    data = describe_data(config)
    if before and resumed_from is not None:
        refuse_changed_data(before, data, run)
    if resumed_from is None and not set_aside and before and before.is_finished:
        attempts = []
    environment = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    attempt = Attempt(
        len(attempts) + 1,
        _now(),
        resumed_from,
        list(set_aside),
        environment,
    )
    manifest = RunManifest(
        1,
        {"file": train_yaml.name, "sha256": file_sha256(train_yaml)},
        describe_model(str(config.get("model_name_or_path"))),
        data,
        versions(),
        git_state(Path.cwd()),
        hardware(),
        [*attempts, attempt],
        before.n_steps if before and attempts else None,
    )
    write_run_manifest(run, manifest)
    return manifest


def end_attempt(
    run: Path,
    manifest: RunManifest,
    outcome: AttemptOutcome,
    *,
    seconds: float,
    exit_code: int | None = None,
    failures: Sequence[str] = (),
) -> None:
    """Write down how the last attempt ended."""
    attempt = manifest.attempts[-1]
    attempt.outcome, attempt.ended, attempt.exit_code = outcome, _now(), exit_code
    attempt.seconds, attempt.failures = round(seconds, 1), list(failures)
    rows = read_log(run / TRAINER_LOG)
    if rows:
        attempt.last_step, manifest.n_steps = rows[-1].step, rows[-1].n_steps
    losses = [row.loss for row in rows if row.loss is not None]
    manifest.final_loss = losses[-1] if losses and outcome == "finished" else None
    write_run_manifest(run, manifest)


def write_run_manifest(run: Path, manifest: RunManifest) -> None:
    """Write the manifest, whole or not at all."""
    write_whole(run / RUN_MANIFEST, to_json(msgspec.to_builtins(manifest)))


def _ended(attempts: Sequence[Attempt], run: Path) -> list[Attempt]:
    """Note of an attempt that never said how it ended that it was killed, and how far it had come."""
    for attempt in attempts:
        if attempt.outcome == "running":
            attempt.outcome = "killed"
            rows = read_log(run / TRAINER_LOG)
            attempt.last_step = rows[-1].step if rows else None
    return list(attempts)


def refuse_changed_data(before: RunManifest, data: Mapping[str, Any], run: Path) -> None:
    """Refuse to resume with other rows: the steps that are left would skip and repeat some of them.

    Raises:
        UserError: a file of the data set is another one than when the run began.
    """
    known = {entry["name"]: entry.get("sha256") for entry in before.data.get("files", [])}
    changed = [
        entry["name"]
        for entry in data["files"]
        if entry["name"] in known and known[entry["name"]] != entry.get("sha256")
    ]
    if changed:
        raise UserError(
            f"{run}: data set {', '.join(changed)} changed since its checkpoints were made; choose another "
            "output_dir, pass --overwrite to begin anew, or put the old files back"
        )


@phase("hashing the data")
def describe_data(config: Mapping[str, Any]) -> dict[str, Any]:
    """Hash the files of a training's data sets, and their manifest."""
    folder = Path(str(config.get("dataset_dir")))
    defined = read_json(folder / DATASET_INFO, dict[str, dict[str, Any]])
    names = f"{config.get('dataset') or ''},{config.get('eval_dataset') or ''}".split(",")
    described: dict[str, Any] = {"folder": str(folder), "files": []}
    for file_name in (DATASET_INFO, MANIFEST):
        if (folder / file_name).is_file():
            described[f"{Path(file_name).stem}_sha256"] = file_sha256(folder / file_name)
    for name in dict.fromkeys(name.strip() for name in names if name.strip()):
        described["files"].append(_describe_file(folder, name, defined.get(name, {})))
    return described


def _describe_file(folder: Path, name: str, definition: Mapping[str, Any]) -> dict[str, Any]:
    file_name = definition.get("file_name")
    path = folder / file_name if isinstance(file_name, str) else None
    if path is None or not path.is_file():
        return {"name": name, "file": file_name}
    return {"name": name, "file": file_name, "bytes": path.stat().st_size, "sha256": file_sha256(path)}


def describe_model(model: str) -> dict[str, Any]:
    """Name a model, with the hash of its config where it is a folder."""
    config = Path(model) / MODEL_CONFIG
    return {"name": model, **({"config_sha256": file_sha256(config)} if config.is_file() else {})}


def versions() -> dict[str, str]:
    """Give the versions of Python and of the packages that matter, those that are installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def git_state(folder: Path) -> dict[str, Any] | None:
    """Give the commit of the repository that a folder is in, and whether it has changes; None without one."""
    commit = _tool("git", "-C", str(folder), "rev-parse", "--verify", "HEAD")
    if not commit:
        return None
    changes = _tool("git", "-C", str(folder), "status", "--porcelain")
    return {"commit": commit, "is_dirty": bool(changes) if changes is not None else None}


def hardware() -> dict[str, Any]:
    """Describe processor, memory and GPUs, the latter as nvidia-smi lists them."""
    gpus = _tool("nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader")
    return {
        "system": platform.platform(),
        "cpu": _cpu_model(),
        "n_cpus": os.cpu_count(),
        "memory_gb": _memory_gb(),
        "gpus": gpus.splitlines() if gpus else [],
    }


def _cpu_model() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            lines = (line for line in file if line.startswith("model name"))
            return next(lines).partition(":")[2].strip()
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _memory_gb() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (ValueError, OSError, AttributeError):
        return None


def _tool(*command: str) -> str | None:
    """Run a tool that may be missing, and give what it prints; None where it fails."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS_FOR_A_TOOL,
            check=False,
            stdin=subprocess.DEVNULL,
            # Another git may be at work in the repository.
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _now() -> str:
    return datetime.fromtimestamp(int(time.time()), UTC).isoformat().replace("+00:00", "Z")
