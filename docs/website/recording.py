"""A terminal as a picture: the README's first command, run on a terminal and drawn with its colours.

``python -m docs.website.recording`` writes ``docs/first-minute.svg`` anew; a test holds it to what is shown.
"""

import os
import pty
import re
import struct
import sys
import termios
from collections.abc import Sequence
from fcntl import ioctl
from itertools import accumulate
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "first-minute.svg"
COLUMNS = 100
FOLDER = Path("data") / "examples" / "first_minute"
ARGUMENTS = (
    *("score", "--task", "ccfbdci", "--gold", f"{FOLDER / 'gold.jsonl'}"),
    *("--pred", f"{FOLDER / 'generated_predictions.jsonl'}", "--errors", "2"),
)
SHOWN = (
    "$ uvx --from . nerforge score --task ccfbdci --gold data/examples/first_minute/gold.jsonl \\\n"
    "    --pred data/examples/first_minute/generated_predictions.jsonl --errors 2"
)
_SURPLUS = re.compile(r'@font-face \{.*?\}\s*|<!--.*?-->\s*| textLength="[^"]*"', re.DOTALL)
"""What is taken out of the picture: fonts that would be fetched, and widths."""


def record(arguments: Sequence[str]) -> str:
    """Run a command of nerforge on a terminal of ``COLUMNS`` columns; give what it wrote, with its colours.

    Raises:
        RuntimeError: the command failed.
    """
    child, terminal = pty.fork()
    if child == 0:
        environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS)}
        # Progress is drawn over; a picture has no time to show it.
        command = [sys.executable, "-m", "nerforge", *arguments, "--quiet"]
        os.chdir(ROOT)
        os.execve(sys.executable, command, environment)
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    written = b"".join(_read(terminal))
    _, status = os.waitpid(child, 0)
    if status:
        raise RuntimeError(f"nerforge {' '.join(arguments)}: ended with {os.waitstatus_to_exitcode(status)}")
    return written.decode("utf-8").replace("\r\n", "\n")


def _read(terminal: int) -> Sequence[bytes]:
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(terminal, 65536)
        # Linux says so when the other end of a terminal is closed.
        except OSError:
            return parts
        if not part:
            return parts
        parts.append(part)


def draw(shown: str, written: str) -> str:
    """Draw a command and what it wrote as SVG, in fonts that the reader's machine has."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True, highlight=False)
        console.print(Text(shown, style="bold"), soft_wrap=True)
        # Like a terminal, it breaks lines at the last column and not at a word.
        console.print(Text("\n").join(_broken(Text.from_ansi(written.rstrip("\n")))), soft_wrap=True)
        svg = console.export_svg(title="nerforge", theme=SVG_EXPORT_THEME, unique_id="first-minute")
    # rich takes the number of characters for their width, and would draw Chinese at half of it.
    return _SURPLUS.sub("", svg)


def _broken(text: Text) -> list[Text]:
    lines: list[Text] = []
    for line in text.split("\n"):
        cells = accumulate(map(cell_len, line.plain))
        # 250 cells end two lines: behind the characters that fill 100 and 200.
        rows = [n // (COLUMNS + 1) for n in cells]
        lines += line.divide([at for at in range(1, len(rows)) if rows[at] > rows[at - 1]])
    return lines


if __name__ == "__main__":
    PICTURE.write_text(draw(SHOWN, record(ARGUMENTS)), encoding="utf-8")
