"""The lines of a log that say what went wrong."""

import re
from collections.abc import Iterable

_N_ERROR_LINES = 12
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_PREFIX = re.compile(r"^(?:\[(?:default|rank)\d+\]:\s?|\(\w+ pid=\d+[^)]*\)\s?)+")
"""What torchrun and Ray put before the lines of their workers."""
_ERROR = re.compile(r"(?:ray\.exceptions\.)?[\w.]*(?:Error|Exception|Interrupt)(?::|$|\()")
_PROGRESS_BAR = re.compile(r"\d+%\|")
_OF_THE_LAUNCHER = re.compile(r"subprocess\.CalledProcessError|torch\.distributed\.elastic.*ChildFailedError")
"""Says only that a worker failed."""


def clean(line: str) -> str:
    """Take away colours and what torchrun and Ray put before their workers' lines."""
    return _PREFIX.sub("", _ANSI.sub("", line)).rstrip()


def error_lines(lines: Iterable[str]) -> list[str]:
    """Pick from a log's end what a person needs: the errors of its tracebacks, else its last lines."""
    # Of "Traceback ...", frames and "ValueError: Template x does not exist." the last alone is kept, with the
    # lines of its message; torchrun's own "CalledProcessError" only where there is nothing else.
    useful = [line for line in map(clean, lines) if line.strip() and not _PROGRESS_BAR.search(line)]
    errors: list[str] = []
    of_the_launcher: list[str] = []
    found = errors
    in_message = False
    for line in useful:
        if _ERROR.match(line):
            in_message = True
            found = of_the_launcher if _OF_THE_LAUNCHER.match(line) else errors
        elif line.startswith((" ", "Traceback", "The above exception", "During handling", "[")):
            in_message = False
        if in_message and line not in found:
            found.append(line)
    return (errors or of_the_launcher or useful)[-_N_ERROR_LINES:]


def error_block(lines: Iterable[str]) -> str:
    """Show the errors of a log's end in a message, indented."""
    return "\n".join(f"  {line}" for line in error_lines(lines))
