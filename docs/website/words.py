"""What pages of the reference say around what comes from the program, in both languages."""

from functools import cache
from pathlib import Path
from typing import Any

from nerforge.foundation.files.reading import read_yaml

Words = dict[str, Any]
"""Sentences, or lists and objects of them, by name."""


def words_of(page: str, language: str) -> Words:
    """Give the words of a page."""
    words: Words = _all()[page][language]
    return words


@cache
def _all() -> dict[str, Any]:
    return dict(read_yaml(Path(__file__).with_name("words.yaml")))
