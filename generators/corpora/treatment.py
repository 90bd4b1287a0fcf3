"""What may be done to the texts of a corpus before they are written: only what is asked for."""

from dataclasses import dataclass

from nerforge.foundation.errors import UsageError, unknown_name
from nerforge.generators.corpora.splitting.near_duplicates import THRESHOLD
from nerforge.generators.corpora.texts.normalisation import TextNormaliser

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
    max_tokens: int | None = None
    """Texts whose rows have more, by estimate, are split or clipped."""

    def __post_init__(self) -> None:
        """Refuse invalid values."""
        if self.max_chars is not None and self.max_chars < 1:
            raise UsageError(f"--max-chars {self.max_chars}: must be at least 1")
        if self.max_tokens is not None and self.max_tokens < 1:
            raise UsageError(f"--max-tokens {self.max_tokens}: must be at least 1")
        if self.near_duplicates not in NEAR_DUPLICATES:
            raise unknown_name("way with near duplicates", self.near_duplicates, NEAR_DUPLICATES)

    def normaliser(self) -> TextNormaliser | None:
        """Make what normalises, if anything is to be.

        Raises:
            UserError: there is no such step, or a package is missing.
        """
        return TextNormaliser(self.normalise) if self.normalise else None

    @property
    def limits_length(self) -> bool:
        """Whether long texts are split or clipped."""
        return self.max_chars is not None or self.max_tokens is not None
