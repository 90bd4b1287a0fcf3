"""The sizes of a decoder, from which its weights, its memory and its work follow."""

from typing import Literal

import msgspec


class Experts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The mixture of experts that stands in the place of a layer's MLP."""

    layers: int
    """How many layers have one; the others have the MLP of ``Shape``."""
    count: int
    """Of a layer."""
    active: int
    """How many of them a token passes through."""
    intermediate: int
    """Of one expert."""
    shared: int = 0
    """Of the experts that every token passes through, all together."""


class LatentAttention(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Attention whose keys and values are compressed: DeepSeek-V2, arXiv 2405.04434, section 2.1."""

    query_rank: int
    """Of the compressed queries; 0 where queries are not compressed."""
    kv_rank: int
    plain: int
    """The part of a head's queries and keys without positions."""
    rotary: int
    """The part with positions; that of the keys is shared by all heads."""
    value: int
    """Of a head."""


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The sizes of a decoder. Biases and norms are left out: a thousandth of the weights."""

    hidden: int
    intermediate: int
    layers: int
    heads: int
    kv_heads: int
    head_size: int
    vocabulary: int
    tied: bool
    """Whether input and output embeddings are the same weights."""
    qk_norm: bool = False
    """Whether queries and keys are normalised, which keeps them once more for the backward pass."""
    fused: tuple[Literal["qkv", "gate_up"], ...] = ()
    """Modules that are one: LoRA then adds one pair of weights in the place of three, or of two."""
    gated: bool = True
    """Whether the MLP has a gate: three matrices in the place of two."""
    experts: Experts | None = None
    latent: LatentAttention | None = None
    bits: int | None = None
    """Of a weight of the linear modules where they are stored quantised; None for 16 or 32."""
    others: int = 0
    """Frozen weights outside of the decoder: a tower that sees or hears."""
