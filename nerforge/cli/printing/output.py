"""How results are printed: tables to stdout, progress and messages to stderr.

rich costs a fifth of a second of CPU, so it is imported when something is shown, not for ``--help``.
"""

import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerforge.cli.printing.phase_display import hosted
from nerforge.cli.printing.volume import is_quiet
from nerforge.foundation.files.writing import to_json
from nerforge.foundation.phases import NEVER, Phase, phase
from nerforge.foundation.printing import printable_json
from nerforge.templates.tasks import Task

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from rich.text import Text

    from nerforge.generators.manifests.manifest import Manifest
    from nerforge.generators.manifests.split_counts import EntitySplit, SlotSplit

PIPE_WIDTH = 100
"""Columns of output that no terminal limits."""
_SECONDS_A_LINE = 60
_TAG_STYLES = ("cyan", "magenta", "yellow", "green", "blue", "red")


def stdout() -> "Console":
    """Give the console for results; a file or a pipe has room for whole tables."""
    from nerforge.cli.printing.escaping_console import EscapingConsole

    console = EscapingConsole()
    # Where colours are forced, it is a terminal that shows them, and COLUMNS is its width.
    if not console.is_terminal:
        console.width = max(console.width, PIPE_WIDTH)
    return console


def stderr() -> "Console":
    """Give the console for progress and messages; it prints nothing where errors alone are wanted."""
    from nerforge.cli.printing.escaping_console import EscapingConsole

    return EscapingConsole(stderr=True, quiet=is_quiet())


def print_json(value: Any) -> None:
    """Print a value as JSON: in UTF-8, or in ASCII where stdout is of another encoding."""
    print(json_text(to_json(value).decode()), end="")


def json_text(document: str) -> str:
    """Write out in a JSON document what cannot be seen, and what the encoding of stdout may lack."""
    # An escape that is not JSON's, as streams put it, would break the document.
    # A stdout that is closed has no encoding; nothing is written to it.
    encoding = getattr(sys.stdout, "encoding", None) or ""
    is_ascii = not encoding.lower().replace("-", "").startswith("utf8")
    return printable_json(document, is_ascii=is_ascii)


def print_manifest(
    manifest: "Manifest[object, object, EntitySplit | SlotSplit]", out: Path, findings: Iterable[str]
) -> None:
    """Print what a dataset directory holds, and all that was dropped on the way.

    Args:
        manifest: The dataset directory's manifest.
        out: Where it is.
        findings: Lines on where the samples came from.
    """
    from rich.table import Table

    table = Table("split", "samples", "without entities", "entities", box=None, header_style="bold")
    for name, split in manifest.splits.items():
        entities = sum(split.entities.values())
        table.add_row(name, str(split.samples), str(split.without_entities), str(entities))
    console = stdout()
    console.print(f"task {manifest.task}, answers as {manifest.answer_format}, in {out}", markup=False)
    console.print(table)
    for line in (*findings, *_remarks(manifest.splits)):
        console.print(line, markup=False)


def _remarks(splits: "Mapping[str, EntitySplit | SlotSplit]") -> Iterator[str]:
    for name, split in splits.items():
        if not split.samples:
            yield f"{name}: no samples, so there are no files for it"
        for reason, n in split.dropped.items():
            yield f"{name}: {n} samples dropped, the answer format cannot carry them: {reason}"
        if n := split.offsets_not_recoverable:
            yield f"{name}: {n} samples whose answers do not say which of several mentions is meant"


def tagged(output: str, task: Task) -> "Text":
    """Colour the inline tags of an answer."""
    from rich.text import Text

    text = Text(output)
    for position, label in enumerate(task.schema.labels):
        text.highlight_regex(f"</?{label.answer}>", _TAG_STYLES[position % len(_TAG_STYLES)])
    return text


class Bar:
    """A progress bar on stderr; where stderr is no terminal, a line now and then."""

    def __init__(self, label: str) -> None:
        """Prepare a bar that shows nothing yet."""
        self.label = label
        self.console = stderr()
        self.progress = _progress(self.console)
        self.task = self.progress.add_task(label, total=None, note="")
        self.tenth = -1
        self.said = 0.0
        self.first: tuple[float, int] | None = None
        self.phase: Phase | None = None

    def update(self, done: int, total: int, note: str = "", time_left: str = "") -> None:
        """Show that ``done`` of ``total`` are done; what was done before the first call took no time."""
        if self.phase is not None:
            # From here on the bar says what is being done.
            self.phase.rename("", NEVER)
        self.progress.update(self.task, completed=done, total=total, note=note)
        now = time.monotonic()
        # What an earlier run has done tells nothing of the speed of this one.
        self.first = self.first or (now, done)
        tenth = 10 * done // max(total, 1)
        # A log gets ten lines of quick work, and a line a minute of slow work.
        if not self.console.is_interactive and (tenth != self.tenth or now - self.said > _SECONDS_A_LINE):
            self.tenth, self.said = tenth, now
            # LLaMA-Factory's own estimate, where the caller has it, knows the speed of all steps.
            time_left = time_left or self._time_left(now, done, total)
            parts = (f"{self.label}: {done}/{total}", note, f"{time_left} left" if time_left else "")
            self.console.print("  ".join(filter(None, parts)), markup=False)

    def _time_left(self, now: float, done: int, total: int) -> str:
        """Guess the time left from the speed so far; nothing where there is none."""
        start, n_before = self.first or (now, done)
        if not n_before < done < total:
            return ""
        seconds = round((now - start) * (total - done) / (done - n_before))
        return str(timedelta(seconds=seconds)) if seconds else ""

    def status(self, note: str) -> None:
        """Show a note behind the bar; only a terminal shows it."""
        # The rest of the line is label, bar and time left.
        self.progress.update(self.task, note=note[: max(self.console.width - 60, 20)])

    def show_phase(self, name: str | None) -> None:
        """Show what is being done before the bar moves, in place of its label; None to show that again."""
        self.progress.update(self.task, description=name or self.label)


def _progress(console: "Console") -> "Progress":
    """Make the drawn bar; it draws nothing where the console is no terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        # Lines of a training and names of files stand here, and "[INFO|trainer]" is no markup.
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        console=console,
        disable=not console.is_interactive,
    )


@contextmanager
def bar(label: str, doing: str | None = None) -> Iterator[Bar]:
    """Show a bar while the block runs.

    Args:
        label: What is counted.
        doing: What is done before the bar moves, if not what ``label`` says.
    """
    shown = Bar(label)
    is_drawn = shown.console.is_interactive
    with hosted(shown) if is_drawn else nullcontext(), phase(doing or label) as begun:
        shown.phase = begun
        # Some versions of rich print an empty line for a bar that is off.
        with shown.progress if is_drawn else nullcontext():
            yield shown
