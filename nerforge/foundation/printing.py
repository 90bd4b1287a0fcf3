"""Texts of corpora and models, made fit to be shown."""


def printable(name: str) -> str:
    """Replace line ends, and control characters that no SVG may hold."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
