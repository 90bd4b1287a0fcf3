"""Split long texts so that each piece makes a row that fits: in characters of text, in tokens of the row."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from nerforge.foundation.errors import UsageError
from nerforge.generators.corpora.texts.long_texts import LongTextReport, split_sample
from nerforge.generators.corpora.treatment import Treatment
from nerforge.generators.manifests.corpus_counts import LongTextCounts
from nerforge.generators.rows.token_estimates import TEMPLATE_TOKENS, FewestTokens, estimate_tokens
from nerforge.templates.domain import Sample

_SHRINK = 0.8
"""How much shorter pieces become where one of them makes too long a row."""
_MIN_CHARS = 8


@dataclass(slots=True)
class RowRoom:
    """How long rows may be, and what came of it."""

    treatment: Treatment
    frame_tokens: int
    """Tokens of a row besides text and answer."""
    answers: Callable[[Sample], list[str] | None]
    """Writes a sample in each format; None for one that cannot be written in all of them."""
    counts: LongTextReport = field(default_factory=LongTextReport)
    beyond: int = 0
    """Rows that have more tokens than they may however their text is split."""

    def summary(self) -> LongTextCounts:
        """Give the counts for the manifest."""
        counts = self.counts.counts()
        if self.treatment.max_tokens is not None:
            counts.beyond_max_tokens = self.beyond
        return counts

    def divide(self, samples: Iterable[tuple[str, Sample]]) -> Iterator[tuple[str, Sample]]:
        """Pass on samples with their splits, long ones in pieces.

        A sample that cannot be written is not split: a text of which only some pieces are written could not
        be scored.
        """
        for split, sample in samples:
            for piece in self._pieces(sample):
                yield split, piece

    def _pieces(self, sample: Sample) -> list[Sample]:
        limit = self.treatment.max_chars or len(sample.text)
        is_long = len(sample.text) > limit or self._is_beyond(sample)
        if not is_long or self.answers(sample) is None:
            return [sample]
        # A limit in characters does not bound the tokens of an answer: pieces are made shorter by a fifth
        # until every row fits, or pieces are so short that none will.
        tried = [self._split(sample, limit)]
        fewest = FewestTokens(sample.text) if tried[0][0] else None
        while tried[-1][0] and limit * _SHRINK >= _MIN_CHARS:
            limit = int(limit * _SHRINK)
            if not self._is_hopeless(fewest, limit):
                tried.append(self._split(sample, limit))
        # Where no division fits, the one with the fewest rows beyond, and of these the fewest pieces.
        n_beyond, counts, pieces = min(tried, key=lambda division: division[0])
        self.beyond += n_beyond
        self.counts.add(counts)
        return pieces

    def _is_hopeless(self, fewest: FewestTokens | None, limit: int) -> bool:
        """Tell without dividing a text whether pieces of this limit make a row that is beyond."""
        most = self.treatment.max_tokens
        if most is None or fewest is None or self.treatment.max_chars is not None:
            return False
        # Any two neighbours have more characters than the limit, as they would be one piece else. One of the
        # two is beyond if both together have more than twice the room, and the blank between them counts one.
        return fewest.of_length(limit) > 2 * (most - self.frame_tokens) + 1

    def _split(self, sample: Sample, limit: int) -> tuple[int, LongTextReport, list[Sample]]:
        counts = LongTextReport()
        pieces = split_sample(sample, limit, counts)
        return sum(map(self._is_beyond, pieces)), counts, pieces

    def _is_beyond(self, sample: Sample) -> bool:
        most = self.treatment.max_tokens
        if most is None or (answers := self.answers(sample)) is None:
            return False
        return self.frame_tokens + estimate_tokens(sample.text) + max(map(estimate_tokens, answers)) > most


def frame_tokens(treatment: Treatment, prompts: Iterable[str], *, shots: int) -> int:
    """Estimate the tokens of a row besides text and answer.

    Args:
        treatment: Says how many a row may have.
        prompts: What is said besides the sentence, in each format.
        shots: Examples in a prompt.

    Raises:
        UsageError: a prompt alone is too long, or shows examples, whose length is not known beforehand.
    """
    # One more for the line break between prompt and sentence.
    needed = TEMPLATE_TOKENS + max(map(estimate_tokens, prompts)) + 1
    if treatment.max_tokens is None:
        return needed
    if shots:
        raise UsageError("--max-tokens does not count examples; omit --shots, or use --max-chars")
    if needed >= treatment.max_tokens:
        raise UsageError(
            f"--max-tokens {treatment.max_tokens}: the prompt alone has about {needed} tokens; "
            "give more, or a shorter --prompt"
        )
    return needed
