"""Parts of a test set that are scored apart: by an entity's own features, and by its sentence's."""

import sys
from bisect import bisect_left
from collections.abc import Sequence, Set
from typing import NamedTuple

import msgspec

from nerforge.templates.domain import Entity, EntityKind, LabelSchema, Sample

NOT_IN_TEXT = "not_in_text"
"""The kind of a predicted entity that the sentence does not say and that may not be inferred."""
NESTED, FLAT = "nesting:nested", "nesting:flat"
TEMPLATE = "template:"
"""How the slices begin whose names metadata gives."""
_LENGTHS = ((1, 3, 6, 10), ("length:1", "length:2-3", "length:4-6", "length:7-10", "length:11+"))
_NUMBERS = ((0, 1, 3), ("entities:0", "entities:1", "entities:2-3", "entities:4+"))
_SENTENCES = ((20, 50, 100), ("sentence:1-20", "sentence:21-50", "sentence:51-100", "sentence:101+"))


class TrainingRow(msgspec.Struct):
    """What is needed of a line of training gold."""

    text: str
    entities: list[Entity]

    def surfaces(self) -> set[str]:
        """Give what the sentence says for each entity, or the value where it says none."""
        return {e.text if e.start is None else self.text[e.start : e.end] for e in self.entities}


class EntityFeatures(NamedTuple):
    """What slices look at in an entity."""

    label: str
    says_value: bool | None
    """Whether the span's characters are the value; None where there is no span."""
    length: int
    """Of the mention in characters, or of the value where there is none."""
    seen: bool
    """Whether an entity of training is said in the same words."""


def features_of(entity: Entity, text: str, training: Set[str] | None) -> EntityFeatures:
    """Look at an entity in its sentence; ``training`` holds the surfaces of training."""
    seen_in = training or frozenset()
    if entity.start is None or entity.end is None:
        return EntityFeatures(entity.label, None, len(entity.text), entity.text in seen_in)
    surface = text[entity.start : entity.end]
    length = entity.end - entity.start
    return EntityFeatures(entity.label, surface == entity.text, length, surface in seen_in)


class Slicer:
    """Tells to which slices entities and sentences belong."""

    def __init__(self, schema: LabelSchema, training: Set[str] | None = None) -> None:
        """Take the task's labels, and the surfaces of the training entities where they are known."""
        self.inferable = {label.name for label in schema.labels if label.inferable}
        self.normalised = {label.name for label in schema.labels if label.normaliser is not None}
        self.training = training
        self._of_samples: dict[tuple[int, int, object], tuple[str, ...]] = {}

    def of_entity(self, features: EntityFeatures) -> tuple[str, ...]:
        """Name the slices of an entity: kind, length in characters, whether training had the surface."""
        # 菏泽市 for the City 菏泽, seen in training: kind:normalised, length:2-3, training:seen.
        slices = (f"kind:{self._kind(features)}", _bucket(_LENGTHS, features.length))
        if self.training is None:
            return slices
        return (*slices, "training:seen" if features.seen else "training:unseen")

    def of_sample(self, sample: Sample) -> tuple[str, ...]:
        """Name the slices of a sentence: number of gold entities, length in characters, template."""
        key = len(sample.entities), len(sample.text), sample.meta.get("template") if sample.meta else None
        slices = self._of_samples.get(key)
        if slices is None:
            slices = self._of_samples[key] = self._sample_slices(*key)
        return slices

    @staticmethod
    def _sample_slices(n_entities: int, length: int, template: object) -> tuple[str, ...]:
        # The bounds 0 1 3 with 2 entities: bisect_left gives 2, so `entities:2-3`.
        number = _NUMBERS[1][bisect_left(_NUMBERS[0], n_entities)]
        sentence = _SENTENCES[1][bisect_left(_SENTENCES[0], length)]
        return (number, sentence) if template is None else (number, sentence, f"{TEMPLATE}{template}")

    def _kind(self, features: EntityFeatures) -> str:
        if features.says_value is None:
            return EntityKind.INFERRED.value if features.label in self.inferable else NOT_IN_TEXT
        if features.says_value:
            return EntityKind.EXTRACTED.value
        return EntityKind.NORMALISED.value if features.label in self.normalised else NOT_IN_TEXT


def nested(entities: Sequence[Entity]) -> list[bool]:
    """Tell for each entity whether its span overlaps another one's of the same side."""
    is_nested = [False] * len(entities)
    spans = sorted([(e.start, e.end, i) for i, e in enumerate(entities) if e.start is not None and e.end])
    if not spans:
        return is_nested
    # Of spans in order, one overlaps an earlier one if that reaches beyond its start, and a later one if the
    # next begins before its end.
    reach = 0
    for (start, end, i), (after, _, _) in zip(spans, [*spans[1:], (sys.maxsize, 0, 0)], strict=True):
        is_nested[i] = start < reach or after < end
        reach = max(reach, end)
    return is_nested


def slice_order(name: str) -> tuple[int, int, str]:
    """Sort slices: by kind of slice, then from small to large, then by name."""
    group = name.split(":", 1)[0]
    for _, names in (_LENGTHS, _NUMBERS, _SENTENCES):
        if name in names:
            return _GROUPS.index(group), names.index(name), name
    return _GROUPS.index(group), 0, name


_GROUPS = ("kind", "length", "nesting", "training", "entities", "template", "sentence")


def _bucket(buckets: tuple[tuple[int, ...], tuple[str, ...]], value: int) -> str:
    bounds, names = buckets
    return names[bisect_left(bounds, value)]
