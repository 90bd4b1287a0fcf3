"""Choose tokens that a grammar allows: the likeliest of all if it is allowed, else the likeliest allowed one.

Most tokens that a trained model prefers are allowed, and to see that of one takes a fraction of the time that
listing all allowed ones does.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nerforge.evaluation.constraints.token_matching import TokenGrammars, TokenMatcher
from nerforge.foundation.errors import UserError


class ConstrainedChoice:
    """Chooses the tokens of rows, each by the grammar of its own sentence."""

    def __init__(
        self, grammars: TokenGrammars, sentences: Sequence[str], order: Iterable[int] | None = None
    ) -> None:
        """Take the rows.

        Args:
            grammars: Of the model's vocabulary.
            sentences: Of the rows, by their numbers.
            order: Of the rows' numbers, in which they will begin; None for that of the sentences.
        """
        self._grammars = grammars
        self._sentences = sentences
        self._ahead = deque(range(len(sentences)) if order is None else order)
        self._begun: set[int] = set()
        self._compiling: dict[int, Future[TokenMatcher | UserError]] = {}
        self._matchers: dict[int, TokenMatcher] = {}
        self.failures: dict[int, str] = {}
        """Rows whose grammar cannot be used, and why; they end at once."""
        self.stop_ids = frozenset(grammars.stop_ids)

    def begin(self, numbers: Sequence[int]) -> None:
        """Compile the grammars of rows."""
        for number in numbers:
            self._compile(number)
        # As many again are compiled while these are decoded.
        self._ahead = deque(number for number in self._ahead if number not in self._begun)
        for _ in range(min(len(numbers), len(self._ahead))):
            self._compile(self._ahead.popleft())
        for number in numbers:
            matcher = self._compiling.pop(number).result()
            if isinstance(matcher, UserError):
                self._fail(number, str(matcher))
            else:
                self._matchers[number] = matcher

    def choose(self, logits: Tensor, numbers: Sequence[int]) -> list[int]:
        """Choose the next token of each row, and take it."""
        tokens: list[int] = logits.argmax(-1).tolist()
        refused = []
        for place, (number, token) in enumerate(zip(numbers, tokens, strict=True)):
            matcher = self._matchers.get(number)
            if matcher is None:
                tokens[place] = self._grammars.stop_ids[0]
            elif not matcher.take(token):
                refused.append(place)
        for place, token in self._allowed(logits, numbers, refused):
            tokens[place] = token
        return tokens

    def _allowed(
        self, logits: Tensor, numbers: Sequence[int], refused: Sequence[int]
    ) -> Iterator[tuple[int, int]]:
        """Give and take the likeliest allowed token for each place whose likeliest of all was refused."""
        matchers = [self._matchers[numbers[place]] for place in refused]
        listed: dict[int, NDArray[np.intp]] = {}
        for place, allowed in zip(refused, self._grammars.allowed(matchers) if refused else (), strict=True):
            if len(allowed):
                listed[place] = allowed
            else:
                self._fail(numbers[place], self._matchers[numbers[place]].error or "nothing is allowed")
                yield place, self._grammars.stop_ids[0]
        for place, token in zip(listed, _likeliest(logits, listed), strict=True):
            self._matchers[numbers[place]].take(token)
            yield place, token

    def end(self, number: int) -> None:
        """Forget a row that was answered."""
        self._matchers.pop(number, None)

    def _compile(self, number: int) -> None:
        if number not in self._compiling:
            self._begun.add(number)
            self._compiling[number] = self._grammars.compile(self._sentences[number])

    def _fail(self, number: int, error: str) -> None:
        self.failures[number] = error
        self._matchers.pop(number, None)


def _likeliest(logits: Tensor, listed: dict[int, NDArray[np.intp]]) -> Iterable[int]:
    """Give the likeliest of the tokens that are listed for some rows."""
    if not listed:
        return []
    sizes = [len(allowed) for allowed in listed.values()]
    columns = np.concatenate(list(listed.values()))
    rows = np.repeat(list(listed), sizes)
    # One gather for all rows: of a row's 150,000 logits only those of the listed tokens are looked at.
    device = logits.device
    values = (
        logits[torch.from_numpy(rows).to(device), torch.from_numpy(columns).to(device)].float().cpu().numpy()
    )
    parts = np.split(values, np.cumsum(sizes)[:-1])
    return [int(allowed[part.argmax()]) for allowed, part in zip(listed.values(), parts, strict=True)]


class ConstrainedBatch:
    """A logits processor of transformers for one batch of rows, where rows do not leave it as they end."""

    def __init__(self, choice: ConstrainedChoice, numbers: Sequence[int]) -> None:
        """Begin the rows of a batch, by their numbers."""
        self._choice = choice
        self._numbers = numbers
        self._ended: dict[int, int] = {}
        choice.begin(numbers)

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Leave each row one token, the one that is chosen for it."""
        running = [place for place in range(len(self._numbers)) if place not in self._ended]
        chosen = self._choice.choose(scores[running], [self._numbers[place] for place in running])
        for place, token in zip(running, chosen, strict=True):
            if token in self._choice.stop_ids:
                self._ended[place] = token
        tokens = [self._ended.get(place, 0) for place in range(len(self._numbers))]
        for place, token in zip(running, chosen, strict=True):
            tokens[place] = token
        only = torch.full_like(scores, float("-inf"))
        only[torch.arange(len(tokens)), torch.tensor(tokens)] = 0.0
        return only
