"""Attention of many rows that begin alike: keys and values of the shared beginning stand in memory once.

A row's own tokens stand in a slot of a preallocated buffer. The attention of a token has two parts, over
the shared beginning (one matrix product for all rows) and over its own slot, under one softmax. transformers
calls ``SlotAttention`` by name in place of its own attention, so any decoder whose attention can be exchanged
works.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention, softmax

NAME = "nerforge_slots"
"""What transformers calls this attention. No mask is registered under it, so the model makes none."""
_GROWTH = 64


class Buffers(NamedTuple):
    """Keys and values of a layer."""

    keys: Tensor
    """[slots, key heads, tokens, head size]; without slots for the shared beginning."""
    values: Tensor


class SlotAttention:
    """The attention of one model for one run; ``begin_*`` says what the next forward pass is about."""

    def __init__(self, n_slots: int) -> None:
        """Prepare for at most ``n_slots`` rows at a time."""
        self.n_slots = n_slots
        self.shared: dict[int, Buffers] = {}
        self.own: dict[int, Buffers] = {}
        self.capacity = 0
        """Tokens that a slot holds now."""
        self._place: tuple[Any, ...] = ()
        self._bias: Tensor | None = None
        self._is_shared = False
        self._first = self._end = self._width = 0

    def begin_shared(self) -> None:
        """Let the next pass read the shared beginning: one row, causal, kept for all others."""
        self._is_shared = True

    def begin_rows(self, first: int, n_rows: int, width: int, device: torch.device) -> None:
        """Let the next pass fill slots from ``first`` on with rows padded at the right to ``width``."""
        self._is_shared = False
        self._first, self._end, self._width = first, first + n_rows, width
        self._place = (slice(first, first + n_rows), slice(None), slice(0, width))
        # Rows of 3 and 2 tokens have width 3: token i sees tokens 0 to i of its own slot, so that the padding
        # behind the shorter row is seen by no token of it.
        ahead = torch.ones(width, width, dtype=torch.bool, device=device).triu(1)
        self._bias = torch.zeros(width, width, device=device).masked_fill(ahead, float("-inf"))
        self._reserve(width)

    def begin_step(self, lengths: Tensor, longest: int) -> None:
        """Let the next pass add one token to each of the first slots, which hold ``lengths`` tokens."""
        self._is_shared = False
        n_rows = len(lengths)
        self._first, self._end, self._width = 0, n_rows, longest + 1
        rows = torch.arange(n_rows, device=lengths.device)
        self._place = (rows, slice(None), lengths)
        # Of lengths [5, 3] the new tokens stand at 5 and 3: the first row sees 0 to 5, the second 0 to 3, and
        # what an earlier row left behind in its slot is beyond them.
        beyond = torch.arange(longest + 1, device=lengths.device) > lengths[:, None]
        bias = torch.zeros(beyond.shape, device=lengths.device).masked_fill(beyond, float("-inf"))
        self._bias = bias[:, None, None, None, :]
        self._reserve(longest + 1)

    def move(self, sources: Tensor, targets: Tensor) -> None:
        """Move rows from slots to other slots."""
        for keys, values in self.own.values():
            keys[targets] = keys[sources]
            values[targets] = values[sources]

    def _reserve(self, width: int) -> None:
        """Let slots hold more tokens; in large steps, since everything is copied."""
        if width <= self.capacity:
            return
        self.capacity = max(width + _GROWTH, self.capacity * 3 // 2)
        for layer, buffers in self.own.items():
            self.own[layer] = Buffers(*(self._grown(old) for old in buffers))

    def _grown(self, old: Tensor) -> Tensor:
        n_slots, n_heads, n_tokens, size = old.shape
        new = old.new_zeros(n_slots, n_heads, self.capacity, size)
        new[:, :, :n_tokens] = old
        return new

    def __call__(
        self,
        module: torch.nn.Module,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attention_mask: Tensor | None,
        scaling: float | None = None,
        **_: Any,
    ) -> tuple[Tensor, None]:
        """Attend as transformers' attention functions do.

        Args:
            module: The layer's attention, which knows its ``layer_idx``.
            query: [rows, heads, tokens, head size], rotated.
            key: [rows, key heads, tokens, head size], rotated.
            value: As ``key``.
            attention_mask: None; who may see what follows from the slots.
            scaling: Of the scores.

        Returns:
            [rows, tokens, heads, head size], and no weights.
        """
        layer: Any = module.layer_idx
        if self._is_shared:
            self.shared[layer] = Buffers(key[0], value[0])
            attended = scaled_dot_product_attention(
                query, key, value, is_causal=True, scale=scaling, enable_gqa=True
            )
            return attended.transpose(1, 2), None
        self._store(layer, key, value)
        return self._attend(layer, query, scaling or query.shape[-1] ** -0.5), None

    def _store(self, layer: int, key: Tensor, value: Tensor) -> None:
        if layer not in self.own:
            shape = (self.n_slots, key.shape[1], self.capacity, key.shape[3])
            # What a row may not see has no weight, but 0 times what memory held before may be NaN.
            self.own[layer] = Buffers(key.new_zeros(shape), value.new_zeros(shape))
        keys, values = self.own[layer]
        if isinstance(self._place[0], slice):
            keys[self._place], values[self._place] = key, value
        else:
            # Indices on both sides of a slice bring their dimension to the front: [rows, heads, size].
            keys[self._place], values[self._place] = key[:, :, 0], value[:, :, 0]

    def _attend(self, layer: int, query: Tensor, scaling: float) -> Tensor:
        n_rows, n_heads, n_tokens, size = query.shape
        keys, values = (x[self._first : self._end, :, : self._width] for x in self.own[layer])
        n_groups = keys.shape[1]
        grouped = (query * scaling).view(n_rows, n_groups, -1, n_tokens, size)
        scores = torch.matmul(grouped, keys.unsqueeze(2).transpose(-1, -2)) + self._bias
        shared = self.shared.get(layer)
        if shared is None:
            attended = torch.matmul(_weights(scores, values), values.unsqueeze(2))
        else:
            attended = _attend_both(grouped, scores, values, shared)
        return attended.reshape(n_rows, n_heads, n_tokens, size).transpose(1, 2)


def _attend_both(grouped: Tensor, scores: Tensor, values: Tensor, shared: Buffers) -> Tensor:
    """Attend to the shared beginning and to a row's own tokens, under one softmax."""
    n_rows, n_groups, n_queries, n_tokens, size = grouped.shape
    n_shared = shared.keys.shape[1]
    # One product for all rows: [groups, rows x queries x tokens, shared tokens]. A step of 64 rows with 8 key
    # heads for 32 heads multiplies [8, 256, size] by [8, size, shared tokens]: shared keys are read once.
    flat = grouped.transpose(0, 1).reshape(n_groups, -1, size)
    of_shared = torch.matmul(flat, shared.keys.transpose(-1, -2))
    of_shared = of_shared.view(n_groups, n_rows, n_queries, n_tokens, n_shared).transpose(0, 1)
    # Softmax over each part alone would give each the weight 1; the weights are split again behind it.
    weights = _weights(torch.cat((of_shared, scores), dim=-1), values)
    first, rest = weights.split((n_shared, scores.shape[-1]), dim=-1)
    flat = first.transpose(0, 1).reshape(n_groups, -1, n_shared)
    attended = torch.matmul(flat, shared.values).view(n_groups, n_rows, n_queries, n_tokens, size)
    return attended.transpose(0, 1) + torch.matmul(rest, values.unsqueeze(2))


def _weights(scores: Tensor, values: Tensor) -> Tensor:
    # As transformers does it: never in 16 bits.
    dtype = torch.promote_types(scores.dtype, torch.float32)
    return softmax(scores, dim=-1, dtype=dtype).to(values.dtype)
