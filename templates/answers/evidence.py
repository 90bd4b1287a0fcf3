"""What the sentence and the schema know of the words of an answer: values, labels, names of fields."""

import re
from enum import Enum
from functools import cache, cached_property

from nerforge.templates.domain import Label, LabelSchema
from nerforge.templates.mentions.folding import fold
from nerforge.templates.mentions.text_places import is_said
from nerforge.templates.words import AnswerWords


class Field(Enum):
    """What a field of an object or a column of a table holds."""

    TEXT = "text"
    LABEL = "label"
    OCCURRENCE = "occurrence"
    VERDICT = "verdict"
    REMARK = "remark"


_WORD_BOUND = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[\s\-]+")


def fold_key(key: str) -> str:
    """Reduce a field's name to snake case: ``entityText``, ``Entity Text`` and ``entity-text`` are one."""
    return _WORD_BOUND.sub("_", key.strip(" \t\r\n\"'“”‘’*`")).casefold()


@cache
def _fields(words: AnswerWords) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    for field in Field:
        for name in getattr(words.keys, field.value):
            fields.setdefault(fold_key(name), field)
    return fields


@cache
def _ranks(words: AnswerWords, field: Field) -> dict[str, int]:
    names = getattr(words.keys, field.value)
    return {fold_key(name): rank for rank, name in reversed(list(enumerate(names)))}


class Evidence:
    """Answers what the words of one answer may be."""

    def __init__(self, text: str, schema: LabelSchema) -> None:
        """Take the sentence and the labels."""
        self.text = text
        self.schema = schema
        self.words = schema.words
        self._labels: dict[str, Label | None] = {}
        self._fields: dict[str, Field | None] = {}
        self._ranks: dict[tuple[str, Field], int | None] = {}

    @cached_property
    def folded(self) -> str:
        """The sentence without width, case, spaces and kinds of punctuation."""
        return fold(self.text)

    def label(self, words: str) -> Label | None:
        """Give the label that some words name, and nothing else; or None."""
        if words not in self._labels:
            self._labels[words] = self.schema.from_variant(words)
        return self._labels[words]

    def says(self, value: str) -> bool:
        """Tell whether the sentence says a value, in whatever width, case and punctuation."""
        return is_said(value, self.text) or (bool(folded := fold(value)) and folded in self.folded)

    def is_nothing(self, value: str) -> bool:
        """Tell whether a value says that there is no entity, as 无 does where the sentence does not."""
        return fold(value) in _folded(self.words.nothing) and not is_said(value, self.text)

    def is_placeholder(self, value: str) -> bool:
        """Tell whether a value is what a prompt's example has in place of one."""
        return value in self.words.placeholders and not is_said(value, self.text)

    def field(self, key: str) -> Field | None:
        """Tell what a field of this name holds; of ``entity``, which may hold either, that it is a text."""
        if key not in self._fields:
            self._fields[key] = _fields(self.words).get(fold_key(key))
        return self._fields[key]

    def rank(self, key: str, field: Field) -> int | None:
        """Tell how well a name fits a field, 0 best; None where it does not."""
        if (key, field) not in self._ranks:
            self._ranks[key, field] = _ranks(self.words, field).get(fold_key(key))
        return self._ranks[key, field]


@cache
def _folded(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(fold, words))
