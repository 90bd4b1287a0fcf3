"""The grammar of the ``json`` and ``occurrence`` formats: an object a line for each entity."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from nerforge.evaluation.constraints.grammar import Alternative, Rule
from nerforge.evaluation.constraints.list_grammars import ListGrammar, json_letters
from nerforge.evaluation.constraints.sentence_values import NamedValue, SentenceValues
from nerforge.templates.answers.formats.native_lines import HEAD, MIDDLE, NUMBER
from nerforge.templates.domain import LabelSchema
from nerforge.templates.mentions.text_places import find_places
from nerforge.templates.mentions.value_search import find_mentions

_LONGEST_NUMBERED = 24
"""Characters of a numbered value that the sentence says more than once, or may say in other forms."""
_MAX_NUMBER = 9_999


class Reached(NamedTuple):
    """How far the values of an answer have come."""

    start: int = 0
    """The place at or behind which the next value begins."""
    rank: int = -1
    """The number of the last label of which a value was completed; they come in the schema's order."""
    but: int = -1
    """The label of the value before, where the next one has to begin at its place, and have another label."""


class LineGrammar(ListGrammar):
    """Lines in the order of the sentence; in ``occurrence`` each says which mention of its value it means."""

    def __init__(
        self, text: str, schema: LabelSchema, values: SentenceValues, *, is_numbered: bool = False
    ) -> None:
        """Take what any list does, and whether mentions are numbered."""
        self.is_numbered = is_numbered
        super().__init__(text, schema, values)
        self._pairs: dict[int, list[tuple[NamedValue, NamedValue]]] = defaultdict(list)
        if not is_numbered and not schema.nested:
            for inner, outer in _enclosed(values.named, self.numbers):
                self._pairs[outer.start].append((inner, outer))
        varied = [n for n, label in enumerate(self.labels) if is_numbered and label.normaliser]
        self._varied = frozenset(varied)
        """Labels whose values may be said in several forms, so that these decide the mention's number."""
        self._unique = [self._unique_end(at) for at in range(len(text))]

    def completions(self, values: SentenceValues) -> Mapping[str, tuple[str, ...]]:
        """Give the values that may be completed; a number tells a completed one from a mention."""
        return values.completed if self.is_numbered else super().completions(values)

    def _lists(self) -> Iterator[Alternative]:
        if self._has_next(Reached()):
            yield HEAD, self._line(Reached())

    def _has_next(self, reached: Reached) -> bool:
        return reached.start < len(self.text) or any(self.inferred[reached.rank + 1 :])

    def _line(self, reached: Reached) -> Rule:
        """Give the rule of a line from its value on."""

        def alternatives() -> Iterator[Alternative]:
            if reached.start < len(self.text):
                yield (self._mention(reached),)
            for number in range(reached.rank + 1, len(self.labels)):
                if self.inferred[number]:
                    behind = self._behind(reached._replace(rank=number))
                    yield self.completed(number), MIDDLE, self._end(number, 0), behind

        return self.grammar.rule(("line", reached), alternatives)

    def _behind(self, reached: Reached, label: int = -1) -> Rule:
        """Give the rule behind a line; ``label`` where another line may name an entity of the same start."""

        def alternatives() -> Iterator[Alternative]:
            yield ()
            after = reached._replace(start=reached.start + 1) if label >= 0 else reached
            if self._has_next(after):
                yield f"\n{HEAD}", self._line(after)
            if label >= 0 and len(self.labels) > 1:
                yield f"\n{HEAD}", self._value(reached._replace(but=label))

        return self.grammar.rule(("behind", reached, label), alternatives)

    def _mention(self, reached: Reached) -> Rule:
        """Give the rule of a value that begins at a place or behind it."""

        def alternatives() -> Iterator[Alternative]:
            yield (self._value(reached),)
            if reached.start + 1 < len(self.text):
                yield (self._mention(reached._replace(start=reached.start + 1)),)

        return self.grammar.rule(("mention", reached), alternatives)

    def _value(self, reached: Reached) -> Rule:
        """Give the rule of a value that begins at a place, and of the rest of the answer."""

        def alternatives() -> Iterator[Alternative]:
            start = reached.start
            if self.is_numbered and self._longest_numbered(start):
                yield *self.character(start), self._numbered(reached, 1)
            unique = self._unique[start]
            if unique <= len(self.text):
                yield from self._run(reached, unique)
            yield from self._with_parents(reached)
            for other in self.others[start]:
                number = self.numbers[other.label.name]
                mention = self._mention_number(number, other.value, start)
                if number != reached.but and mention:
                    behind = self._after(reached, other.end, number)
                    yield *json_letters(other.value), MIDDLE, self._end(number, mention), behind

        return self.grammar.rule(("value", reached), alternatives)

    def _with_parents(self, reached: Reached) -> Iterator[Alternative]:
        """Yield names whose parent they say themselves: 济宁高新区供电公司 begins with the City 济宁."""
        for inner, outer in self._pairs[reached.start]:
            behind = self._behind(Reached(outer.end, reached.rank))
            first = *json_letters(inner.value), MIDDLE, self._end(self.numbers[inner.label.name], 0)
            second = *json_letters(outer.value), MIDDLE, self._end(self.numbers[outer.label.name], 0)
            yield *first, f"\n{HEAD}", *second, behind

    def _run(self, reached: Reached, end: int) -> Iterator[Alternative]:
        """Yield the runs from a place to ``end`` or further, which the sentence says once."""
        begun = tuple(part for at in range(reached.start, end) for part in self.character(at))
        if not self.schema.nested:
            yield *begun, self._within(reached._replace(start=end))
            return
        labels = self._labelled(reached, end)
        yield *begun, MIDDLE, labels
        if end < len(self.text):
            yield *begun, self.run(end), MIDDLE, labels

    def _within(self, reached: Reached) -> Rule:
        """Give the rule of the rest of a run, and of the answer; where entities do not nest."""

        def alternatives() -> Iterator[Alternative]:
            if reached.start < len(self.text):
                yield *self.character(reached.start), self._within(reached._replace(start=reached.start + 1))
            yield MIDDLE, self._any_label(), self._behind(reached)

        return self.grammar.rule(("within", reached), alternatives)

    def _any_label(self, but: int = -1) -> Rule:
        """Give the rule of a label of a run that is said once, and of the end of the line."""
        labels = (n for n in range(len(self.labels)) if n != but and n not in self._varied)
        return self.grammar.rule(("label", but), lambda: ((self._end(number, 1),) for number in labels))

    def _labelled(self, reached: Reached, end: int) -> Rule:
        """Give the rule of the label of a run that is said once, and of the rest; where entities nest."""
        behind = self._behind(Reached(reached.start + 1, reached.rank))
        is_plain = not self.is_numbered and not self.others[reached.start]

        def alternatives() -> Iterator[Alternative]:
            if reached.but >= 0:
                yield self._any_label(reached.but), behind
            elif is_plain:
                # The usual case, in which the second entity of a start needs no rules of its own.
                yield self._any_label(), behind
                second = f"\n{HEAD}", self.run(reached.start), MIDDLE
                yield from (
                    (self._end(n, 1), *second, self._any_label(n), behind) for n in range(len(self.labels))
                )
            else:
                for number in range(len(self.labels)):
                    if number not in self._varied:
                        yield self._end(number, 1), self._after(reached, end, number)

        return self.grammar.rule(("labelled", reached), alternatives)

    def _numbered(self, reached: Reached, size: int) -> Rule:
        """Give the rule behind the first characters of a value whose number of mention depends on them."""

        def alternatives() -> Iterator[Alternative]:
            end = reached.start + size
            if size < self._longest_numbered(reached.start):
                yield *self.character(end), self._numbered(reached, size + 1)
            value = self.text[reached.start : end]
            for number in range(len(self.labels)):
                is_here = number in self._varied or end < self._unique[reached.start]
                mention = self._mention_number(number, value, reached.start) if is_here else 0
                if mention and number != reached.but:
                    yield MIDDLE, self._end(number, mention), self._after(reached, end, number)

        return self.grammar.rule(("numbered", reached, size), alternatives)

    def _after(self, reached: Reached, end: int, label: int) -> Rule:
        if not self.schema.nested:
            return self._behind(Reached(end, reached.rank))
        if reached.but >= 0:
            return self._behind(Reached(reached.start + 1, reached.rank))
        return self._behind(reached, label)

    def _end(self, label: int, mention: int) -> str:
        """Write a line from its label on."""
        name = json.dumps(self.labels[label].answer, ensure_ascii=False)[1:-1]
        return f"{name}{NUMBER}{mention}}}" if self.is_numbered else f'{name}"}}'

    def _mention_number(self, label: int, value: str, start: int) -> int:
        """Count the mentions of a value up to the one that begins at ``start``; 0 where none does."""
        if not self.is_numbered:
            return 1
        spans = find_mentions(self.labels[label], value, self.text)
        number = next((n for n, span in enumerate(spans, 1) if span[0] == start), 0)
        return number if number <= _MAX_NUMBER else 0

    def _unique_end(self, start: int) -> int:
        """Give the end of the shortest run from a place that the text says once; beyond its end for none."""
        if not self.is_numbered:
            return start + 1
        if len(self._varied) == len(self.labels):
            return len(self.text) + 1
        for end in range(start + 1, min(start + _LONGEST_NUMBERED, len(self.text)) + 1):
            places = find_places(self.text[start:end], self.text)
            if next(places) == start and next(places, None) is None:
                return end
        return len(self.text) + 1

    def _longest_numbered(self, start: int) -> int:
        """Give the length of the longest run from a place whose number depends on it; 0 for none."""
        left = len(self.text) - start
        repeated = self._unique[start] - start - 1
        if len(self._varied) == len(self.labels):
            repeated = 0
        return min(left, max(min(repeated, _LONGEST_NUMBERED), _LONGEST_NUMBERED if self._varied else 0))


def _enclosed(
    named: Iterable[NamedValue], numbers: Mapping[str, int]
) -> Iterator[tuple[NamedValue, NamedValue]]:
    """Yield values that may be completed and lie within a name of a later label, with this name."""
    listed = list(named)
    for outer in listed:
        for inner in listed:
            is_earlier = inner.label.inferable and numbers[inner.label.name] < numbers[outer.label.name]
            if is_earlier and outer.start <= inner.start and inner.end <= outer.end:
                yield inner, outer
