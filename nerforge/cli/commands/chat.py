"""``nerforge chat``: a trained model answers queries, each on its own."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from nerforge.cli.options.model_options import ChosenModel, model_options
from nerforge.cli.printing.output import bar, stdout
from nerforge.evaluation.chatting.asking_of_rows import AskedFor, read_asking_of_rows
from nerforge.evaluation.chatting.chat_requests import ChatRequests, data_of_run, read_asking
from nerforge.evaluation.chatting.lines import read_query_groups
from nerforge.evaluation.engines import load_engine
from nerforge.evaluation.predicting.requests import own_set
from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.phases import AT_ONCE, NEVER, phase
from nerforge.templates.answers import FORMATS

if TYPE_CHECKING:
    from nerforge.evaluation.chatting.session import ChatSession, Reply

_PROMPT = "> "
Show = Callable[["Reply"], None]


@click.command()
@model_options(needed="data")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Dataset directory whose prompt is asked with.  [default: the run's]",
)
@click.option(
    "--dataset",
    metavar="NAME",
    help="Without a manifest: the entry of dataset_info.json that shows how to ask.  [default: for training]",
)
@click.option(
    "--task",
    metavar="NAME|FILE.yaml",
    help="Without a manifest: whose labels the answers have.  [default: as the rows' answers look]",
)
@click.option(
    "--format",
    "answer_format",
    type=click.Choice(sorted(FORMATS)),
    help="Without a manifest: how answers are written.  [default: as the rows' answers look]",
)
@click.option(
    "--input",
    "input_file",
    type=click.Path(path_type=Path),
    help="File of queries, a line each.  [default: what is typed or piped in]",
)
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each query.")
def command(
    chosen: ChosenModel,
    data: Path | None,
    dataset: str | None,
    task: str | None,
    answer_format: str | None,
    input_file: Path | None,
    as_json: bool,
) -> None:
    """Tag queries as they come: nothing of a query is kept for the next. Ctrl-D ends it."""
    from nerforge.evaluation.chatting.session import ChatSession

    if data is None:
        assert chosen.run is not None
        data = data_of_run(chosen.run.folder)
    if input_file is not None and (input_file.is_dir() or not input_file.exists()):
        raise UserError(f"{input_file}: no such file of queries")
    with phase(f"reading how {data} asks"):
        asking = _read_asking(data, AskedFor(dataset, task, answer_format))
    for note in asking.notes:
        click.echo(note, err=True)
    with phase(f"loading {chosen.spec.model}", AT_ONCE):
        session = ChatSession(asking, load_engine(chosen.engine, chosen.spec))
    if input_file is None and sys.stdin.isatty():
        with phase("", NEVER):
            converse(session, as_json=as_json)
    else:
        answer_lines(session, input_file, as_json=as_json)


def _read_asking(data: Path, asked: AskedFor) -> ChatRequests:
    own = own_set(data, asked.dataset or "train")
    if own is not None and asked._replace(dataset=None).is_given:
        raise UsageError(f"{own.path}: has a manifest; leave out --task and --format")
    return read_asking_of_rows(data, asked) if own is None else read_asking(own.path)


def converse(session: "ChatSession", *, as_json: bool) -> None:
    """Answer what is typed until ``exit``, ``quit``, Ctrl-D or Ctrl-C."""
    show = _shower(session, as_json=as_json, is_brief=False)
    with suppress(ImportError):
        import readline  # noqa: F401  (input edits lines with it)
    click.echo(_HELP, err=True)
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
    click.echo(err=True)


def _clear() -> None:
    click.clear()
    click.echo("there is no history to clear: each query is asked on its own", err=True)


_HELP = "a query a line; clear, help, and exit or quit (Ctrl-D too)"
_ENDS = ("exit", "quit")
_COMMANDS: dict[str, Callable[[], None]] = {"clear": _clear, "help": lambda: click.echo(_HELP, err=True)}


def _typed() -> Iterator[str]:
    while True:
        try:
            query = input(_PROMPT).strip()
            query.encode()
        except EOFError:
            return
        except UnicodeError:
            click.echo("not UTF-8; check the terminal's encoding", err=True)
            continue
        if query:
            yield query


def answer_lines(session: "ChatSession", path: Path | None, *, as_json: bool) -> None:
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
            sys.stdout.flush()
            on_progress(outcomes.total())
    counts = ", ".join(f"{name} {n:,}" for name, n in outcomes.items())
    click.echo(f"{outcomes.total():,} queries: {counts}" if counts else "no queries", err=True)
    if n := outcomes["failed"]:
        raise UserError(f"{n:,} queries could not be answered; --json says why")


def _open(path: Path | None) -> AbstractContextManager[BinaryIO]:
    if path is None:
        return nullcontext(sys.stdin.buffer)
    return path.open("rb")


def _count_queries(stream: BinaryIO) -> int | None:
    """Count the lines that are not blank; None for a pipe, whose end nobody knows."""
    if not stream.seekable():
        return None
    start = stream.tell()
    n = sum(bool(line.strip()) for line in stream)
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


def _shower(session: "ChatSession", *, as_json: bool, is_brief: bool) -> Show:
    """Give what prints a reply."""
    from nerforge.cli.printing.chat_output import brief_text, json_line, print_reply

    console = stdout()
    task, is_label = session.asking.task, session.asking.answer_format is None

    def show(reply: "Reply") -> None:
        if as_json:
            click.echo(json_line(reply, is_label=is_label))
        elif not is_brief:
            print_reply(console, reply, task, is_label=is_label)
        else:
            console.print(brief_text(reply, task, is_label=is_label))

    return show
