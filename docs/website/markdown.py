"""Pieces of Markdown: tables whose cells hold anything, code that holds backticks."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; line breaks and bars in cells do not break it."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(cell, line))} |" for line in lines) + "\n"


def cell(text: str) -> str:
    """Make text fit into a cell."""
    return " ".join(text.split()).replace("|", "&#124;")


def code(text: str) -> str:
    """Write text as code; a bar in it would end the cell of a table, so it is written as HTML."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("|", "&#124;")
    return f"<code>{escaped}</code>" if {"|", "`", "<"} & set(text) else f"`{text}`"


def prose(text: str) -> str:
    """Keep what looks like HTML from being read as such; double backticks are code, as single ones are."""
    parts = text.replace("``", "`").split("`")
    return "`".join(part if n % 2 else part.replace("<", "&lt;") for n, part in enumerate(parts))


def fence(text: str, language: str = "") -> str:
    """Write a block of code."""
    marks = "````" if "```" in text else "```"
    return f"{marks}{language}\n{text.rstrip()}\n{marks}\n"
