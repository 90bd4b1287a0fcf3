"""Spans that count tokens, as spans of the sentence that the tokens make."""

from collections.abc import Iterable

from nerforge.generators.corpora.reading.raw_rows import RawEntity
from nerforge.generators.corpora.reading.spans.forms.stated_spans import StatedSpan
from nerforge.generators.corpora.reading.tokens.token_places import JoinedTokens


def entity_of_tokens(stated: StatedSpan, joined: JoinedTokens, *, inclusive: bool) -> RawEntity:
    """Place an entity that counts tokens; one beyond the tokens stays beyond the text."""
    first, last = stated.start, stated.end
    if first is None or last is None:
        return RawEntity(stated.label, stated.text, -1, -1, stated.score)
    last -= not inclusive
    if not 0 <= first <= last < len(joined.starts):
        beyond = len(joined.text) + 1
        return RawEntity(stated.label, None, beyond, beyond + 1, stated.score)
    start, end = joined.starts[first], joined.ends[last]
    return RawEntity(stated.label, joined.text[start:end], start, end, stated.score)


class TokenEndEvidence:
    """Gathers whether the ends of spans that count tokens are inclusive."""

    # An end that is the number of tokens is exclusive; a span that ends where it starts has one token.
    def __init__(self) -> None:
        """Begin without evidence."""
        self._n_exclusive = self._n_inclusive = 0

    def add(self, n_tokens: int, stated: Iterable[StatedSpan]) -> None:
        """Look at what is stated of a sentence."""
        for span in stated:
            if span.start is not None:
                self._n_exclusive += span.end == n_tokens
                self._n_inclusive += span.start == span.end

    def is_inclusive(self) -> bool | None:
        """Conclude; None where nothing tells."""
        if self._n_exclusive == self._n_inclusive:
            return None
        return self._n_inclusive > self._n_exclusive
