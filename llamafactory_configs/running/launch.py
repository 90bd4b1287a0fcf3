"""Run ``llamafactory-cli train`` as a child process: live progress, a kept log, errors that can be read."""

import os
import re
import select
import signal
import subprocess
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_yaml
from nerforge.foundation.hubs.hub_names import hub_environment
from nerforge.foundation.llamafactory import command
from nerforge.foundation.llamafactory.environment import is_leader, require_launchable
from nerforge.foundation.locks import run_lock
from nerforge.foundation.optional import require_extra
from nerforge.foundation.processes import children
from nerforge.foundation.processes.error_lines import clean, error_block
from nerforge.foundation.run_folder.contents import TRAIN_LOG, TRAINER_LOG, step_of
from nerforge.foundation.run_folder.wholeness import last_checkpoint
from nerforge.llamafactory_configs.checking.tracker_login import require_logins
from nerforge.llamafactory_configs.running.failures import Explanation, explain
from nerforge.llamafactory_configs.running.incomplete import (
    remove_set_aside,
    set_final_aside,
    set_incomplete_aside,
)
from nerforge.llamafactory_configs.running.loss_curve import draw_loss
from nerforge.llamafactory_configs.running.preparing import read_settings, write_run
from nerforge.llamafactory_configs.running.progress import Progress, TrainerLog
from nerforge.llamafactory_configs.running.run_manifest import (
    AttemptOutcome,
    RunManifest,
    begin_attempt,
    end_attempt,
    read_run_manifest,
)
from nerforge.llamafactory_configs.running.tracker_environment import begin_tracking

_N_TAIL = 400
_LINE_END = re.compile(rb"[\r\n]")


class TrainingError(UserError):
    """llamafactory-cli ended with an error."""

    def __init__(self, message: str, exit_code: int, explanations: list[Explanation]) -> None:
        """Keep what the manifest needs beside the message."""
        super().__init__(message)
        self.exit_code = exit_code
        self.explanations = explanations


class Watcher(Protocol):
    """Is told what a training does."""

    def on_output(self, block: bytes) -> None:
        """Take the child's raw output, as it comes."""

    def on_status(self, line: str) -> None:
        """Take the child's latest line of output."""

    def on_progress(self, progress: Progress) -> None:
        """Take the latest step."""

    def on_notice(self, line: str) -> None:
        """Take something that a person should know, such as where a training is resumed."""


def require_training() -> None:
    """Check that LLaMA-Factory is installed.

    Raises:
        UserError: it is not.
    """
    require_extra("llamafactory", "train")


def prepare_run(config_path: Path, overrides: Mapping[str, Any], *, overwrite: bool) -> Path:
    """Check a training YAML as far as that costs nothing, and write it to its run's folder.

    Returns:
        The path of ``RUN/train.yaml``, which holds the overrides too.

    Raises:
        UserError: the train extra is missing, the environment asks for another training, the YAML names
            something that is not there, nobody is logged in to its tracker, or the folder holds another
            training.
    """
    require_training()
    require_launchable(os.environ)
    settings = read_settings(config_path, overrides)
    require_logins(settings.config, {**os.environ, **settings.secrets})
    return write_run(config_path, overrides, overwrite=overwrite)


def train(
    train_yaml: Path, watcher: Watcher, *, hub: str | None = None, secrets: Mapping[str, str] | None = None
) -> None:
    """Run the training that ``prepare_run`` prepared, to its end.

    A training that was killed resumes from its last whole checkpoint. Everything that llamafactory-cli
    prints is kept in ``RUN/train.log``, and ``RUN/manifest.json`` says what became of each attempt. An
    interrupt or a termination of this process is passed on, and what then still runs is killed; it is killed
    too if this process is.

    Args:
        train_yaml: ``RUN/train.yaml``.
        watcher: Is told what happens.
        hub: One of ``HUBS``, or None for what the environment says.
        secrets: Variables for llamafactory-cli alone.

    Raises:
        TrainingError: llamafactory-cli failed; the message says what that means, where it is known, and
            holds its exit code and last error lines.
        UserError: another training runs in the folder, or the data changed since its checkpoints were made.
        KeyboardInterrupt: the training was interrupted.
    """
    run = train_yaml.parent
    environment = {**os.environ, "PATH": command.program_path(), **hub_environment(hub), **(secrets or {})}
    if not is_leader():
        log = run / f"train.node{os.environ['NODE_RANK']}.log"
        _run_child(_Call(train_yaml, log, environment, None), watcher)
        return
    # The child inherits the lock: if this process is killed, the run stays taken until the trainer has ended
    # too.
    with run_lock(run) as lock:
        manifest = _begin(train_yaml, watcher)
        is_resumed = manifest.attempts[-1].resumed_from is not None
        environment |= begin_tracking(
            train_yaml, read_yaml(train_yaml), watcher.on_notice, is_resumed=is_resumed
        )
        with _recorded(run, manifest):
            _run_child(_Call(train_yaml, run / TRAIN_LOG, environment, lock), watcher)
        remove_set_aside(run)
        resumed = [a.resumed_from for a in manifest.attempts if a.resumed_from is not None]
        draw_loss(run, resumed)


