"""The words that answers are made of besides labels and values, by language: ``zh.yaml``, ``en.yaml``.

A task's own ``task.yaml`` may add to every list under its key ``words``.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import yaml

Words = tuple[str, ...]


class FieldNames(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the fields of an entity are called: keys of objects, columns of tables."""

    text: Words = ()
    label: Words = ()
    occurrence: Words = ()
    """Which mention is meant, counted from 1."""
    remark: Words = ()
    """What says nothing of text or label: offsets, scores, explanations, translations."""
    verdict: Words = ()
    """Whether a candidate is an entity at all."""


class AnswerWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Words by their part in an answer."""

    keys: FieldNames = FieldNames()
    label_ends: Words = ()
    """What may stand behind the name of a label: 类实体 of 人名类实体."""
    label_starts: Words = ()
    """What may stand before it: ``a`` of ``a person``."""
    value_starts: Words = ()
    """What may stand before a value in a sentence."""
    value_ends: Words = ()
    """What may stand behind the last value of a list."""
    links: Words = ()
    """What links a value to its label, or a label to its values."""
    joins: Words = ()
    """What joins the last two items of a list."""
    affirmed: Words = ()
    """The verdict on a candidate that is an entity."""
    denied: Words = ()
    """The verdict on one that is none."""
    nothing: Words = ()
    """What stands for a value or a whole answer where there is no entity."""
    answers: Words = ()
    """What may stand before such a word: 答案 of 答案：无."""
    negations: Words = ()
    """Words that deny one of ``nouns`` that follows shortly."""
    nouns: Words = ()
    refusals: Words = ()
    """Words of an answer that refuses or doubts, and so denies nothing."""
    placeholders: Words = ()
    """What a prompt's example has in place of a value."""
    chatter: Words = ()
    """Patterns of words around an answer."""
    frame_tags: Words = ()
    """Names of tags that say nothing of entities: around a whole answer, of a list or a table."""
    emphasis_tags: Words = ()
    """Names of tags around words that something marks, without a label."""
    carrier_tags: Words = ()
    """Names of tags that name their label in an attribute."""
    turns: Words = ()
    """Who speaks in a conversation."""
    prompts: Words = ()
    """What stands before the sentence of a prompt."""
    restarts: Words = ()
    """What heads an answer behind a draft of it."""
    corrections: Words = ()
    """What a line holds that announces a corrected answer, and ends in a colon."""
    amendments: Words = ()
    """What such a head or line holds where it may amend a part of the answer."""
    more: Words = ()
    """What a line holds that announces further entities."""
    denials: Words = ()
    """What stands between a value and a label that it has not."""
    labels: tuple[Words, ...] = ()
    """Names of which each means the same label, where the task has a label with one of them."""

    def with_more(self, more: "AnswerWords") -> "AnswerWords":
        """Give these words and others."""
        words: AnswerWords = _joined(self, more)
        return words


def _joined(first: Any, second: Any) -> Any:
    if isinstance(first, tuple):
        return first + second
    fields = type(first).__struct_fields__
    return type(first)(*(_joined(getattr(first, name), getattr(second, name)) for name in fields))


def any_of(words: Words) -> str:
    """Give a pattern of any of some words, the longest first."""
    ordered = sorted(words, key=len, reverse=True)
    return (
        "|".join(rf"\b{re.escape(x)}\b" if x.isalpha() and x.isascii() else re.escape(x) for x in ordered)
        or "(?!)"
    )


def longest_first(word: str) -> tuple[int, str]:
    """Give a key that sorts the longest words first, and words of one length by their characters."""
    return -len(word), word


@cache
def casefolded(words: Words) -> frozenset[str]:
    """Give words as they are compared without regard to case."""
    return frozenset(map(str.casefold, words))


@cache
def default_words() -> AnswerWords:
    """Read the words of all languages: an answer may mix them."""
    # libyaml's loader is ten times faster than PyYAML's own.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    words = AnswerWords()
    for path in sorted(Path(__file__).parent.glob("*.yaml")):
        found = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
        words = words.with_more(msgspec.convert(found, AnswerWords))
    return words
