"""Greedy decoding of many rows at a time: rows leave as they end, and others take their slots.

All prompts of a task begin alike (the instruction, the examples): that beginning is read once. The tokens are
those that decoding one row at a time gives, as far as the arithmetic is exact: in 16 bits, a product of many
rows may round otherwise than one of a single row.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from nerforge.evaluation.engines.local.slot_attention import NAME, SlotAttention
from nerforge.foundation.errors import UserError

_REFILL_SHARE = 0.25
"""Of the slots that must be free before new rows are read: reading a few costs nearly as much as many."""
_UNSUPPORTED_ROTATIONS = ("dynamic", "longrope")
"""They depend on the longest row of a batch."""


class DecodedRow(NamedTuple):
    """A row's answer."""

    number: int
    """The row's place among the prompts."""
    tokens: list[int]
    """Without the token that stopped it."""
    is_cut: bool
    """Whether it reached the limit of new tokens."""
    logprobs: list[float]
    """Of the tokens, and of the one that stopped it; empty where they are not kept."""


class Choice(NamedTuple):
    """The next token of each row."""

    tokens: list[int]
    logprobs: list[float] | None
    """Under the model's own distribution, whatever narrowed the choice; None where they are not kept."""


class TokenChooser(Protocol):
    """Chooses the next tokens of rows in place of the likeliest of all."""

    def begin(self, numbers: Sequence[int]) -> None:
        """Begin the answers of rows, once more where memory ran out."""

    def choose(self, logits: Tensor, numbers: Sequence[int]) -> list[int]:
        """Choose the next token of each row, of whose logits [rows, tokens] it may change none."""

    def end(self, number: int) -> None:
        """Forget a row that was answered."""


@dataclass(slots=True)
class _Active:
    """A row in a slot."""

    number: int
    n_prompt: int
    """Tokens of the prompt behind the shared beginning."""
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)


def is_supported(model: Any) -> bool:
    """Tell whether a model's attention is plain enough to be exchanged: full, without caps and sinks."""
    config = model.config
    kinds = getattr(config, "layer_types", None) or ["full_attention"]
    rope = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {}
    window = getattr(config, "sliding_window", None) if getattr(config, "use_sliding_window", True) else None
    return (
        getattr(model, "_supports_attention_backend", False)
        and set(kinds) == {"full_attention"}
        and window is None
        and getattr(config, "attn_logit_softcapping", None) is None
        and rope.get("rope_type") not in _UNSUPPORTED_ROTATIONS
    )


def common_beginning(prompts: Sequence[list[int]]) -> int:
    """Count the tokens that all prompts begin with; each keeps at least one of its own."""
    # All lists lie between these two in order, so they begin with whatever these two share.
    first, last = min(prompts), max(prompts)
    most = min(map(len, prompts)) - 1
    differing = (i for i in range(most) if first[i] != last[i])
    return next(differing, most)