def _begin(train_yaml: Path, watcher: Watcher) -> RunManifest:
    """Set aside what a kill left half written, and begin an attempt in the manifest."""
    run, config = train_yaml.parent, read_yaml(train_yaml)
    before = read_run_manifest(run)
    moved = set_incomplete_aside(run, only_model=config.get("save_only_model") is True)
    if before is not None and not before.is_finished and (final := set_final_aside(run)):
        moved.append(final)
    for aside in moved:
        watcher.on_notice(f"{aside.name}: not whole ({aside.fault}); set aside as {aside.moved_to}")
    checkpoint = last_checkpoint(run)
    if checkpoint is not None:
        watcher.on_notice(f"resuming from {checkpoint}")
    elif moved or (before is not None and not before.is_finished):
        watcher.on_notice("there is no whole checkpoint to resume from; training begins at step 0")
    return begin_attempt(
        train_yaml,
        config,
        resumed_from=step_of(checkpoint) if checkpoint else None,
        set_aside=[f"{aside.name}: {aside.fault}" for aside in moved],
    )


@contextmanager
def _recorded(run: Path, manifest: RunManifest) -> Iterator[None]:
    """Write down how what is done in the block ended."""
    start = time.monotonic()

    def end(outcome: AttemptOutcome, exit_code: int | None = None, failures: tuple[str, ...] = ()) -> None:
        seconds = time.monotonic() - start
        end_attempt(run, manifest, outcome, seconds=seconds, exit_code=exit_code, failures=failures)

    try:
        yield
    except TrainingError as err:
        outcome: AttemptOutcome = "killed" if err.exit_code == 128 + signal.SIGKILL else "failed"
        end(outcome, err.exit_code, tuple(explanation.code for explanation in err.explanations))
        raise
    except KeyboardInterrupt:
        end("interrupted")
        raise
    except BaseException:
        end("failed")
        raise
    end("finished", 0)


class _Call(NamedTuple):
    """A call of llamafactory-cli."""

    train_yaml: Path
    log: Path
    environment: Mapping[str, str]
    lock: int | None
    """The lock on the run's folder, which is held until everything below the child has ended."""


def _run_child(call: _Call, watcher: Watcher) -> None:
    trainer_log = TrainerLog(call.train_yaml.parent / TRAINER_LOG)
    tail: deque[str] = deque(maxlen=_N_TAIL)
    arguments = ["train", str(call.train_yaml)]
    with (
        children.terminate_is_interrupt(),
        command.start_cli(arguments, call.environment, call.lock) as child,
    ):
        try:
            _follow(child, call.log, trainer_log, watcher, tail)
        except BaseException:
            children.stop(child)
            raise
    if child.returncode != 0:
        raise _failure(child.returncode, tail, call)


def _failure(exit_code: int, tail: deque[str], call: _Call) -> TrainingError:
    explanations = explain(tail, read_yaml(call.train_yaml), exit_code)
    explained = "".join(f"{explanation.text}\n" for explanation in explanations)
    return TrainingError(
        f"{explained}llamafactory-cli ended with exit code {exit_code}; "
        f"the whole log is {call.log}. Its errors:\n{error_block(tail)}",
        exit_code,
        explanations,
    )


def _follow(
    child: "subprocess.Popen[bytes]",
    log_path: Path,
    trainer_log: TrainerLog,
    watcher: Watcher,
    tail: deque[str],
) -> None:
    assert child.stdout is not None
    output = child.stdout.fileno()
    losses = _LossWatch(watcher)
    rest = b""
    with log_path.open("wb") as log:
        while True:
            # Half a second at most: the trainer's log grows without a line of output, and a stall is to be
            # seen.
            ready, _, _ = select.select([output], [], [], 0.5)
            losses.report(trainer_log.new_rows())
            if not ready:
                continue
            block = os.read(output, 1 << 16)
            if not block:
                break
            log.write(block)
            log.flush()
            watcher.on_output(block)
            # Progress bars end with a carriage return alone; a block may end within a line.
            *lines, rest = _LINE_END.split(rest + block)
            for line in (clean(line.decode("utf-8", "replace")) for line in lines if line.strip()):
                tail.append(line)
                trainer_log.read_output(line)
                watcher.on_status(line)
    if rest.strip():
        tail.append(clean(rest.decode("utf-8", "replace")))
    child.wait()
    losses.report(trainer_log.new_rows())


class _LossWatch:
    """Passes progress on, and warns once of losses that teach nothing."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher
        self.warned: set[str] = set()

    def report(self, rows: Iterator[Progress]) -> None:
        for progress in rows:
            self.watcher.on_progress(progress)
            if not progress.is_finite:
                self._warn(
                    f"the loss is NaN or inf from step {progress.step} on, so nothing more is learnt: stop, "
                    "and use bf16 in place of fp16, or a smaller learning_rate"
                )
            elif progress.loss == 0:
                self._warn(
                    f"the loss is exactly 0 at step {progress.step}, so nothing is learnt: answers may be "
                    "truncated at cutoff_len, or the loss overflows in fp16; use bf16"
                )

    def _warn(self, line: str) -> None:
        kind = line.partition(" step")[0]
        if kind not in self.warned:
            self.warned.add(kind)
            self.watcher.on_notice(line)
