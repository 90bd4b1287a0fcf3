"""Tokens that a tokenizer of pieces adds before and behind a sentence, which are none of its text."""

from collections.abc import Sequence

_SPECIAL = {"##": frozenset(("[CLS]", "[SEP]", "[PAD]")), "▁": frozenset(("<s>", "</s>", "<pad>"))}
"""By the mark of the pieces."""
_OUTSIDE = ("O", "o", "_", "-")


def tokens_of_text(tokens: Sequence[str], layers: Sequence[Sequence[str]], mark: str) -> slice:
    """Give the tokens of a sentence between those that are special; one within an entity is of the text.

    Args:
        tokens: Those of a file of pieces.
        layers: The tags of each layer.
        mark: What marks pieces.
    """
    special = _SPECIAL.get(mark, frozenset())
    # [CLS] play ##ing [SEP] [PAD] [PAD]: from token 1 up to 3.
    of_text = [
        here
        for here, token in enumerate(tokens)
        if token not in special or any(layer[here] not in _OUTSIDE for layer in layers)
    ]
    return slice(of_text[0], of_text[-1] + 1) if of_text else slice(0, len(tokens))
