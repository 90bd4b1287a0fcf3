"""What a manifest says of each split, by kind of data set."""

import msgspec

from nerforge.generators.manifests.corpus_statistics import HistogramCounts

UNDATED = "none"
"""The class of dates of sentences without a date."""


class SplitSummary(msgspec.Struct):
    """What is counted of a split of any kind."""

    samples: int


class EntityCounts(SplitSummary):
    """What is counted of a split whose samples have entities."""

    without_entities: int
    entities: dict[str, int]
    """Entities by label."""
    kinds: dict[str, int]
    """Entities by kind: extracted, normalised, inferred."""
    dropped: dict[str, int]
    """Samples that the answer format cannot carry, by reason."""


class EntitySplit(EntityCounts):
    """A split that was read from a corpus."""

    offsets_not_recoverable: int
    """Samples whose answer, read back, gives other spans than gold."""


class SlotSplit(EntityCounts):
    """A split of synthetic sentences."""

    read_back: int
    """Samples whose answer was read back."""
    offsets_not_recoverable: int
    """Of these, the ones whose answer gives other spans than gold."""
    templates: dict[str, int]
    date_classes: dict[str, int]
    """Sentences by form of their date; those without a date under ``UNDATED``."""
    noise: dict[str, int]
    """Sentences by noise channel; one may have several."""
    ambiguous: int
    """Sentences that the tables let be read in several ways."""
    left_open: int
    """Sentences whose answer leaves a level open for that reason."""
    characters: dict[str, int]
    """Sentences by number of characters."""
    entities_per_sample: dict[str, int]
    """Sentences by number of entities."""


class LabelSplit(SplitSummary):
    """A split of labelled texts."""

    labels: dict[str, int]
    """Texts by label."""
    options: dict[str, int]
    """Texts by the number of labels that their prompts offer."""
    characters: HistogramCounts
