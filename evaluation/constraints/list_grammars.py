"""Grammars of the formats that list values: runs of the sentence, in the order in which it says them.

By this order each value has a mention of its own. Where the task's entities do not nest, one begins behind
the end of the one before. Where they nest, it begins behind the start of the one before, or is the second of
two that begin at one place and have different labels: of 4,287 medical sentences of CMeEE none needs more.
"""

import json
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Mapping

from nerforge.evaluation.constraints.grammar import Alternative, Grammar, Rule, letters
from nerforge.evaluation.constraints.sentence_values import NamedValue, SentenceValues
from nerforge.templates.domain import LabelSchema


class ListGrammar(ABC):
    """The grammar of the answers about one sentence that list values."""

    def __init__(self, text: str, schema: LabelSchema, values: SentenceValues) -> None:
        """Take the sentence, the labels, and what values there are besides the runs of the sentence."""
        self.text = text
        self.schema = schema
        self.labels = schema.labels
        self.numbers = {label.name: number for number, label in enumerate(schema.labels)}
        self.grammar = Grammar()
        completed = self.completions(values)
        self.inferred = [completed.get(label.name, ()) for label in schema.labels]
        self.others: dict[int, list[NamedValue]] = defaultdict(list)
        for other in values.others:
            self.others[other.start].append(other)

    def build(self, before: str = "") -> Grammar:
        """Give the grammar; ``before`` may stand before the answer."""
        return self.grammar.complete([(self.schema.empty_sentence,), *self._lists()], before)

    def completions(self, values: SentenceValues) -> Mapping[str, tuple[str, ...]]:
        """Give the values that may be completed; those that the sentence says are mentions."""
        return values.unsaid()

    @abstractmethod
    def _lists(self) -> Iterator[Alternative]:
        """Yield the answers that name something."""

    def character(self, at: int) -> Alternative:
        """Give a character of the sentence as it stands in a JSON string."""
        return json_letters(self.text[at])

    def run(self, start: int) -> Rule:
        """Give the rule of the runs of the sentence that begin at a place."""

        def alternatives() -> Iterator[Alternative]:
            yield self.character(start)
            if start + 1 < len(self.text):
                yield (*self.character(start), self.run(start + 1))

        return self.grammar.rule(("run", start), alternatives)

    def completed(self, number: int) -> Rule:
        """Give the rule of the values of a label that may be completed."""
        return self.grammar.rule(("completed", number), lambda: map(json_letters, self.inferred[number]))


def json_letters(text: str) -> Alternative:
    """Give a text as it stands in a JSON string, character by character."""
    return letters(json.dumps(text, ensure_ascii=False)[1:-1])
