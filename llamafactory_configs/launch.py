"""Run ``llamafactory-cli train`` as a child process: live progress, a kept log, errors that can be read."""

import json
import math
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple, Protocol

from generators.dataset import DATASET_INFO
from generators.files import read_json, read_yaml, write_whole
from llamafactory_configs.rendering import dump_yaml
from templates.errors import UserError
from templates.hubs import hub_environment, is_folder
from templates.optional import require_extra

TRAIN_YAML = "train.yaml"
TRAIN_LOG = "train.log"
TRAINER_LOG = "trainer_log.jsonl"
_ADAPTER = "adapter_model.safetensors"
_N_ERROR_LINES = 12
_GRACE_SECONDS = 20
_LINE_END = re.compile(rb"[\r\n]")
_ERROR = re.compile(r"[\w.]*(?:Error|Exception|Interrupt)(?::|$)")
_PROGRESS_BAR = re.compile(r"\d+%\|")


class TrainingError(UserError):
    """llamafactory-cli ended with an error."""


class Progress(NamedTuple):
    """Where a training stands, from LLaMA-Factory's own ``trainer_log.jsonl``."""

    step: int
    n_steps: int
    loss: float | None
    remaining: str
    """Time left as LLaMA-Factory writes it, h:mm:ss."""


class Watcher(Protocol):
    """Is told what a training does."""

    def on_output(self, block: bytes) -> None:
        """Take the child's raw output, as it comes."""

    def on_status(self, line: str) -> None:
        """Take the child's latest line of output."""

    def on_progress(self, progress: Progress) -> None:
        """Take the latest step."""


def prepare_run(config_path: Path, overrides: Mapping[str, Any], *, overwrite: bool) -> Path:
    """Check a training YAML as far as that costs nothing, and write it to its run's folder.

    Returns:
        The path of ``RUN/train.yaml``, which holds the overrides too.

    Raises:
        UserError: the train extra is missing, or the YAML names something that is not there.
    """
    require_extra("llamafactory", "train")
    config = {**read_yaml(config_path), **overrides}
    _require_strings(config_path, config)
    _require_model(config_path, config["model_name_or_path"])
    _require_datasets(config_path, config)
    run = Path(config["output_dir"])
    if overwrite:
        config["overwrite_output_dir"] = True
        for checkpoint in _checkpoints(run):
            shutil.rmtree(checkpoint)
    else:
        _refuse_other_training(run, config)
    write_whole(run / TRAIN_YAML, dump_yaml(config).encode())
    return run / TRAIN_YAML


def last_checkpoint(run: Path) -> Path | None:
    """Find the checkpoint from which LLaMA-Factory will resume a training, or None."""
    checkpoints = _checkpoints(run)
    return checkpoints[-1] if checkpoints else None


def _checkpoints(run: Path) -> list[Path]:
    found = [path for path in run.glob("checkpoint-*") if path.name.partition("-")[2].isdigit()]
    return sorted(found, key=lambda path: int(path.name.partition("-")[2]))


def _refuse_other_training(run: Path, config: Mapping[str, Any]) -> None:
    """Refuse a folder whose adapter or checkpoints come from another training than ``config``."""
    if (run / _ADAPTER).exists():
        raise UserError(
            f"{run}: already holds a trained adapter; choose another output_dir, or pass --overwrite"
        )
    if _checkpoints(run) and (run / TRAIN_YAML).is_file() and read_yaml(run / TRAIN_YAML) != config:
        raise UserError(
            f"{run}: holds checkpoints of a training with other settings, which would be resumed; "
            "choose another output_dir, or pass --overwrite to begin anew"
        )


def _require_strings(config_path: Path, config: Mapping[str, Any]) -> None:
    for key in ("model_name_or_path", "template", "dataset_dir", "dataset", "output_dir"):
        value = config.get(key)
        if not value:
            raise UserError(f"{config_path}: lacks {key}; nerforge config writes a complete file")
        if not isinstance(value, str):
            raise UserError(f"{config_path}: {key}: expected a text, found {value!r}")


def _require_model(config_path: Path, model: str) -> None:
    if is_folder(model) and not (Path(model) / "config.json").is_file():
        raise UserError(
            f"{config_path}: model_name_or_path {model}: no such folder, or one without config.json"
        )


def _require_datasets(config_path: Path, config: Mapping[str, Any]) -> None:
    folder = Path(config["dataset_dir"])
    defined = read_json(folder / DATASET_INFO, dict[str, dict[str, Any]])
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


