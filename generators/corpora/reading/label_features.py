"""Which layer of a UIMA document has the entities, and which of its features their labels."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.errors import UsageError

NO_LABEL = "span_without_label"
NO_WIDTH = "annotation_of_no_characters"
ACROSS = "entity_across_sentences"
"""Notes on annotations of UIMA that are no entities."""

_NO_NAMES = {"POS", "Lemma", "Stem", "Token", "MorphologicalFeatures", "SurfaceForm", "SofaChangeAnnotation"}
"""Layers of which no entity is."""
_LABEL_FEATURES = ("value", "label", "type", "category", "class", "kind", "tag", "entity", "name")
_NO_LABELS = ("identifier", "id", "entity_id", "comment", "note")


class LabelFeature(NamedTuple):
    """The feature that says the labels of entities."""

    layer: str
    feature: str


def choose_label(path: Path, layers: Mapping[str, Sequence[str]], told: str | None) -> LabelFeature:
    """Choose a layer and a feature.

    Args:
        path: The file, for messages.
        layers: The features of each layer that may have entities, by its full name; one at least.
        told: What the user says: a layer by its name, its last name or its number, with a feature behind a
            bar where it has several.

    Raises:
        UsageError: several layers or features may be meant, or there is none such.
    """
    layer, _, feature = (told or "").partition("|")
    chosen = _named(path, [*layers], layer) if layer else _likely(path, [*layers])
    name = feature or _label_feature(path, chosen, layers[chosen])
    if name not in layers[chosen]:
        known = ", ".join(layers[chosen])
        raise UsageError(f"{path}: layer {chosen} has no feature {name!r}; it has {known}")
    return LabelFeature(chosen, name)


def _named(path: Path, layers: Sequence[str], told: str) -> str:
    if told.isdigit() and 1 <= int(told) <= len(layers):
        return layers[int(told) - 1]
    found = [layer for layer in layers if told in (layer, layer.rpartition(".")[2])]
    if len(found) == 1:
        return found[0]
    raise UsageError(f"{path}: no layer {told!r}; give --layer one of {_listed(layers)}")


def _likely(path: Path, layers: Sequence[str]) -> str:
    named = [layer for layer in layers if layer.rpartition(".")[2] == "NamedEntity"]
    possible = (
        named or [layer for layer in layers if layer.rpartition(".")[2] not in _NO_NAMES] or list(layers)
    )
    if len(possible) == 1:
        return possible[0]
    raise UsageError(f"{path}: has several layers of spans; give --layer one of {_listed(possible)}")


def _label_feature(path: Path, layer: str, features: Sequence[str]) -> str:
    by_name = {feature.lower(): feature for feature in features}
    likely = next((by_name[name] for name in _LABEL_FEATURES if name in by_name), None)
    others = [feature for feature in features if feature.lower() not in _NO_LABELS]
    if likely is not None or len(others) == 1:
        return likely if likely is not None else others[0]
    if len(features) == 1:
        return features[0]
    short = layer.rpartition(".")[2]
    choices = ", ".join(f"--layer '{short}|{feature}'" for feature in features)
    raise UsageError(f"{path}: layer {layer} has several features; say which is the label: {choices}")


def _listed(layers: Iterable[str]) -> str:
    return ", ".join(layer.rpartition(".")[2] for layer in layers)
