"""Grammars of the formats that repeat the sentence: it is copied, and tags are put around parts of it.

A rule stands for a place in the sentence and the tags that are open there. An entity may lie in another one
where the task's entities nest, but not in two: of 4,287 medical sentences of CMeEE none needs that.
"""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from nerforge.evaluation.constraints.copying import copied_forms
from nerforge.evaluation.constraints.grammar import Alternative, Grammar, Rule, letters
from nerforge.evaluation.constraints.sentence_values import NamedValue, SentenceValues
from nerforge.templates.answers.formats.inline_writer import Style
from nerforge.templates.answers.tagged.inline import BRACKETS, XML
from nerforge.templates.domain import Label, LabelSchema


class OpenTags(NamedTuple):
    """What is open at a place of the sentence; each open tag holds some words already."""

    rank: int = -1
    """The number of the last label of which a value was completed; they come in the schema's order."""
    tags: tuple[int, ...] = ()
    """The numbers of the open labels, the outer one first; -1 where a tag does not say its label."""
    is_first: bool = False
    """Whether the inner tag begins where the outer one does, and does not say its label."""
    only: int = -1
    """The label of the entity that is all that the open tag holds so far; -1 where it holds others."""


class InlineGrammar(ABC):
    """The grammar of the tagged copies of one sentence."""

    style: Style
    special: str
    """The characters with which what is escaped begins."""

    def __init__(self, text: str, schema: LabelSchema, values: SentenceValues) -> None:
        """Take the sentence, the labels, and what tags may hold besides the words of the sentence."""
        self.text = text
        self.schema = schema
        self.labels = schema.labels
        self.max_depth = 2 if schema.nested else 1
        self.grammar = Grammar()
        self._inferred = values.completed
        self._others: dict[int, list[NamedValue]] = defaultdict(list)
        for other in values.others:
            self._others[other.start].append(other)
        completed = (value for found in values.completed.values() for value in found)
        said = (text, *(other.value for other in values.others), *completed)
        self._has_special = any(c in part for part in said for c in self.special)

    def build(self, before: str = "") -> Grammar:
        """Give the grammar; ``before`` may stand before the answer."""
        return self.grammar.complete([(self._place(0, OpenTags()),)], before)

    @abstractmethod
    def _tags(self, at: int, opened: OpenTags) -> Iterator[Alternative]:
        """Yield the tags of mentions that may begin or end at a place, and what follows."""

    def _alternatives(self, at: int, opened: OpenTags, *, is_words: bool) -> Iterator[Alternative]:
        if is_words:
            if at == len(self.text) and not opened.tags:
                yield ()
            yield from self._words(at, opened)
        yield from self._tags(at, opened)
        if not opened.tags:
            yield from self._other_values(at, opened)

    def _place(self, at: int, opened: OpenTags, *, is_words: bool = True) -> Rule:
        """Give the rule of a place; without ``is_words`` a tag has to follow."""
        key = at, opened, is_words
        return self.grammar.rule(key, lambda: self._alternatives(at, opened, is_words=is_words))

    def _words(self, at: int, opened: OpenTags, before: Alternative = ()) -> Iterator[Alternative]:
        """Yield how the next words of the sentence may be copied, behind the tags ``before`` them."""
        for form in copied_forms(
            self.style, self.special, self.schema, self.text, at, inside=bool(opened.tags)
        ):
            behind = self._place(form.end, opened._replace(only=-1), is_words=not form.needs_tag)
            yield (*before, *letters(form.written), behind)

    def _other_values(self, at: int, opened: OpenTags) -> Iterator[Alternative]:
        """Yield normalised values in place of their mentions, and completed ones."""
        for other in self._others[at]:
            label = other.label
            yield (
                *self._opening(label),
                *self._value(other.value),
                *self._closing(label),
                self._place(other.end, opened),
            )
        for number, label in enumerate(self.labels):
            if number > opened.rank and self._inferred.get(label.name):
                behind = self._place(at, opened._replace(rank=number))
                yield (*self._opening(label), self._completed(number), *self._closing(label), behind)

    def _completed(self, number: int) -> Rule:
        values = self._inferred[self.labels[number].name]
        return self.grammar.rule(("completed", number), lambda: map(self._value, values))

    def _value(self, value: str) -> Alternative:
        return letters(self.style.escape(value, self.schema, inside=True))

    def _opening(self, label: Label) -> Alternative:
        return self._tag(self.style.opening(label))

    def _closing(self, label: Label) -> Alternative:
        return self._tag(self.style.closing(label))

    def _tag(self, tag: str) -> Alternative:
        return letters(tag) if self._has_special else (tag,)


class XmlGrammar(InlineGrammar):
    """``<label>`` and ``</label>``: what is open has a label."""

    style = XML
    special = "<&"

    def _tags(self, at: int, opened: OpenTags) -> Iterator[Alternative]:
        tags = opened.tags
        if tags:
            closing = self._closing(self.labels[tags[-1]])
            yield (*closing, self._place(at, opened._replace(tags=tags[:-1])))
        if len(tags) == self.max_depth:
            return
        for number, label in enumerate(self.labels):
            opening = self._opening(label)
            yield from self._words(at, opened._replace(tags=(*tags, number)), opening)
            if self.max_depth == 2 and not tags:
                # Of one label they would be one entity, if they end at one place as well.
                for inner in filter(number.__ne__, range(len(self.labels))):
                    both = (*opening, *self._opening(self.labels[inner]))
                    yield from self._words(at, opened._replace(tags=(number, inner)), both)


class BracketGrammar(InlineGrammar):
    """``[`` and ``|label]``: what is open has no label yet."""

    style = BRACKETS
    special = "[|\\"

    def _tags(self, at: int, opened: OpenTags) -> Iterator[Alternative]:
        tags = opened.tags
        if tags:
            behind = opened._replace(tags=tags[:-1], is_first=False, only=-1)
            if opened.is_first:
                for number, label in enumerate(self.labels):
                    yield (*self._closing(label), self._place(at, behind._replace(only=number)))
            else:
                yield self._any_closing(opened.only), self._place(at, behind)
        if len(tags) == self.max_depth:
            return
        opening = self._opening(self.labels[0])
        yield from self._words(at, opened._replace(tags=(*tags, -1), only=-1), opening)
        if self.max_depth == 2 and not tags:
            yield from self._words(at, opened._replace(tags=(-1, -1), is_first=True), opening * 2)

    def _any_closing(self, but: int) -> Rule:
        # [[肺|身体]|身体] would name one entity twice: the label of all that an entity holds is not its own.
        labels = [label for number, label in enumerate(self.labels) if number != but]
        return self.grammar.rule(("closing", but), lambda: map(self._closing, labels))
