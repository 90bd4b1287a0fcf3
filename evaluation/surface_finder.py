"""Find surfaces in texts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

_PREFIX = 2
"""Characters by which the surfaces that may begin at a place are looked up."""
Span = tuple[int, int]


class SurfaceFinder:
    """Finds every place of some surfaces in texts."""

    def __init__(self, surfaces: Iterable[str]) -> None:
        """Index the surfaces by their first characters."""
        # 上海, 上海市 and 京: {"上海": {2, 3}, "京": {1}}; a text is looked up at each character by both.
        self._surfaces = frozenset(surfaces)
        lengths: defaultdict[str, set[int]] = defaultdict(set)
        for surface in self._surfaces:
            lengths[surface[:_PREFIX]].add(len(surface))
        self._lengths = {prefix: sorted(found) for prefix, found in lengths.items()}
        self._single = {surface for surface in self._surfaces if len(surface) == 1}

    def find(self, text: str) -> Iterator[Span]:
        """Yield all places, overlapping ones too."""
        of_prefix, surfaces = self._lengths.get, self._surfaces
        for start in range(len(text)):
            if text[start] in self._single:
                yield start, start + 1
            for length in of_prefix(text[start : start + _PREFIX], ()):
                # At the end of a text a slice is shorter than it was asked for.
                end = start + length
                if 1 < length and end <= len(text) and text[start:end] in surfaces:
                    yield start, end