class Decoder:
    """Decodes rows of a model greedily."""

    def __init__(
        self,
        model: Any,
        stop_ids: set[int],
        max_new_tokens: int,
        n_slots: int,
        *,
        shares_beginning: bool = True,
        chooser: TokenChooser | None = None,
        keeps_logprobs: bool = False,
    ) -> None:
        """Prepare.

        Args:
            model: A causal language model of transformers; see ``is_supported``.
            stop_ids: Tokens that end an answer.
            max_new_tokens: Where an answer is cut.
            n_slots: Rows that are decoded at a time.
            shares_beginning: Whether what all prompts begin with is read once.
            chooser: What chooses tokens; None for the likeliest.
            keeps_logprobs: Whether the log-probabilities of chosen tokens are kept.
        """
        self.model = model
        self.stop_ids = stop_ids
        self.max_new_tokens = max_new_tokens
        self.n_slots = n_slots
        self.shares_beginning = shares_beginning
        self._chooser = chooser
        self.keeps_logprobs = keeps_logprobs
        self._backbone = model.get_decoder()
        self._head = model.get_output_embeddings()
        self._device = model.device

    def decode(self, prompts: Sequence[list[int]]) -> Iterator[list[DecodedRow]]:
        """Yield the answers as they end, in any order.

        Args:
            prompts: Token ids of each row, at least one.

        Raises:
            UserError: a single row is too much for the memory.
        """
        waiting = deque(sorted(range(len(prompts)), key=lambda i: -len(prompts[i])))
        n_shared = common_beginning(prompts) if prompts and self.shares_beginning else 0
        while waiting:
            running: list[_Active] = []
            try:
                yield from self._run(prompts, n_shared, waiting, running)
            except torch.OutOfMemoryError as err:
                if self.n_slots == 1:
                    raise UserError("out of memory for one row; use a smaller model") from err
                # Their slots are lost with the memory: rows that ran are read again, half as many at a time.
                self.n_slots = max(1, min(self.n_slots, len(running) or self.n_slots) // 2)
                waiting.extendleft(row.number for row in reversed(running))
            if self._device.type == "cuda":
                torch.cuda.empty_cache()

    def _run(
        self, prompts: Sequence[list[int]], n_shared: int, waiting: deque[int], running: list[_Active]
    ) -> Iterator[list[DecodedRow]]:
        attention = SlotAttention(min(self.n_slots, len(waiting)))
        with _using(self.model, attention):
            if n_shared:
                attention.begin_shared()
                self._forward([prompts[0][:n_shared]], 0)
            while waiting or running:
                if ended := self._refill(attention, prompts, n_shared, waiting, running):
                    yield ended
                if running and (ended := self._step(attention, n_shared, running)):
                    yield ended

    def _refill(
        self,
        attention: SlotAttention,
        prompts: Sequence[list[int]],
        n_shared: int,
        waiting: deque[int],
        running: list[_Active],
    ) -> list[DecodedRow]:
        """Read new rows into the free slots, if they are many enough; give those that end at once."""
        n_free = attention.n_slots - len(running)
        if not waiting or n_free < attention.n_slots * _REFILL_SHARE:
            return []
        first = len(running)
        numbers = [waiting.popleft() for _ in range(min(n_free, len(waiting)))]
        own = [prompts[number][n_shared:] for number in numbers]
        # They are running from now on, so that none is lost if memory ends here.
        running += [_Active(number, len(ids)) for number, ids in zip(numbers, own, strict=True)]
        if self._chooser:
            self._chooser.begin(numbers)
        attention.begin_rows(first, len(own), max(map(len, own)), self._device)
        hidden = self._forward(own, n_shared)
        last = torch.tensor([len(ids) - 1 for ids in own], device=self._device)
        chosen = self._best(hidden[torch.arange(len(own), device=self._device), last], running[first:])
        return self._take(attention, running, chosen, first)

    def _step(self, attention: SlotAttention, n_shared: int, running: list[_Active]) -> list[DecodedRow]:
        """Add a token to every row that runs; give those that end."""
        # The last token of each row is not in its slot yet: this pass puts it there.
        held = [row.n_prompt + len(row.tokens) - 1 for row in running]
        lengths = torch.tensor(held, device=self._device)
        attention.begin_step(lengths, max(held))
        ids = torch.tensor([[row.tokens[-1]] for row in running], device=self._device)
        hidden = self._pass(ids, (lengths + n_shared)[:, None])
        return self._take(attention, running, self._best(hidden[:, -1], running), 0)

    def _forward(self, rows: Sequence[list[int]], first_position: int) -> Tensor:
        width = max(map(len, rows))
        ids = torch.tensor([[*row, *([0] * (width - len(row)))] for row in rows], device=self._device)
        positions = torch.arange(first_position, first_position + width, device=self._device)
        return self._pass(ids, positions.expand(len(rows), -1))

    def _pass(self, ids: Tensor, positions: Tensor) -> Tensor:
        with torch.inference_mode():
            out = self._backbone(input_ids=ids, position_ids=positions, use_cache=False)
        hidden: Tensor = out.last_hidden_state
        return hidden

    def _best(self, hidden: Tensor, rows: Sequence[_Active]) -> Choice:
        with torch.inference_mode():
            logits: Tensor = self._head(hidden)
            if self._chooser:
                tokens = self._chooser.choose(logits, [row.number for row in rows])
            else:
                tokens = logits.argmax(-1).tolist()
            if not self.keeps_logprobs:
                return Choice(tokens, None)
            chosen = torch.tensor(tokens, device=logits.device)
            return Choice(tokens, chosen_logprobs(logits, chosen).tolist())

    def _take(
        self, attention: SlotAttention, running: list[_Active], chosen: Choice, first: int
    ) -> list[DecodedRow]:
        """Give the rows from ``first`` on their tokens; rows that end leave, others take their slots."""
        ended, staying = [], list(range(first))
        for slot, token in enumerate(chosen.tokens, start=first):
            row = running[slot]
            if chosen.logprobs is not None:
                row.logprobs.append(chosen.logprobs[slot - first])
            is_stopped = token in self.stop_ids
            if not is_stopped:
                row.tokens.append(token)
            if is_stopped or len(row.tokens) == self.max_new_tokens:
                ended.append(DecodedRow(row.number, row.tokens, not is_stopped, row.logprobs))
                if self._chooser:
                    self._chooser.end(row.number)
            else:
                staying.append(slot)
        if ended:
            self._close_gaps(attention, running, staying)
        return ended

    def _close_gaps(self, attention: SlotAttention, running: list[_Active], staying: list[int]) -> None:
        # Of slots 0 to 4, of which 1 and 3 ended, [0, 2, 4] stay: three rows, so 4 moves to slot 1.
        n = len(staying)
        free = sorted(set(range(n)).difference(staying))
        movers = [slot for slot in staying if slot >= n]
        for target, source in zip(free, movers, strict=True):
            running[target] = running[source]
        del running[n:]
        if movers:
            device = self._device
            with torch.inference_mode():
                attention.move(torch.tensor(movers, device=device), torch.tensor(free, device=device))


def chosen_logprobs(logits: Tensor, tokens: Tensor) -> Tensor:
    """Give the log-probability of one token a row, in 32 bits: only the sum over the vocabulary is made.

    Args:
        logits: [rows, vocabulary], as the model gives them.
        tokens: [rows].
    """
    logits = logits.float()
    return logits.gather(-1, tokens[:, None])[:, 0] - logits.logsumexp(-1)


@contextmanager
def _using(model: Any, attention: SlotAttention) -> Iterator[None]:
    """Let a model attend by slots."""
    from transformers import AttentionInterface

    before = model.config._attn_implementation
    AttentionInterface.register(NAME, attention)
    model.set_attn_implementation(NAME)
    try:
        yield
    finally:
        model.set_attn_implementation(before)
