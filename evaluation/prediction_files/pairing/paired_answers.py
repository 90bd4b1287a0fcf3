"""What matching rows to gold gives, whichever way it was done."""

from dataclasses import dataclass, field

import msgspec

from nerforge.evaluation.confidence.token_logprobs import TokenLogprobs


class PairedAnswer(msgspec.Struct, frozen=True, gc=False):
    """A row without its prompt."""

    line: int
    """Or the item, in a file that is one array."""
    output: str | None
    """None where the request failed."""
    is_cut: bool
    logprobs: TokenLogprobs | None = None

    def likeness(self, other: "PairedAnswer") -> str:
        """Say whether two rows that ask the same answer the same."""
        return "the same answer" if self.output == other.output else "another answer"


@dataclass(slots=True)
class PairedAnswers:
    """Rows by gold id, and what is to be said about how they were matched."""

    answers: dict[str, PairedAnswer]
    notes: list[str] = field(default_factory=list)
    cut_prompts: list[int] = field(default_factory=list)
    """Lines whose prompt holds the sentence only in part."""
    n_moved: int = 0
    """Rows that stand in another place than their gold sentence."""
    n_strangers: int = 0
    """Queries that are not in gold."""
    n_repeated: int = 0
    """Answers to a query that was answered already."""
