"""Where sentences end in a file that has no blank lines between them."""

from collections.abc import Iterator, Sequence

_ENDS = frozenset("。！？!?…｡")
_CLOSING = frozenset("”’」』）)》\"'")
_FULL_STOP = "."


def sentence_ends(tokens: Sequence[str], is_outside: Sequence[bool]) -> Iterator[int]:
    """Yield the numbers of the tokens that begin a sentence behind another: never one within an entity.

    Args:
        tokens: The tokens.
        is_outside: Whether a token is outside of all entities.
    """
    here = 0
    while here < len(tokens):
        ends = is_outside[here] and _is_end(tokens, here)
        here += 1
        if not ends:
            continue
        # 他说：“来。” ends with the quote, and what?! with its last sign.
        while here < len(tokens) and is_outside[here] and (tokens[here] in _CLOSING or tokens[here] in _ENDS):
            here += 1
        if here < len(tokens):
            yield here


def _is_end(tokens: Sequence[str], here: int) -> bool:
    if tokens[here] in _ENDS:
        return True
    # Of a file of characters nobody knows whether 3 . 5 is a number; behind a word of several letters a full
    # stop ends the sentence if it is a token by itself.
    return tokens[here] == _FULL_STOP and here > 0 and len(tokens[here - 1]) > 1
