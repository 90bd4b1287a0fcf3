"""The values that an answer about one sentence may have, besides the sentence's own words."""

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.templates.answers.evidence import LIST_MARK, Evidence
from nerforge.templates.domain import Label, LabelSchema
from nerforge.templates.mentions.value_search import surfaces

Tables = Mapping[str, Collection[str]]
"""Values by the gold name of their label."""
_LONGEST_FORM = 24
"""Characters of a mention that may stand for another value."""
_MAX_INFERRED = 5_000
"""Values of a label that the grammar of every sentence may list."""


class NamedValue(NamedTuple):
    """A value that a mention says, or stands for: 菏泽市 is the City 菏泽."""

    start: int
    end: int
    label: Label
    value: str


class ValueTables:
    """Tables of values, indexed by the forms in which sentences say them."""

    def __init__(self, schema: LabelSchema, tables: Tables) -> None:
        """Index the tables.

        Raises:
            UserError: a table is of no label of the task, or has more values than a grammar can list.
        """
        self.schema = schema
        self.tables = {label: tuple(dict.fromkeys(filter(None, tables[label]))) for label in sorted(tables)}
        for name, values in self.tables.items():
            if name not in schema:
                raise UserError(f"table of {name!r}: the task has no such label; it has: {schema.names}")
            if schema[name].inferable and len(values) > _MAX_INFERRED:
                raise UserError(
                    f"table of {name!r}: {len(values):,} values that an answer may complete are more than "
                    f"the {_MAX_INFERRED:,} that a grammar may list; give a smaller table"
                )

    @cached_property
    def _by_form(self) -> dict[str, list[tuple[Label, str]]]:
        forms: dict[str, list[tuple[Label, str]]] = {}
        for name, values in self.tables.items():
            label = self.schema[name]
            for value in values:
                for form in surfaces(label, value):
                    if len(form) <= _LONGEST_FORM:
                        forms.setdefault(form, []).append((label, value))
        return forms

    @cached_property
    def _doubtful(self) -> frozenset[str]:
        """Values that may be read as no value, or as several, by what a sentence says."""
        evidence = Evidence("", self.schema)
        values = {value for values in self.tables.values() for value in values}
        return frozenset(x for x in values if LIST_MARK.search(x) or not evidence.is_plain(x))

    def of_sentence(self, text: str) -> "SentenceValues":
        """Find the values that an answer about a sentence may have."""
        evidence = Evidence(text, self.schema)
        named = self._of_tables(text)
        others = {
            x for x in (*named, *_of_normalisers(text, self.schema)) if text[x.start : x.end] != x.value
        }
        # A word for nothing would be read as such.
        completed = {
            name: tuple(x for x in values if x not in self._doubtful or evidence.is_plain(x))
            for name, values in self.tables.items()
            if self.schema[name].inferable
        }
        return SentenceValues(tuple(sorted(others, key=_place)), completed, tuple(named))

    def _of_tables(self, text: str) -> list[NamedValue]:
        if not self._by_form:
            return []
        return [
            NamedValue(start, end, label, value)
            for start in range(len(text))
            for end in range(start + 1, min(start + _LONGEST_FORM, len(text)) + 1)
            for label, value in self._by_form.get(text[start:end], ())
        ]


class SentenceValues(NamedTuple):
    """What an answer about one sentence may name besides the sentence's words."""

    others: tuple[NamedValue, ...]
    """Values that mentions stand for and do not say, in the order of the sentence."""
    completed: Mapping[str, tuple[str, ...]]
    """By label, the values that an answer may complete."""
    named: tuple[NamedValue, ...]
    """All values of the tables that the sentence names, in its order."""

    def unsaid(self) -> dict[str, tuple[str, ...]]:
        """Give the values that an answer may complete and that the sentence does not name."""
        said = {(one.label.name, one.value) for one in self.named}
        return {
            label: tuple(value for value in values if (label, value) not in said)
            for label, values in self.completed.items()
        }


def _place(one: NamedValue) -> tuple[int, int, str, str]:
    return one.start, one.end, one.label.name, one.value


def _of_normalisers(text: str, schema: LabelSchema) -> list[NamedValue]:
    """Find the mentions that stand for another value by a label's normaliser, without any table."""
    found = []
    for label in schema.labels:
        if label.normaliser is None:
            continue
        for start in range(len(text)):
            for end in range(start + 1, min(start + _LONGEST_FORM, len(text)) + 1):
                form = text[start:end]
                value = label.normaliser.normalise(form)
                if value not in ("", form) and form in label.normaliser.surfaces(value):
                    found.append(NamedValue(start, end, label, value))
    return found
