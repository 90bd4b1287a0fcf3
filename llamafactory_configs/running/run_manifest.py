"""``RUN/manifest.json``: what was trained with what, attempt by attempt. It holds no secrets."""

import os
import platform
import subprocess
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.hashing import file_sha256
from nerforge.foundation.files.reading import read_json
from nerforge.foundation.files.writing import to_json, write_whole
from nerforge.foundation.json_values import JsonObject
from nerforge.foundation.llamafactory.config_types import Config
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
SCHEMA_VERSION = 1
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


class YamlFile(msgspec.Struct, frozen=True):
    """The YAML that was trained with."""

    file: str
    sha256: str


class BaseModel(msgspec.Struct, frozen=True, omit_defaults=True):
    """The model that was trained."""

    name: str
    """Of a hub, or a folder."""
    config_sha256: str | None = None
    """Of its ``config.json``; absent for a model of a hub."""


class TrainedFile(msgspec.Struct, frozen=True):
    """The file of a data set; size and hash are absent where it is not on this machine."""

    name: str
    file: str | None
    bytes: int | msgspec.UnsetType = msgspec.UNSET
    sha256: str | msgspec.UnsetType = msgspec.UNSET


class TrainedData(msgspec.Struct):
    """The data sets that were trained on."""

    folder: str
    files: list[TrainedFile]
    dataset_info_sha256: str | msgspec.UnsetType = msgspec.UNSET
    manifest_sha256: str | msgspec.UnsetType = msgspec.UNSET


class GitState(msgspec.Struct, frozen=True):
    """The repository in which training was started."""

    commit: str
    is_dirty: bool | None = None
    """Whether it had changes; None where git does not say."""


class Hardware(msgspec.Struct, frozen=True):
    """The machine that trained."""

    system: str
    cpu: str
    n_cpus: int | None
    memory_gb: float | None
    gpus: list[str]
    """As nvidia-smi lists them: name, memory, driver."""


class RunManifest(msgspec.Struct, kw_only=True):
    """What a run's folder came from."""

    schema_version: int = msgspec.field(default=SCHEMA_VERSION, name="nerforge_run")
    """The version of this file's form, under the name that tells a run's manifest from a data set's."""
    config: YamlFile
    model: BaseModel
    data: TrainedData
    versions: dict[str, str]
    git: GitState | None
    hardware: Hardware
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
        manifest = read_json(path, RunManifest)
    except UserError as err:
        raise UserError(f"{err}; it is no manifest of a run: choose another output_dir") from err
    if manifest.schema_version > SCHEMA_VERSION:
        raise UserError(
            f"{path}: nerforge_run {manifest.schema_version} is later than {SCHEMA_VERSION}, all that "
            "this version of nerforge reads; upgrade nerforge, or choose another output_dir"
        )
    return manifest


def begin_attempt(
    train_yaml: Path, config: Config, *, resumed_from: int | None, set_aside: Sequence[str] = ()
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
    # A finished training that is done again is a new one; one that was killed before its first checkpoint is
    # not.
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
        config=YamlFile(train_yaml.name, file_sha256(train_yaml)),
        model=describe_model(str(config.get("model_name_or_path"))),
        data=data,
        versions=versions(),
        git=git_state(Path.cwd()),
        hardware=describe_hardware(),
        attempts=[*attempts, attempt],
        n_steps=before.n_steps if before and attempts else None,
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


def refuse_changed_data(before: RunManifest, data: TrainedData, run: Path) -> None:
    """Refuse to resume with other rows: the steps that are left would skip and repeat some of them.

    Raises:
        UserError: a file of the data set is another one than when the run began.
    """
    known = {file.name: file.sha256 for file in before.data.files}
    changed = [file.name for file in data.files if known.get(file.name, file.sha256) != file.sha256]
    if changed:
        raise UserError(
            f"{run}: data set {', '.join(changed)} changed since its checkpoints were made; choose another "
            "output_dir, pass --overwrite to restart, or put the old files back"
        )


@phase("hashing the data")
def describe_data(config: Config) -> TrainedData:
    """Hash the files of a training's data sets, and their manifest."""
    folder = Path(str(config.get("dataset_dir")))
    defined = read_json(folder / DATASET_INFO, dict[str, JsonObject])
    names = f"{config.get('dataset') or ''},{config.get('eval_dataset') or ''}".split(",")
    asked = dict.fromkeys(name.strip() for name in names if name.strip())
    return TrainedData(
        str(folder),
        [_describe_file(folder, name, defined.get(name, {})) for name in asked],
        _sha256_of(folder / DATASET_INFO),
        _sha256_of(folder / MANIFEST),
    )


def _describe_file(folder: Path, name: str, definition: JsonObject) -> TrainedFile:
    file_name = definition.get("file_name")
    if not isinstance(file_name, str):
        return TrainedFile(name, None)
    path = folder / file_name
    size = path.stat().st_size if path.is_file() else msgspec.UNSET
    return TrainedFile(name, file_name, size, _sha256_of(path))


def _sha256_of(path: Path) -> str | msgspec.UnsetType:
    return file_sha256(path) if path.is_file() else msgspec.UNSET


def describe_model(model: str) -> BaseModel:
    """Name a model, with the hash of its config where it is a folder."""
    config = Path(model) / MODEL_CONFIG
    return BaseModel(model, file_sha256(config) if config.is_file() else None)


def versions() -> dict[str, str]:
    """Give the versions of Python and of the packages that matter, those that are installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def git_state(folder: Path) -> GitState | None:
    """Give the commit of the repository that a folder is in, and whether it has changes; None without one."""
    commit = _tool("git", "-C", str(folder), "rev-parse", "--verify", "HEAD")
    if not commit:
        return None
    changes = _tool("git", "-C", str(folder), "status", "--porcelain")
    return GitState(commit, bool(changes) if changes is not None else None)


def describe_hardware() -> Hardware:
    """Describe processor, memory and GPUs, the latter as nvidia-smi lists them."""
    gpus = _tool("nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader")
    return Hardware(
        platform.platform(), _cpu_model(), os.cpu_count(), _memory_gb(), gpus.splitlines() if gpus else []
    )


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
