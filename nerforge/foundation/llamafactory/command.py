"""Calls of ``llamafactory-cli`` that end with this process, in an environment that changes nothing."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from nerforge.foundation.llamafactory.environment import without_overrides
from nerforge.foundation.processes.children import run_to_end, start_supervised


def find_cli() -> str:
    """Give the path of the llamafactory-cli that stands beside this Python."""
    return str(Path(sys.executable).parent / "llamafactory-cli")


def program_path() -> str:
    """Give a search path that begins with this Python: LLaMA-Factory calls torchrun by its bare name."""
    return os.pathsep.join(filter(None, (str(Path(sys.executable).parent), os.environ.get("PATH"))))


def start_cli(
    arguments: Sequence[str], environment: Mapping[str, str], lock: int | None = None
) -> "subprocess.Popen[bytes]":
    """Start llamafactory-cli, which ends when this process does, however that happens.

    Args:
        arguments: Such as ``train`` and the path of a YAML.
        environment: The child's; the variables that change what it runs are removed.
        lock: A file descriptor that it inherits.

    Raises:
        UserError: it is no program.
    """
    return start_supervised([find_cli(), *arguments], without_overrides(environment), lock)


def run_cli(
    arguments: Sequence[str], environment: Mapping[str, str], on_line: Callable[[str], None] | None = None
) -> tuple[int, list[str]]:
    """Run llamafactory-cli to its end; give its exit code and the last lines that it prints.

    Raises:
        UserError: it is no program.
    """
    return run_to_end([find_cli(), *arguments], without_overrides(environment), on_line)
