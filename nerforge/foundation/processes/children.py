"""Child processes that end with this one, with all that they start."""

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from nerforge.foundation.errors import UserError

SUPERVISOR = Path(__file__).with_name("supervisor.py")
_GRACE_SECONDS = 20
_N_TAIL = 400


def start_supervised(
    command: list[str], environment: Mapping[str, str], lock: int | None = None
) -> "subprocess.Popen[bytes]":
    """Start a command that ends when this process does, however that happens.

    Raises:
        UserError: it is no program.
    """
    if not os.access(command[0], os.X_OK):
        raise UserError(f"{command[0]}: cannot be started; reinstall the train extra")
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(SUPERVISOR), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        pass_fds=() if lock is None else (lock,),
        # A group of its own: an interrupt reaches the child once, from here, and its children too.
        start_new_session=True,
    )


def run_to_end(
    command: list[str], environment: Mapping[str, str], on_line: Callable[[str], None] | None = None
) -> tuple[int, list[str]]:
    """Run a command that ends when this process does; give its exit code and the last lines that it prints.

    Args:
        command: The program and its arguments.
        environment: The child's whole environment.
        on_line: Told of every line as it comes.

    Raises:
        UserError: it is no program.
    """
    with terminate_is_interrupt(), start_supervised(command, environment) as child:
        assert child.stdout is not None
        try:
            tail: deque[str] = deque(maxlen=_N_TAIL)
            for line in child.stdout:
                tail.append(line.decode("utf-8", "replace").rstrip())
                if on_line is not None:
                    on_line(tail[-1])
            child.wait()
        except BaseException:
            stop(child)
            raise
    return child.returncode, list(tail)


def stop(child: "subprocess.Popen[bytes]") -> None:
    """Ask the child's whole group to end, ever more firmly; at last its supervisor kills what is left."""
    try:
        # SIGINT first: a trainer then writes its trackers' last rows.
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            with suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(child.pid, signal_number)
                child.wait(_GRACE_SECONDS)
                break
    finally:
        if child.stdin is not None:
            child.stdin.close()


@contextmanager
def terminate_is_interrupt() -> Iterator[None]:
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
