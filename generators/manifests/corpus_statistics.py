"""The statistics of a corpus that ``--stats`` adds to a manifest."""

import msgspec


class HistogramCounts(msgspec.Struct):
    """Numbers counted in bins."""

    bins: dict[str, int]
    """By name: ``7``, ``10-19``, or ``51+`` for the last one, which is open."""
    total: int
    """Sum of the numbers."""
    largest: int


class SplitStatistics(msgspec.Struct):
    """What one split holds."""

    samples: int
    without_entities: int
    entities: dict[str, int]
    without_span: int
    """Entities whose place in the text is not known."""
    characters: HistogramCounts
    entities_per_sample: HistogramCounts
    entity_lengths: dict[str, HistogramCounts]
    """By label."""
    nested: dict[str, dict[str, int]]
    """By label, the labels of the innermost entity around."""
    same_span: dict[str, int]
    """Spans with several labels, by these, as in ``LOC + ORG``."""
    crossing: int
    """Pairs of entities that overlap without one being inside the other."""


class FollowedSurfaces(msgspec.Struct):
    """How many surfaces were looked at."""

    followed: int
    at_most: int
    mentions_not_followed: int


class LabelConflict(msgspec.Struct):
    """A surface that is labelled in several ways."""

    surface: str
    labels: dict[str, int]
    """The most frequent first."""

    @property
    def n_against(self) -> int:
        """Mentions that are labelled otherwise than most."""
        return sum(self.labels.values()) - max(self.labels.values())


class LabelConflicts(msgspec.Struct):
    """Surfaces that are labelled in several ways."""

    surfaces: int
    mentions: int
    mentions_against: int
    """Mentions that have not the usual label of their surface."""
    examples: list[LabelConflict]


class UnlabelledSurface(msgspec.Struct):
    """A surface that is labelled in some places and left unlabelled in others."""

    surface: str
    labelled: int
    unlabelled: int


class UnlabelledSurfaces(msgspec.Struct):
    """Surfaces that are often labelled, where they are not."""

    surfaces_labelled_often: int
    labelled_often_from: int
    surfaces_searched: int
    surfaces: int
    occurrences: int
    examples: list[UnlabelledSurface]


class CorpusStatistics(msgspec.Struct):
    """What the splits hold, and what hints at faults of the annotation."""

    splits: dict[str, SplitStatistics]
    surfaces: FollowedSurfaces
    conflicts: LabelConflicts
    unlabelled: UnlabelledSurfaces | None
    """None where it was not looked for."""
