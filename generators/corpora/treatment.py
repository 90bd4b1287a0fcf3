"""What may be done to the texts of a corpus before they are written: only what is asked for."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from generators.corpora.long_texts import SplitCounts, split_sample
from generators.corpora.near_duplicates import THRESHOLD
from generators.corpora.normalisation import TextNormaliser
from templates.domain import Sample
from templates.errors import UsageError, unknown_name

NEAR_DUPLICATES = {
    "report": "texts of dev and test that training nearly holds are counted",
    "drop": "the same, and training does without such texts",
    "ignore": "they are not looked for",
}


@dataclass(frozen=True, slots=True)
class Treatment:
    """What is asked for."""

    normalise: tuple[str, ...] = ()
    """Names of ``normalisation.STEPS``."""
    max_chars: int | None = None
    """Longer texts are split, or clipped where they have one label as a whole."""
    near_duplicates: str = "report"
    """One of ``NEAR_DUPLICATES``."""
    similarity: float = THRESHOLD
    """From which on texts are near duplicates; see ``find_near_duplicates``."""

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.max_chars is not None and self.max_chars < 1:
            raise UsageError(f"--max-chars {self.max_chars}: must be at least 1")
        if self.near_duplicates not in NEAR_DUPLICATES:
            raise unknown_name("way with near duplicates", self.near_duplicates, NEAR_DUPLICATES)

    def normaliser(self) -> TextNormaliser | None:
        """Make what normalises, if anything is to be.

        Raises:
            UserError: there is no such step, or a package is missing.
        """
        return TextNormaliser(self.normalise) if self.normalise else None

    def settings(self) -> dict[str, Any]:
        """List it for the manifest."""
        return {
            "normalise": list(self.normalise),
            "max_chars": self.max_chars,
            "near_duplicates": self.near_duplicates,
            "similarity": self.similarity,
        }


def divide_long(
    samples: Iterable[tuple[str, Sample]],
    limit: int,
    can_carry: Callable[[Sample], bool],
    counts: SplitCounts,
) -> Iterator[tuple[str, Sample]]:
    """Pass on samples with their splits, long ones in pieces.

    Args:
        samples: Samples with their splits.
        limit: Characters of a text.
        can_carry: Tells whether a sample can be written at all. One that cannot is not split: a text of
            which only some pieces are written could not be scored.
        counts: Is added to.
    """
    for split, sample in samples:
        is_long = len(sample.text) > limit and can_carry(sample)
        for piece in split_sample(sample, limit, counts) if is_long else [sample]:
            yield split, piece
