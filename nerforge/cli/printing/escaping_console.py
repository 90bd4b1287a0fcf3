"""The console of rich, so that nothing untrusted acts on the terminal."""

import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from nerforge.foundation.printing import printable_lines


class EscapingConsole(Console):
    """Writes out control characters of what it prints; takes neither ``[bold]`` nor ``:cat:`` for its own."""

    def __init__(self, *, stderr: bool = False, quiet: bool = False) -> None:
        """Open it on stdout or stderr; a quiet one prints nothing."""
        # rich would colour numbers and break long lines, which a script that reads them would have to join.
        # It takes a pipe for a terminal where FORCE_COLOR is set; bars that move belong to a real one.
        stream = sys.stderr if stderr else sys.stdout
        super().__init__(
            stderr=stderr,
            quiet=quiet,
            highlight=False,
            soft_wrap=True,
            markup=False,
            emoji=False,
            force_interactive=stream is not None and not quiet and stream.isatty(),
        )

    def render_str(self, text: str, **options: Any) -> Text:
        """Escape before columns are measured: what is written out takes more of them."""
        return super().render_str(_escaped(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Escape what callers made a ``Text`` of themselves; the console's own codes stay."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable() or segment.text == "\n":
                yield segment
            else:
                yield Segment(_escaped(segment.text), segment.style)


def _escaped(text: str) -> str:
    # rich itself turns a tab into blanks.
    return "\t".join(map(printable_lines, text.split("\t")))
