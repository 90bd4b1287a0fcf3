"""Where entities stand in an answer: what opens each, its value, its label, and what closes it.

The account of an answer (``Answer.parts``) says which characters are values and labels, but not whose. In
every format the entities come in the order of the answer or, where labels head lists, of the sentence, so two
mentions of one name with one label are told apart by their order.
"""

import html
import json
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice, takewhile
from typing import NamedTuple

from nerforge.templates.domain import Answer, AnswerPart, Entity, LabelSchema, PartKind
from nerforge.templates.mentions.folding import fold

Span = tuple[int, int]

# Between the pieces of a value that holds a nested entity stand tags and nothing else: 上海<b>浦东</b>机场.
_ONLY_TAGS = re.compile(r"(?:</?[^<>\n]{1,40}>|\[|\|[^\[\]|\n]{1,40}\])+")
_MAX_PIECES = 16
"""Pieces that nested entities may divide a value into."""
# What says that an entity begins: <地点> or [ of the inline formats, and of the others the line break, the
# brace with its key, the bracket or the comma before a string.
_OPENING_TAGS = re.compile(r"(?:<[^<>\n]{1,40}>|\[)+\Z")
_OPENING_OBJECT = re.compile(r'(?:\n?\{\s*"[^"\n]{0,40}"\s*:\s*|,\s*|\[\s*)?"?\Z')
_TAG_SIGNS = re.compile(r"[<>\[\]|]")
_CLOSING_NAME = re.compile(r"</([^<>\n]{1,40})>|\|([^\[\]|\n]{1,40})\]")
_OPENING_NAME = re.compile(r"<([^<>/\n]{1,40})>\Z")
_LOOK_BACK = 100
"""Characters in which an opening is looked for."""
# What says that it ends, behind value and label: > or ], or the string's quote with the rest of its object.
_CLOSING = re.compile(r'</[^<>\n]{1,40}>|[>\]]|"?\s*(?:,\s*"[^"\n]{1,40}"\s*:\s*"?\w{0,20}"?\s*)*\}|"[,\]]?')


class EntityPlace(NamedTuple):
    """Characters of an answer, end exclusive."""

    start: int
    """Of what opens the entity."""
    value: Span
    label: Span
    """Before ``start`` where it heads a list of values."""
    end: int
    """Of what closes it."""

    @property
    def spans(self) -> tuple[Span, ...]:
        """What the entity takes of the answer: one span, or two where its label heads a list."""
        whole = (self.start, self.end)
        return (whole,) if self.start <= self.label[0] < self.end else (self.label, whole)


def locate_entities(answer: Answer, text: str, schema: LabelSchema) -> list[EntityPlace | None]:
    """Find each entity of an answer in its text; None for one whose characters do not say it as it was read.

    Args:
        answer: As it was read from ``text``.
        text: What the model wrote.
        schema: The labels.
    """
    if not answer.entities:
        return []
    parts = _NamedParts(answer.parts, text, schema)
    return [parts.take(entity) for entity in answer.entities]


class _NamedParts:
    """The values and labels of an answer, each of which one entity takes."""

    def __init__(self, parts: Sequence[AnswerPart], text: str, schema: LabelSchema) -> None:
        self._text = text
        self._schema = schema
        self._values = [(part.start, part.end) for part in parts if part.kind is PartKind.VALUE]
        self._labels = [at for part in parts if part.kind is PartKind.LABEL for at in _names(part, text)]
        # The label of {"地点": ["北京"]} leads, that of <地点>北京</地点> follows.
        self._leads = bool(self._labels and self._values and self._labels[0] < self._values[0])
        self._taken: set[tuple[Span, Span]] = set()
        self._label_at: dict[tuple[Span, str], Span | None] = {}
        self._by_words: dict[str, list[Span]] = defaultdict(list)
        for span, words in sorted(self._spelt(), key=lambda found: found[1] != text[slice(*found[0])]):
            for form in _forms(words):
                self._by_words[form].append(span)

    def take(self, entity: Entity) -> EntityPlace | None:
        """Give the first place of an entity that no other has taken."""
        for value in (*self._by_words.get(entity.text, ()), *self._by_words.get(fold(entity.text), ())):
            key = value, entity.label
            if key not in self._label_at:
                self._label_at[key] = self._label_of(*key)
            label = self._label_at[key]
            if label is not None and (value, label) not in self._taken:
                self._taken.add((value, label))
                return self._place(value, label)
        return None

    def _spelt(self) -> Iterator[tuple[Span, str]]:
        """Yield each value, and each run of values that only tags divide."""
        for first, (start, end) in enumerate(self._values):
            words = self._text[start:end]
            yield (start, end), words
            for piece in self._values[first + 1 : first + _MAX_PIECES]:
                if not _ONLY_TAGS.fullmatch(self._text, end, piece[0]):
                    break
                end = piece[1]
                words += self._text[slice(*piece)]
                yield (start, end), words

    def _label_of(self, value: Span, name: str) -> Span | None:
        if self._leads:
            last = bisect_right(self._labels, value) - 1
            return self._labels[last] if last >= 0 and self._means(self._labels[last], name) else None
        next_value = bisect_left(self._values, (value[1],))
        reach = self._values[next_value][0] if next_value < len(self._values) else len(self._text)
        first = bisect_left(self._labels, (value[1],))
        behind = takewhile(lambda label: label[0] < reach, islice(self._labels, first, None))
        return next((label for label in behind if self._means(label, name)), self._opened(value, name))

    def _opened(self, value: Span, name: str) -> Span | None:
        """Give the label in the tag before a value, which counts where another label closes it."""
        tag = _OPENING_NAME.search(self._text, max(0, value[0] - _LOOK_BACK), value[0])
        return tag.span(1) if tag and self._means(tag.span(1), name) else None

    def _means(self, at: Span, name: str) -> bool:
        label = self._schema.from_variant(_forms(self._text[slice(*at)])[-1])
        return label is not None and label.name == name

    def _place(self, value: Span, label: Span) -> EntityPlace:
        last = max(value[1], label[1])
        closing = _CLOSING.match(self._text, last)
        return EntityPlace(self._opening(value, label), value, label, closing.end() if closing else last)

    def _opening(self, value: Span, label: Span) -> int:
        low = max(0, value[0] - _LOOK_BACK)
        before = self._text[low : value[0]]
        # Of <a><b>, which opens two entities at once, each has its own tag.
        own = f"<{self._text[slice(*label)]}>"
        tags = _OPENING_TAGS.search(before)
        if tags and not self._leads:
            at = before.rfind(own, tags.start())
            return low + (at if at >= 0 else tags.start())
        found = _OPENING_OBJECT.search(before)
        return low + found.start() if found else value[0]


def _names(part: AnswerPart, text: str) -> Iterator[Span]:
    """Yield the names of labels in a part, which may be a closing tag and the opening one of the next."""
    if not _TAG_SIGNS.search(text, part.start, part.end):
        yield part.start, part.end
    for found in _CLOSING_NAME.finditer(text, part.start, part.end):
        yield found.span(found.lastindex or 0)


def _forms(words: str) -> list[str]:
    """Give words as they stand, without escapes, and folded as values are compared."""
    forms = [words]
    if "\\" in words:
        try:
            forms.append(str(json.loads(f'"{words}"')))
        except ValueError:
            # No string of JSON: a backslash of the sentence.
            forms.append(words)
    if "&" in words:
        forms.append(html.unescape(words))
    return list(dict.fromkeys((*forms, fold(forms[-1])))) if forms[-1] else forms
