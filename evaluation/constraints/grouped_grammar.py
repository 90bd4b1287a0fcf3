"""The grammar of the ``grouped`` format: one object that lists the values of each label."""

import json
from collections.abc import Iterator

from nerforge.evaluation.constraints.grammar import Alternative, Rule
from nerforge.evaluation.constraints.list_grammars import ListGrammar, json_letters

_END, _NEXT = '"]', '", "'


class GroupedGrammar(ListGrammar):
    """Labels in the schema's order; within one the values in the sentence's order."""

    def _lists(self) -> Iterator[Alternative]:
        yield from self._groups("{", 0)

    def _groups(self, before: str, first: int) -> Iterator[Alternative]:
        for number in range(first, len(self.labels)):
            if self.text or self.inferred[number]:
                name = json.dumps(self.labels[number].answer, ensure_ascii=False)
                yield f'{before}{name}: ["', self._values(number), self._behind(number)

    def _behind(self, number: int) -> Rule:
        def alternatives() -> Iterator[Alternative]:
            yield ("}",)
            yield from self._groups(", ", number + 1)

        return self.grammar.rule(("group", number), alternatives)

    def _values(self, number: int) -> Rule:
        """Give the rule of a label's list: a completed value stands before those that the sentence says."""
        is_plain = not self.inferred[number] and not any(
            other.label is self.labels[number] for others in self.others.values() for other in others
        )
        if is_plain:
            return self._next(0, -1)

        def alternatives() -> Iterator[Alternative]:
            if self.text:
                yield (self._next(0, number),)
            if self.inferred[number]:
                yield self.completed(number), _END
            if self.text and self.inferred[number]:
                yield self.completed(number), _NEXT, self._next(0, number)

        return self.grammar.rule(("list", number), alternatives)

    def _next(self, at: int, number: int) -> Rule:
        """Give the rule of the values from a place on; labels without values of their own share it as -1."""

        def alternatives() -> Iterator[Alternative]:
            if self.schema.nested:
                yield *self.character(at), self._end(at + 1, number)
                if at + 1 < len(self.text):
                    yield *self.character(at), self.run(at + 1), self._end(at + 1, number)
            else:
                yield *self.character(at), self._within(at + 1, number)
            for other in self.others[at] if number >= 0 else ():
                if other.label is self.labels[number]:
                    end = at + 1 if self.schema.nested else other.end
                    yield *json_letters(other.value), self._end(end, number)
            if at + 1 < len(self.text):
                yield (self._next(at + 1, number),)

        return self.grammar.rule(("next", at, number), alternatives)

    def _within(self, at: int, number: int) -> Rule:
        def alternatives() -> Iterator[Alternative]:
            if at < len(self.text):
                yield *self.character(at), self._within(at + 1, number)
            yield (self._end(at, number),)

        return self.grammar.rule(("within", at, number), alternatives)

    def _end(self, at: int, number: int) -> Rule:
        """Give the rule behind a value, where the next begins at a place or behind it."""

        def alternatives() -> Iterator[Alternative]:
            yield (_END,)
            if at < len(self.text):
                yield _NEXT, self._next(at, number)

        return self.grammar.rule(("end", at, number), alternatives)
