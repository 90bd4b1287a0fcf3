"""Run a command for a process, and end it with all that it started as soon as that process is gone.

A script of the standard library alone: ``supervisor.py COMMAND...``. Whoever starts it holds the other end of
its standard input, which the system closes even for a process that was killed. It exits as the command does;
128 and the signal's number where that was killed.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_SECONDS_LEFT_BEHIND = 10
"""What a command that ended well left running may take to end, such as an upload."""
_CANNOT_START = 127


def main(command: list[str]) -> int:
    """Run the command and give its exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # A handler of its own, since the command would inherit that a signal is ignored.
        signal.signal(number, lambda *_: None)
    # Ray and torchrun start sessions of their own. As a subreaper this process becomes the parent of whatever
    # they leave behind, and so finds it below itself.
    prctl = _prctl()
    prctl(_PR_SET_CHILD_SUBREAPER, 1)
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            preexec_fn=lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGKILL),
        )
    except OSError as err:
        print(f"{command[0]}: cannot be started: {err.strerror}", file=sys.stderr)
        return _CANNOT_START
    threading.Thread(target=_end_with_parent, daemon=True).start()
    code = child.wait()
    _end_descendants(_SECONDS_LEFT_BEHIND if code == 0 else 0)
    return code if code >= 0 else 128 - code


def _prctl() -> Callable[[int, int], object]:
    """Give Linux's prctl; elsewhere something that does nothing."""
    if not sys.platform.startswith("linux"):
        return lambda option, value: None
    import ctypes

    libc = ctypes.CDLL(None)
    return lambda option, value: libc.prctl(option, int(value), 0, 0, 0)


def _end_with_parent() -> None:
    while os.read(0, 1 << 10):
        pass
    _end_descendants(0)
    if not os.path.isdir("/proc/self"):
        os.killpg(0, signal.SIGKILL)
    os._exit(128 + signal.SIGKILL)


def _end_descendants(patience: float) -> None:
    """Kill what still runs below this process, in whatever session, after some seconds of patience."""
    deadline = time.monotonic() + patience
    while running := _descendants():
        if time.monotonic() >= deadline:
            for pid in running:
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _descendants() -> list[int]:
    """List the processes below this one, zombies left out; none where there is no /proc."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc/self") else ():
        if name.isdigit():
            with suppress(OSError, ValueError), open(f"/proc/{name}/stat", "rb") as file:
                # The command in parentheses may hold anything, a closing parenthesis too.
                state, parent = file.read().rpartition(b")")[2].split()[:2]
                if state not in (b"Z", b"X"):
                    children.setdefault(int(parent), []).append(int(name))
    found: list[int] = []
    waiting = [os.getpid()]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


if __name__ == "__main__":
    # Without the interpreter's own end, which would wait for the thread that reads.
    status = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(status)
