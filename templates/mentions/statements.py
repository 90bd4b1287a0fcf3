"""What an answer states, before it is found in the sentence."""

from typing import NamedTuple

from nerforge.templates.domain import Grounding, Label

LOOP_LENGTH = 5
"""So many surplus repeats of one entity are a model caught in a loop."""


class Statement(NamedTuple):
    """An entity as an answer names it, not yet found in the sentence."""

    label: Label
    value: str
    occurrence: int | None = None
    """Which mention is meant, counted from 1 by start; 0 for none; None where the answer does not say."""
    group: str = ""
    """Statements of one group stand in the order of the sentence."""
    span: tuple[int, int] | None = None
    """Where the format itself tells that the entity stands; None where its value is to be looked for."""
    grounding: Grounding | None = None
    """How the entity was found there; None exactly when ``span`` is."""
    value_at: tuple[int, int] | None = None
    """Where the value stands in the body of the answer."""
    label_at: tuple[int, int] | None = None
    """Where its label does; statements under one heading share it."""


def excerpt(text: str) -> str:
    """Shorten a piece of an answer for a problem's detail."""
    return text if len(text) <= 80 else text[:77] + "..."
