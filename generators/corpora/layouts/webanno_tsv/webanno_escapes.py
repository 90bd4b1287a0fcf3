"""The escapes of WebAnno TSV: those of sentences, and those of values.

As WebAnno's own code has them: ``Escaping.java`` of its module for TSV 3.
"""

import re

_SIGNS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "b": "\b", "\\": "\\"}
_NAMED = {sign: f"\\{letter}" for letter, sign in _SIGNS.items()}
_CONTROLS = {chr(code): f"\\{chr(code)}" for code in range(32) if not 7 < code < 14}
_IN_TEXT = str.maketrans(_NAMED | _CONTROLS)
_TEXT = re.compile(r"\\([tnrfb\\\x00-\x07\x0e-\x1f])")
_JAVA = re.compile(r"\\(?:u+([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_RESERVED = re.compile(r"->|[\\\[\]|_;*]")
_VALUE = re.compile(r"\\(->|[\\\[\]|_;*tnr])")


def escape_text(text: str) -> str:
    """Escape a line of a sentence."""
    return text.translate(_IN_TEXT)


def unescape_text(text: str, minor_version: int) -> str:
    """Undo the escapes of a sentence, which are those of Java up to version 3.1."""
    if "\\" not in text:
        return text
    if minor_version <= 1:
        said = _JAVA.sub(lambda match: chr(int(match[1], 16)) if match[1] else _sign(match[2]), text)
        # Java escapes the two halves of an emoji one by one.
        return said.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _TEXT.sub(lambda match: _sign(match[1]), text)


def _sign(letter: str) -> str:
    return _SIGNS.get(letter, letter)


def escape_value(value: str) -> str:
    """Escape a value."""
    said = _RESERVED.sub(lambda match: f"\\{match[0]}", value)
    return said.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def unescape_value(value: str) -> str:
    """Undo the escapes of a value."""
    return _VALUE.sub(lambda match: _SIGNS.get(match[1], match[1]), value)
