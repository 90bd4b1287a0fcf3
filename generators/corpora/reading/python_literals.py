"""Cells in which programs wrote a list or an object as Python does."""

import ast
from typing import Any


def read_literal(text: str) -> Any:
    """Read a list, an object or another literal; literals alone are read, and nothing is run.

    Raises:
        ValueError: the text is none.
    """
    try:
        return ast.literal_eval(text.strip())
    except (TypeError, SyntaxError, MemoryError, RecursionError) as err:
        raise ValueError(f"no literal of Python: {err}") from err
