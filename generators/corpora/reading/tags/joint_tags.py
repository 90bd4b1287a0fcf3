"""Tags that say several entities of one token, such as ``B-ORG|I-LOC``, as layers with one tag each.

Between them stands ``|``, ``+``, ``&`` or ``/``.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_PART = r"[BIMESLUW][-_:]"
# person/name is one label: only before another tag does a sign end one.
_BETWEEN = re.compile(rf"[|+&/](?={_PART}\S)")
_JOINT = re.compile(rf"{_PART}\S[^|+&/]*(?:[|+&/](?!{_PART})[^|+&/]*)*[|+&/]{_PART}\S.*")
_OUTSIDE = "O"


class JointLayer(NamedTuple):
    """A layer of those that joint tags are taken apart to."""

    label: str
    nth: int
    """Which of the entities of this label at one token it holds, from 0."""


def joint_layers(tags: Iterable[str]) -> tuple[JointLayer, ...]:
    """Give the layers that the tags of a file need; none where no tag says several entities."""
    tags = list(tags)
    if not any(map(_JOINT.fullmatch, tags)):
        return ()
    return tuple(sorted({layer for tag in tags if tag != _OUTSIDE for layer in _parts(tag)}))


def take_apart(tags: Sequence[str], layers: Sequence[JointLayer]) -> list[list[str]]:
    """Give the tags of each layer."""
    parts = [_parts(tag) if tag != _OUTSIDE else {} for tag in tags]
    return [[part.get(layer, _OUTSIDE) for part in parts] for layer in layers]


def _parts(tag: str) -> dict[JointLayer, str]:
    # Layers by label, not by place: of B-ORG|B-LOC and I-LOC the second goes on with the LOC.
    found: dict[JointLayer, str] = {}
    for part in _BETWEEN.split(tag) if _JOINT.fullmatch(tag) else [tag]:
        nth = sum(layer.label == part[2:] for layer in found)
        found[JointLayer(part[2:], nth)] = part
    return found
