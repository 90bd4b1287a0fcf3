"""Simplified characters for traditional ones: 清華大學 and 清华大学 are one value, and 實體 is a label."""

from collections.abc import Callable
from functools import cache

_FIRST_IDEOGRAPH = 0x3400
"""Below it no character has a simplified form, and nothing is looked up."""


class _SimplifiedCharacters(dict[int, str]):
    """The simplified form of each character, by its code point; looked up when it is first asked for."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        # Half of a surrogate pair cannot be handed to OpenCC.
        is_other = code < _FIRST_IDEOGRAPH or 0xD800 <= code <= 0xDFFF
        simplified = character if is_other else open_opencc()(character)
        self[code] = simplified if len(simplified) == 1 else character
        return self[code]


@cache
def open_opencc() -> Callable[[str], str]:
    """Give the conversion of traditional into simplified characters, which the words around decide."""
    # Few texts need it, and every command would import it.
    from opencc import OpenCC

    convert: Callable[[str], str] = OpenCC("t2s").convert
    return convert


_SIMPLIFIED = _SimplifiedCharacters()


def simplify(text: str) -> str:
    """Write each character in its simplified form, by itself; the text keeps its length.

    Names may come out wrong (萧乾 gives 萧干), so this is for comparisons alone.
    """
    return text if text.isascii() else text.translate(_SIMPLIFIED)
