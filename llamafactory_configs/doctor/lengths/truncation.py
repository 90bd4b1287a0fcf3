"""Say what LLaMA-Factory's supervised processing keeps of turns at a cutoff_len."""

from collections.abc import Sequence
from typing import NamedTuple


class TurnTokens(NamedTuple):
    """Tokens of a prompt and of the answer to it; of a first turn, prefix and system with the prompt."""

    prompt: int
    answer: int


class TruncationRule(NamedTuple):
    """What decides how rows are truncated."""

    cutoff_len: int
    """As the processing has it: with packing, one less than the YAML's."""
    is_reversed: bool = False
    """With mask_history, the last turn has the first claim to the room."""
    has_own_end: bool = False
    """Whether the template ends a row, not each answer, with an end-of-text token."""


def needed(turns: Sequence[TurnTokens], rule: TruncationRule) -> int:
    """Count the tokens of a row that is not truncated."""
    return sum(map(sum, turns)) + rule.has_own_end


def keep(turns: Sequence[TurnTokens], rule: TruncationRule) -> list[TurnTokens]:
    """Give what is left of each turn, in the order of the row; a turn without room keeps nothing."""
    from llamafactory.data.processor.processor_utils import infer_seqlen

    # At a cutoff_len of 100, turns of 50 + 50 and 10 + 10 tokens keep 50 + 50 and 0 + 0. With mask_history
    # only the last answer is learnt and gets its room first: 40 + 40 and 10 + 10.
    used = int(rule.has_own_end)
    kept = []
    for turn in reversed(turns) if rule.is_reversed else turns:
        left = TurnTokens(0, 0)
        if used < rule.cutoff_len:
            # LLaMA-Factory shares the room between prompt and answer in proportion to their lengths, but a
            # side that is short is kept whole: 300 + 20 tokens at 200 become 180 + 20.
            left = TurnTokens(*infer_seqlen(turn.prompt, turn.answer, rule.cutoff_len - used))
        used += sum(left)
        kept.append(left)
    return kept[::-1] if rule.is_reversed else kept