def train(train_yaml: Path, watcher: Watcher, *, hub: str | None = None) -> None:
    """Run the training that ``prepare_run`` prepared, to its end; ``hub`` is one of ``HUBS`` or None.

    Everything that llamafactory-cli prints is kept in ``RUN/train.log``. An interrupt or a termination of
    this process is passed on, and what then still runs is killed.

    Raises:
        TrainingError: llamafactory-cli failed; the message holds its exit code and last error lines.
        KeyboardInterrupt: the training was interrupted.
    """
    run = train_yaml.parent
    environment = {**os.environ, **hub_environment(hub)}
    trainer_log = _TrainerLog(run / TRAINER_LOG)
    tail: deque[str] = deque(maxlen=400)
    with _terminate_is_interrupt(), _start([find_cli(), "train", str(train_yaml)], environment) as child:
        try:
            _follow(child, run / TRAIN_LOG, trainer_log, watcher, tail)
        except BaseException:
            _stop(child)
            raise
    if child.returncode != 0:
        errors = error_lines(tuple(tail))
        model = str(read_yaml(train_yaml)["model_name_or_path"])
        raise TrainingError(
            f"{_explain(errors, model)}llamafactory-cli ended with exit code {child.returncode}; "
            f"the whole log is {run / TRAIN_LOG}. Its errors:\n" + "\n".join(f"  {line}" for line in errors)
        )


def _start(command: list[str], environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    try:
        with _interruptible_child():
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment,
                # A group of its own: an interrupt reaches the child once, from here, and its children too.
                start_new_session=True,
            )
    except OSError as err:
        raise UserError(
            f"{command[0]}: cannot be started: {err.strerror}; reinstall the train extra"
        ) from err


@contextmanager
def _interruptible_child() -> Iterator[None]:
    """Let a child started here be interrupted even where this process ignores SIGINT, as shell jobs do."""
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def error_lines(lines: Sequence[str]) -> list[str]:
    """Pick from a log's end what a person needs: the errors of its tracebacks, else its last lines."""
    useful = [line for line in lines if line.strip() and not _PROGRESS_BAR.search(line)]
    errors: list[str] = []
    in_message = False
    for line in useful:
        if _ERROR.match(line):
            in_message = True
        elif line.startswith((" ", "Traceback", "The above exception", "During handling", "[")):
            in_message = False
        if in_message and line not in errors:
            errors.append(line)
    return (errors or useful)[-_N_ERROR_LINES:]


def _explain(lines: Sequence[str], model: str) -> str:
    """Say in words what a common error means; empty where there is nothing to add."""
    if any("Failed to load tokenizer" in line for line in lines):
        return (
            f"model {model!r} was found neither as a folder nor on the hub; check the name and the network, "
            "or choose the hub with --hub modelscope|huggingface\n"
        )
    return ""


def find_cli() -> str:
    """Give the path of the llamafactory-cli that stands beside this Python."""
    return str(Path(sys.executable).parent / "llamafactory-cli")


def _follow(
    child: "subprocess.Popen[bytes]",
    log_path: Path,
    trainer_log: "_TrainerLog",
    watcher: Watcher,
    tail: deque[str],
) -> None:
    assert child.stdout is not None
    output = child.stdout.fileno()
    rest = b""
    with log_path.open("wb") as log:
        while True:
            ready, _, _ = select.select([output], [], [], 0.5)
            for progress in trainer_log.new_rows():
                watcher.on_progress(progress)
            if not ready:
                continue
            block = os.read(output, 1 << 16)
            if not block:
                break
            log.write(block)
            log.flush()
            watcher.on_output(block)
            *lines, rest = _LINE_END.split(rest + block)
            for line in (line.decode("utf-8", "replace").rstrip() for line in lines if line.strip()):
                tail.append(line)
                watcher.on_status(line)
    child.wait()
    for progress in trainer_log.new_rows():
        watcher.on_progress(progress)


class _TrainerLog:
    """Reads the rows that LLaMA-Factory has added to its log since the last look, or since this was made."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.position = path.stat().st_size if path.exists() else 0

    def new_rows(self) -> Iterator[Progress]:
        if not self.path.exists():
            return
        if self.path.stat().st_size < self.position:
            self.position = 0
        with self.path.open("rb") as file:
            file.seek(self.position)
            content = file.read()
        whole = content[: content.rfind(b"\n") + 1]
        self.position += len(whole)
        for line in whole.splitlines():
            if progress := _read_progress(line):
                yield progress


def _read_progress(line: bytes) -> Progress | None:
    """Read a row of the log; None for one of another shape, which must not end a training that works."""
    try:
        row = json.loads(line)
        loss = row.get("loss")
        finite = isinstance(loss, float) and math.isfinite(loss)
        remaining = str(row.get("remaining_time", ""))
        return Progress(
            int(row["current_steps"]), int(row["total_steps"]), loss if finite else None, remaining
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _stop(child: "subprocess.Popen[bytes]") -> None:
    """Ask the child's whole group to end, ever more firmly."""
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(child.pid, signal_number)
            child.wait(_GRACE_SECONDS)
            break
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


@contextmanager
def _terminate_is_interrupt() -> Iterator[None]:
    """Treat SIGTERM as Ctrl-C while a child runs, so that it is not left behind."""

    def interrupt(signal_number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous: Callable[..., Any] | int | None = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
