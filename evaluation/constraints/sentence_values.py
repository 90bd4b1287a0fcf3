"""The values that an answer about one sentence may have, besides the sentence's own words."""

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.templates.answers.evidence import Evidence
from nerforge.templates.domain import Label, LabelSchema
from nerforge.templates.mentions.value_search import surfaces

Tables = Mapping[str, Collection[str]]
"""Values by the gold name of their label."""
_LONGEST_FORM = 24
"""Characters of a mention that may stand for another value."""
_MAX_INFERRED = 5_000
"""Values of a label that the grammar of every sentence may list."""


class OtherValue(NamedTuple):
    """A value that a mention stands for, and does not say: 菏泽市 is the City 菏泽."""

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
            for value in values if label.normaliser else ():
                for form in surfaces(label, value):
                    if form != value and len(form) <= _LONGEST_FORM:
                        forms.setdefault(form, []).append((label, value))
        return forms

    def of_sentence(self, text: str) -> "SentenceValues":
        """Find the values that an answer about a sentence may have."""
        evidence = Evidence(text, self.schema)
        inferred = {}
        for label in self.schema.labels:
            if label.inferable:
                # What the sentence says is a mention; a word for nothing would be read as one.
                values = (x for x in self.tables.get(label.name, ()) if not _is_said(label, x, text))
                inferred[label.name] = tuple(filter(evidence.is_plain, values))
        return SentenceValues(self._others(text), inferred)

    def _others(self, text: str) -> tuple[OtherValue, ...]:
        return tuple(sorted({*self._of_tables(text), *_of_normalisers(text, self.schema)}, key=_place))

    def _of_tables(self, text: str) -> list[OtherValue]:
        if not self._by_form:
            return []
        return [
            OtherValue(start, end, label, value)
            for start in range(len(text))
            for end in range(start + 1, min(start + _LONGEST_FORM, len(text)) + 1)
            for label, value in self._by_form.get(text[start:end], ())
        ]


class SentenceValues(NamedTuple):
    """What an answer about one sentence may name besides the sentence's words."""

    others: tuple[OtherValue, ...]
    """In the order of their mentions."""
    inferred: Mapping[str, tuple[str, ...]]
    """By label, values that the sentence does not say and that the answer may complete."""


def _place(one: OtherValue) -> tuple[int, int, str, str]:
    return one.start, one.end, one.label.name, one.value


def _is_said(label: Label, value: str, text: str) -> bool:
    return any(form in text for form in surfaces(label, value))


def _of_normalisers(text: str, schema: LabelSchema) -> list[OtherValue]:
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
                    found.append(OtherValue(start, end, label, value))
    return found
