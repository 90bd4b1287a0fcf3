"""Lines that commands print without a table or a colour: messages to stderr, results to stdout."""

import io
import shlex
import sys
from contextlib import suppress
from typing import TextIO

import click

from nerforge.cli.printing.volume import is_quiet, is_verbose
from nerforge.foundation.printing import ESCAPE, printable_lines


def escape_unencodable() -> None:
    """Let stdout and stderr write out what their encoding lacks; called once, before anything is printed.

    Names of files need not be UTF-8, and output may be ASCII, CP1252 or GBK.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A stream whose descriptor was replaced by a pipe after it was opened cannot be asked for its
            # place, which this does: it stays as it is.
            with suppress(OSError):
                stream.reconfigure(errors=ESCAPE)


def print_result(line: str) -> None:
    """Print a line of a result on stdout."""
    _print(line, sys.stdout)


def print_document(text: str) -> None:
    """Print a document such as a YAML file on stdout, in UTF-8 where stdout is ASCII: it has no escapes."""
    click.echo(printable_lines(text), nl=False)


def print_message(line: str = "") -> None:
    """Print a message on stderr, unless errors alone are wanted."""
    if not is_quiet():
        _print(line, sys.stderr)


def print_detail(line: str) -> None:
    """Print on stderr what only ``--verbose`` asks for."""
    if is_verbose():
        _print(line, sys.stderr)


def print_failure(line: str) -> None:
    """Print on stderr what failed, however little is wanted."""
    _print(line, sys.stderr)


def print_next(*words: object) -> None:
    """Print on stderr the command that usually follows, as it may be pasted into a shell."""
    print_message(f"next: {shlex.join(['nerforge', *map(str, words)])}")


def show_error(err: click.ClickException) -> None:
    """Print what click says of an error, with the usage where the call was wrong."""
    kept = _MessageBuffer()
    err.show(file=kept)
    _print(kept.getvalue().removesuffix("\n"), sys.stderr)


class _MessageBuffer(io.StringIO):
    """Keeps what click removes from output that is not for a terminal: colours in the name of a file."""

    def isatty(self) -> bool:
        return True


def _print(text: str, stream: TextIO) -> None:
    # click.echo would write UTF-8 to a stream that is ASCII, and rich what can be escaped.
    print(printable_lines(text), file=stream, flush=True)
