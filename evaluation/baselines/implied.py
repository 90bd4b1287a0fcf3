"""Entities that a sentence does not mention, from what always goes with its mentions in training gold."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nerforge.templates.domain import Entity, LabelSchema, Sample

_TRUSTED_SHARE = 0.5
_NO_VALUES: frozenset[str] = frozenset()


class LabelledSurface(NamedTuple):
    """A surface as a label."""

    label: str
    surface: str


class ImpliedEntities:
    """Completes the labels that a task lets answers infer.

    A mention implies a value of such a label if every training sample with this mention has exactly this
    value of the label. Seen once, everything always goes with everything; so a label's mentions are trusted
    only if more than half of those seen in several samples imply a value.
    """

    def __init__(self, samples: Iterable[Sample], schema: LabelSchema) -> None:
        """Learn from training gold."""
        self.schema = schema
        self.inferable = [label.name for label in schema.labels if label.inferable]
        self._rank = {name: rank for rank, name in enumerate(schema.names)}
        seen: dict[tuple[LabelledSurface, str], set[frozenset[str]]] = defaultdict(set)
        n_samples: Counter[LabelledSurface] = Counter()
        for sample in samples if self.inferable else ():
            mentions = _mentions(sample.entities, sample.text)
            n_samples.update(mentions)
            for label in self.inferable:
                values = frozenset(e.text for e in sample.entities if e.label == label)
                for mention in mentions:
                    seen[mention, label].add(values)
        trusted = _trusted(seen, n_samples)
        self._implied = {
            key: value
            for key, all_values in seen.items()
            if (key[0].label, key[1]) in trusted and (value := _only(all_values))
        }

    def complete(self, text: str, found: Sequence[Entity]) -> list[Entity]:
        """Add what all mentions that imply a value of a label agree on, if the sentence mentions none.

        An inferred entity comes before the first mention whose label stands behind its own in the task.
        """
        completed = list(found)
        # If every training sentence with the Company 曹县供电公司 has the Province 山东省, it is added here.
        mentions = _mentions(found, text)
        present = {entity.label for entity in found}
        for label in self.inferable:
            values = {value for m in mentions if (value := self._implied.get((m, label)))}
            # Two mentions that imply different provinces leave the label out.
            if label not in present and len(values) == 1:
                completed.insert(self._place(label, completed), Entity(label, values.pop()))
        return completed

    def _place(self, label: str, entities: Sequence[Entity]) -> int:
        later = (i for i, e in enumerate(entities) if self._rank[e.label] > self._rank[label])
        return next(later, len(entities))


def _mentions(entities: Iterable[Entity], text: str) -> set[LabelledSurface]:
    return {LabelledSurface(e.label, text[e.start : e.end]) for e in entities if e.span}


def _only(all_values: set[frozenset[str]]) -> str | None:
    """Give the one value that is always there."""
    values = next(iter(all_values)) if len(all_values) == 1 else _NO_VALUES
    return next(iter(values)) if len(values) == 1 else None


def _trusted(
    seen: dict[tuple[LabelledSurface, str], set[frozenset[str]]], n_samples: Counter[LabelledSurface]
) -> set[tuple[str, str]]:
    """List which label's mentions may imply which label."""
    # A mention that is seen once always goes with all of its sentence, which says nothing.
    often = [(key, values) for key, values in seen.items() if n_samples[key[0]] > 1]
    n_all = Counter((mention.label, label) for (mention, label), _ in often)
    n_telling = Counter((mention.label, label) for (mention, label), values in often if _only(values))
    return {pair for pair, n in n_telling.items() if n > _TRUSTED_SHARE * n_all[pair]}
