"""What a manifest says of synthetic data: settings, and what the domain's tables and templates gave."""

import msgspec


class SlotSettings(msgspec.Struct):
    """What was asked for."""

    rows: int
    domain: str
    only: dict[str, list[str]]
    """Values that were kept, by level."""
    templates: list[str]
    date_classes: list[str]
    ambiguous: str
    split: str
    negatives: float
    noise: list[str] | None
    """None for all channels."""
    min_count: int | None
    dev: float
    test: float


class NameCounts(msgspec.Struct):
    """How often training has the names of a label."""

    names: int
    seen: int
    least: int
    """Occurrences of the rarest."""


class CoverageCounts(msgspec.Struct):
    """What training holds of what the tables say."""

    names_by_label: dict[str, NameCounts]
    """Names of words without a label stand under the name of their list, in braces."""
    surface_forms: int
    surface_forms_seen: int
    rows_that_cover_all: int | None
    """None if there are not so many sentences."""


class HoldoutSummary(msgspec.Struct):
    """How rows were divided."""

    kind: str
    held_out: dict[str, list[str]]
    """By split: names of templates or date forms, or ``level: value``."""


class LeakCounts(msgspec.Struct):
    """What of the test rows training says too."""

    test_rows_checked: int
    exact_duplicates: int
    near_duplicates: int
    """Rows that differ from a training row in one piece only."""
    near_duplicates_by_differing_piece: dict[str, int]


class SlotSource(msgspec.Struct):
    """What the domain gave."""

    sentences_possible: int
    reference_day: str
    tables: dict[str, int]
    """Rows by table."""
    ambiguous_names: dict[str, dict[str, int]]
    """By table."""
    ambiguous_mentions: dict[str, int]
    """By table."""
    mentions_left_out: dict[str, int]
    """By table."""
    dates_left_out: list[str]
    """Dates that can be read in two ways."""
    coverage: CoverageCounts
    split: HoldoutSummary
    leaks: LeakCounts | None
    """None without a test split."""
