"""What Label Studio writes of annotations and of predictions alike: results, and the text they are of."""

from collections.abc import Iterable
from typing import Any

import msgspec

from nerforge.foundation.errors import UserError


class SpanValue(msgspec.Struct, omit_defaults=True):
    """A span; offsets count characters, end exclusive."""

    start: int
    end: int
    text: str | None = None
    labels: list[str] = []


class SpanResult(msgspec.Struct):
    """A result of a task, of whatever type."""

    type: str
    value: Any = None
    to_name: str = ""
    score: float | None = None
    """How sure a model is of it."""


def choose_text(texts: dict[str, str], names: Iterable[str], where: str) -> str:
    """Choose the sentence: what results point to, what is named text, or the only text there is.

    Args:
        texts: The texts of a task by name.
        names: What its results point to.
        where: The task's place, for the error.

    Raises:
        UserError: nothing tells which text is meant.
    """
    for name in (*names, "text"):
        if name in texts:
            return texts[name]
    if len(texts) != 1:
        found = f"texts named {', '.join(texts)}" if texts else "no text"
        raise UserError(f"{where}: found {found}; expected one text, or one that is named text")
    return next(iter(texts.values()))
