"""Compare what an epoch costs in steps and padding, by the ways of putting rows into batches."""

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

_MULTIPLE = 8
"""LLaMA-Factory pads a batch of a training to a multiple of this."""
_SEED = 42


class EpochLayout(NamedTuple):
    """An epoch on one device."""

    name: str
    is_chosen: bool
    """Whether the YAML trains so."""
    sequences: int
    """Rows, or packs of rows."""
    steps: int
    """Of the optimiser."""
    padding: float
    """Share of the tokens that the device computes with and that are of no row."""


def layouts(lengths: Sequence[int], config: Mapping[str, Any], cutoff_len: int) -> list[EpochLayout]:
    """Compare rows in random order, rows grouped by length, and packs.

    Args:
        lengths: Tokens of each row, after truncation.
        config: The keys of a training YAML.
        cutoff_len: As the YAML says.
    """
    if not lengths:
        return []
    is_packing = bool(config.get("packing") or config.get("neat_packing"))
    is_grouped = config.get("train_sampling_strategy") == "group_by_length" and not is_packing
    batch = _whole(config, "per_device_train_batch_size", 8)
    accumulation = _whole(config, "gradient_accumulation_steps", 1)
    # The trainer's own order depends on its seed; the share of padding of a few thousand rows hardly does.
    shuffled = list(lengths)
    random.Random(_SEED).shuffle(shuffled)
    grouped = _grouped(lengths, batch * accumulation)
    packs = n_packs(lengths, cutoff_len - 1, _whole(config, "preprocessing_batch_size", 1000))

    def steps(sequences: int) -> int:
        return math.ceil(math.ceil(sequences / batch) / accumulation)

    n = len(lengths)
    plain = not is_packing and not is_grouped
    # What does not fit into packs of this cutoff_len was cut for rows; one token more is cut of the longest.
    in_packs = sum(min(length, cutoff_len - 1) for length in lengths)
    return [
        EpochLayout("rows in random order", plain, n, steps(n), padding_share(shuffled, batch)),
        EpochLayout("rows grouped by length", is_grouped, n, steps(n), padding_share(grouped, batch)),
        EpochLayout("packing", is_packing, packs, steps(packs), 1 - in_packs / (packs * cutoff_len)),
    ]


def _whole(config: Mapping[str, Any], key: str, default: int) -> int:
    value = config.get(key, default)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else default


def padding_share(lengths: Sequence[int], batch: int) -> float:
    """Count the padding of batches in the given order, as a share of all tokens."""
    # Rows of 8, 40, 9 and 39 tokens, two at a time, as they come: 2 * 40 + 2 * 40 = 160 tokens are computed
    # for 96, so that 40 % is padding. Grouped by length, (40, 39) and (9, 8): 2 * 40 + 2 * 16 = 112, 14 %.
    batches = [lengths[start : start + batch] for start in range(0, len(lengths), batch)]
    computed = sum(-(-max(rows) // _MULTIPLE) * _MULTIPLE * len(rows) for rows in batches)
    return 1 - sum(lengths) / computed if computed else 0.0


def n_packs(lengths: Sequence[int], capacity: int, rows_at_a_time: int) -> int:
    """Count the packs that LLaMA-Factory makes of rows, so many rows at a time."""
    from llamafactory.data.processor.processor_utils import greedy_knapsack

    # The packing is LLaMA-Factory's own: rows of 60, 50, 40 and 30 tokens and a room of 100 give (60, 40) and
    # (50, 30). It sees a thousand rows at a time, so a pack never holds rows that are further apart.
    fitting = [min(length, capacity) for length in lengths]
    return sum(
        len(greedy_knapsack(fitting[start : start + rows_at_a_time], capacity))
        for start in range(0, len(fitting), rows_at_a_time)
    )


def _grouped(lengths: Sequence[int], batch: int) -> list[int]:
    """Order lengths as the sampler of transformers does."""
    import torch
    from transformers.trainer_pt_utils import get_length_grouped_indices

    generator = torch.Generator().manual_seed(_SEED)
    return [lengths[i] for i in get_length_grouped_indices(list(lengths), batch, generator=generator)]
