"""Escape untrusted text before it is shown: sentences of corpora, answers of models, names of files."""


def printable(name: str) -> str:
    """Replace line ends, and control characters that no SVG may hold."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
