"""Commands in processes that have imported torch and LLaMA-Factory already.

A start of ``llamafactory-cli``, or of a command of ours that loads a model, imports for eight seconds, and
most tests are about what it does after that. Here a command is forked from a process that did nothing but
import, so that nothing of what tests leave behind in their own process reaches it. Tests of how a command is
started, stopped and supervised use the real one.
"""

import multiprocessing
import os
import runpy
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import pytest

LLAMAFACTORY = "llamafactory.cli:main"
NERFORGE = "nerforge.cli:main"
_IMPORTED = [
    "llamafactory.train.tuner",
    "llamafactory.launcher",
    "transformers.models.qwen2.modeling_qwen2",
    "nerforge.cli",
]
"""One that is missing is left out."""


class ForkedCommand:
    """A running command, with what callers use of ``subprocess.Popen``."""

    stdin = None

    def __init__(
        self,
        program: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        stdout: Path | None = None,
    ) -> None:
        """Start it in the present folder.

        Args:
            program: ``MODULE:FUNCTION``, or the path of a script.
            arguments: What follows the program's name.
            environment: The child's whole environment.
            stdout: A file for what it writes there; the pipe that is called ``stdout`` here then has stderr
                alone, and both otherwise.
        """
        out, end = _server().Pipe(duplex=False)
        call = (program, list(arguments), dict(environment), os.getcwd(), end, stdout)
        self._process = _server().Process(target=_run, args=call)
        self._process.start()
        end.close()
        self.args = [program, *arguments]
        self.pid = self._process.pid or 0
        self.stdout: IO[bytes] = os.fdopen(os.dup(out.fileno()), "rb")
        out.close()

    @property
    def returncode(self) -> int | None:
        code = self._process.exitcode
        return 128 - code if code is not None and code < 0 else code

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return self.returncode

    def kill(self) -> None:
        self._process.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stdout.close()
        self.wait()


def start_supervised(
    command: Sequence[str], environment: Mapping[str, str], lock: int | None = None
) -> ForkedCommand:
    """Stand in for ``nerforge.foundation.processes.children.start_supervised``."""
    return ForkedCommand(LLAMAFACTORY, command[1:], environment)


@contextmanager
def llamafactory() -> Iterator[None]:
    """Fork llamafactory-cli in place of starting it, while the block lasts."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("processes.children", "llamafactory.command"):
            patch.setattr(f"nerforge.foundation.{module}.start_supervised", start_supervised)
        yield


def run_nerforge(folder: Path, *arguments: object) -> "subprocess.CompletedProcess[str]":
    """Run a command of ours to its end, in a process of its own; what it writes passes through a folder."""
    texts, out = list(map(str, arguments)), folder / "stdout"
    with ForkedCommand(NERFORGE, texts, os.environ, out) as child:
        errors = child.stdout.read().decode()
    return subprocess.CompletedProcess(texts, child.wait(), out.read_text(encoding="utf-8"), errors)


@cache
def _server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED)
    return context


def _run(
    program: str,
    arguments: list[str],
    environment: dict[str, str],
    folder: str,
    out: Connection,
    stdout: Path | None,
) -> None:
    os.setsid()
    os.dup2(out.fileno(), 2)
    os.dup2(os.open(stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) if stdout else 2, 1)
    out.close()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = [program, *arguments]
    module, _, function = program.partition(":")
    if function:
        getattr(import_module(module), function)()
    else:
        runpy.run_path(program, run_name="__main__")
