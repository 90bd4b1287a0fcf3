"""Chat on a terminal, and answer lines of a file or a pipe."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import BinaryIO

import click

from nerforge.api.predicting.case_answers import answer_cases
from nerforge.cli.printing.case_output import cases_as_json, print_cases
from nerforge.cli.printing.chat_output import brief_text, json_line, print_reply
from nerforge.cli.printing.output import bar, print_json, stdout
from nerforge.cli.printing.printed_lines import print_failure, print_message, print_result
from nerforge.evaluation.chatting.lines import read_query_groups
from nerforge.evaluation.chatting.session import ChatReply, ChatSession
from nerforge.foundation.errors import UserError
from nerforge.foundation.phases import NEVER, phase

_PROMPT = "> "
Show = Callable[[ChatReply], None]


def converse(session: ChatSession, *, as_json: bool) -> None:
    """Answer what is typed until ``exit``, ``quit``, Ctrl-D or Ctrl-C."""
    show = _shower(session, as_json=as_json, is_brief=False)
    with suppress(ImportError):
        import readline  # noqa: F401  (input edits lines with it)
    print_message(_HELP)
    with suppress(KeyboardInterrupt):
        for query in _typed():
            if (typed := query.casefold()) in _ENDS:
                return
            if typed in _COMMANDS:
                _COMMANDS[typed]()
                continue
            with phase("answering"):
                (reply,) = session.ask([query])
            show(reply)
    print_message()


def _clear() -> None:
    click.clear()
    print_message("there is no history to clear: each query is asked on its own")


_HELP = "a query a line; clear, help, and exit or quit (Ctrl-D too)"
_ENDS = ("exit", "quit")
_COMMANDS: dict[str, Callable[[], None]] = {"clear": _clear, "help": lambda: print_message(_HELP)}


def _typed() -> Iterator[str]:
    while True:
        try:
            query = input(_PROMPT).strip()
            # A terminal of another encoding gives lone surrogates, which no model can be asked.
            query.encode()
        except EOFError:
            return
        except UnicodeError:
            print_failure("not UTF-8; check the terminal's encoding")
            continue
        if query:
            yield query


def show_cases(session: ChatSession, path: Path, constrained: ChatSession | None, *, as_json: bool) -> None:
    """Ask queries with known answers, and show which are exactly right.

    Raises:
        UserError: the cases cannot be read, or the engine cannot answer.
    """
    with phase("answering"):
        judged = answer_cases(session, path, constrained)
    if as_json:
        print_json(cases_as_json(judged))
    else:
        print_cases(stdout(), judged, session.asking.task)


def answer_lines(session: ChatSession, path: Path | None, *, as_json: bool) -> None:
    """Answer the lines of a file or of stdin, each with one line.

    Raises:
        UserError: a line cannot be read, or queries could not be answered.
    """
    show = _shower(session, as_json=as_json, is_brief=True)
    outcomes: Counter[str] = Counter()
    with _open(path) as stream, _progress(_count_queries(stream)) as on_progress:
        for queries in read_query_groups(stream, "stdin" if path is None else str(path)):
            for reply in session.ask(queries):
                show(reply)
                outcomes["failed" if reply.error else reply.answer.outcome.value] += 1
            # Whoever reads the pipe gets an answer as soon as there is one.
            sys.stdout.flush()
            on_progress(outcomes.total())
    counts = ", ".join(f"{name} {n:,}" for name, n in outcomes.items())
    print_message(f"{outcomes.total():,} queries: {counts}" if counts else "no queries")
    if n := outcomes["failed"]:
        raise UserError(f"{n:,} queries could not be answered; --json says why")


def _open(path: Path | None) -> AbstractContextManager[BinaryIO]:
    if path is None:
        return nullcontext(sys.stdin.buffer)
    return path.open("rb")


def _count_queries(stream: BinaryIO) -> int | None:
    """Count the lines that are not blank; None for a pipe, whose end nobody knows."""
    # A file of queries is counted for a bar; of a pipe only what was answered can be said.
    if not stream.seekable():
        return None
    start = stream.tell()
    n = sum(bool(line.strip()) for line in stream)
    # Counted ahead for the bar; the queries themselves are read from here.
    stream.seek(start)
    return n


@contextmanager
def _progress(n_all: int | None) -> Iterator[Callable[[int], None]]:
    """Show how many queries are answered, unless the answers themselves are on the screen."""
    if n_all is None or sys.stdout.isatty():
        with phase("", NEVER):
            yield lambda n_done: None
        return
    with bar("answering") as shown:
        yield lambda n_done: shown.update(n_done, n_all)


def _shower(session: ChatSession, *, as_json: bool, is_brief: bool) -> Show:
    """Give what prints a reply."""
    console = stdout()
    task, is_label = session.asking.task, session.asking.answer_format is None

    def show(reply: ChatReply) -> None:
        if as_json:
            print_result(json_line(reply, is_label=is_label))
        elif not is_brief:
            print_reply(console, reply, task, is_label=is_label)
        else:
            console.print(brief_text(reply, task, is_label=is_label))

    return show
