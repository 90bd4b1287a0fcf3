"""Grammars over the tokens of a model, by llguidance: which tokens may come next in an answer."""

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nerforge.evaluation.constraints.constraint import Constraint
from nerforge.foundation.errors import UserError
from nerforge.foundation.optional import require_extra

_OPTIONS = '%llguidance {"no_forcing": true}\n'
"""Any tokens that spell an answer may be taken, not only those into which the tokenizer divides it."""


_LONGEST = 2_000
"""Characters of a sentence."""
_FUEL = 100_000_000
"""Steps of the automaton's making: enough for any sentence that is not refused."""
_STACK = 256 << 20
"""Bytes: llguidance compiles by recursion, some 15 KB for each character."""


def _pool(n_threads: int) -> ThreadPoolExecutor:
    """Make threads of large stacks."""
    before = threading.stack_size(_STACK)
    try:
        # A thread gets its stack when it is made; those of a pool are made as they are needed.
        pool = ThreadPoolExecutor(n_threads)
        barrier = threading.Barrier(n_threads)
        list(pool.map(lambda _: barrier.wait(), range(n_threads)))
    finally:
        threading.stack_size(before)
    return pool


class TokenGrammars:
    """Makes a matcher for each sentence; the vocabulary is looked at once."""

    def __init__(
        self, constraint: Constraint, tokenizer: Any, n_tokens: int, stop_ids: Iterable[int], before: str = ""
    ) -> None:
        """Take the model's vocabulary.

        Args:
            constraint: What answers are constrained to.
            tokenizer: A fast tokenizer of transformers.
            n_tokens: Of which the model gives logits; some may have no text.
            stop_ids: Tokens that end an answer.
            before: What may stand before an answer.

        Raises:
            UserError: llguidance is missing, or does not know such a tokenizer.
        """
        require_extra("llguidance", "constrain")
        self.constraint = constraint
        self.stop_ids = sorted(stop_ids)
        self.before = before
        from llguidance import LLExecutor

        n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self._executor = LLExecutor(n_cores)
        self._pool = _pool(n_cores)
        try:
            self._tokenizer = _as_llguidance(tokenizer, n_tokens, self.stop_ids)
        except ValueError as err:
            raise UserError(f"--constrain cannot use the model's tokenizer: {err}") from err

    def matchers(self, texts: Iterable[str]) -> list["TokenMatcher | UserError"]:
        """Compile the grammars of sentences, in threads; where one is refused, its error is given."""
        return [compiled.result() for compiled in [self.compile(text) for text in texts]]

    def compile(self, text: str) -> "Future[TokenMatcher | UserError]":
        """Begin to compile the grammar of a sentence."""
        return self._pool.submit(self._matcher, text)

    def _matcher(self, text: str) -> "TokenMatcher | UserError":
        try:
            return self._compiled(text)
        except UserError as err:
            return err

    def _compiled(self, text: str) -> "TokenMatcher":
        from llguidance import LLMatcher, LLParserLimits

        grammar = self.constraint.grammar(text, self.before, longest=_LONGEST)
        limits = LLParserLimits(initial_lexer_fuel=_FUEL, step_lexer_fuel=_FUEL)
        matcher = LLMatcher(self._tokenizer, _OPTIONS + grammar.lark(), limits=limits)
        if matcher.is_error():
            raise UserError(
                f"the grammar of {text[:40]!r} ({len(text):,} characters, {len(grammar.rules):,} rules) is "
                f"refused: {_first_line(matcher.get_error())}"
            )
        return TokenMatcher(matcher, self.stop_ids)

    def allowed(self, matchers: Sequence["TokenMatcher"]) -> list[NDArray[np.intp]]:
        """Give for each answer the tokens that may come next, in order; none where ``error`` says why.

        The answers are shared out among threads.
        """
        masks = np.zeros((len(matchers), (self._tokenizer.vocab_size + 31) // 32), dtype=np.int32)
        numbered = [(one.matcher, row) for row, one in enumerate(matchers)]
        self._executor.unsafe_compute_mask_ptr(numbered, masks.ctypes.data, masks.strides[0], len(masks))
        return [_held(mask) if not one.error else _NONE for one, mask in zip(matchers, masks, strict=True)]


class TokenMatcher:
    """Follows one answer, token by token."""

    def __init__(self, matcher: Any, stop_ids: Sequence[int]) -> None:
        """Take a matcher of llguidance."""
        self.matcher = matcher
        self._stop_ids = stop_ids

    @property
    def error(self) -> str:
        """Why the answer cannot be followed any more; empty where it can."""
        return _first_line(self.matcher.get_error()) if self.matcher.is_error() else ""

    def take(self, token: int) -> bool:
        """Take a token if it may come next; nothing is taken otherwise."""
        if token in self._stop_ids:
            return bool(self.matcher.is_accepting())
        return bool(self.matcher.try_consume_tokens([token]))


_NONE = np.zeros(0, dtype=np.intp)


def _held(mask: NDArray[np.int32]) -> NDArray[np.intp]:
    """List the bits of a mask that are set, in order."""
    # Of 150,000 tokens a few may come next: only the bytes of the mask that hold some are taken apart.
    parts = mask.view(np.uint8)
    held = np.flatnonzero(parts)
    row, bit = np.nonzero(np.unpackbits(parts[held], bitorder="little").reshape(-1, 8))
    tokens: NDArray[np.intp] = held[row] * 8 + bit
    return tokens


class _Vocabulary:
    """A vocabulary as llguidance takes it: the bytes of each token."""

    def __init__(
        self, tokens: list[bytes], special: list[int], stop_id: int, encode: Callable[[str], list[int]]
    ) -> None:
        self.tokens = tokens
        self.special_token_ids = special
        self.eos_token_id = stop_id
        self.bos_token_id = None
        self._encode = encode

    def __call__(self, text: str) -> list[int]:
        return self._encode(text)


def _as_llguidance(tokenizer: Any, n_tokens: int, stop_ids: list[int]) -> Any:
    from llguidance import LLTokenizer, TokenizerWrapper
    from llguidance.hf import from_tokenizer

    read = from_tokenizer(tokenizer)
    added = tokenizer.added_tokens_decoder
    tokens = [read.decode_bytes([token]) for token in range(min(read.vocab_size, n_tokens))]
    tokens += [b""] * (n_tokens - len(tokens))
    for token, says in added.items():
        # llguidance takes every added token in angle brackets for a control token, tags of the task too.
        tokens[token] = says.content.encode()
    special = [token for token, says in added.items() if says.special]
    wrapper = TokenizerWrapper(
        _Vocabulary(
            tokens, special, stop_ids[0], lambda text: tokenizer.encode(text, add_special_tokens=False)
        )
    )
    return LLTokenizer(wrapper, n_vocab=n_tokens, eos_token=stop_ids)


def _first_line(error: str) -> str:
    return error.strip().partition("\n")[0]
