"""The list of layouts in the help of a command."""

from collections.abc import Mapping
from textwrap import fill

_WIDTH = 76
"""Of a terminal of 80 columns, what help has beside its margins."""


def list_layouts(titles: Mapping[str, str]) -> str:
    r"""Give a line for each layout, or more where its title is long; ``\b`` before them keeps them apart."""
    lines = (
        fill(f"{name}: {title}", _WIDTH, initial_indent="  ", subsequent_indent="      ")
        for name, title in titles.items()
    )
    return "\n".join(lines)
