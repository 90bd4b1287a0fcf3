r"""Escape untrusted text before it is shown: sentences of corpora, answers of models, names of files.

What a terminal might obey (``ESC ] 0 ;`` sets its title), what turns the reading direction (U+202E) and what
cannot be seen is written out as in Python: ``\x1b``, ``\u202e``, ``\n``.
"""

import codecs
import re

ESCAPE = "nerforge.escape"
"""How streams treat what has no encoding: as ``encodable`` does."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_FIRST_BYTE, _ESCAPED_BYTE = 0xDC00, range(0xDC80, 0xDD00)
_VISIBLE = "\u3000"
"""The wide blank of Chinese text; Python counts it among what cannot be printed."""


def printable(text: str) -> str:
    """Write out ends of lines, control characters and whatever else cannot be seen."""
    return text if text.isprintable() else "".join(map(_visible, text))


def printable_lines(text: str) -> str:
    """Do the same for a text of several lines, which stay apart."""
    return "\n".join(map(printable, text.split("\n")))


def printable_json(text: str, *, is_ascii: bool = False) -> str:
    """Write out in a JSON document what cannot be seen, and on demand all that is not ASCII, as JSON does."""
    return "\n".join(map(_json_in_ascii if is_ascii else _visible_json, text.split("\n")))


def encodable(name: str) -> str:
    r"""Write out what no encoding has: bytes of a file's name that are not UTF-8, as in ``caf\xe9.jsonl``."""
    return _SURROGATE.sub(_written_out, name)


def _visible(character: str) -> str:
    if character.isprintable() or character in _VISIBLE:
        return character
    return _escaped(character)


def _escaped(character: str) -> str:
    if _SURROGATE.match(character):
        return encodable(character)
    return character.encode("unicode_escape").decode("ascii")


def _json_in_ascii(line: str) -> str:
    return line if line.isascii() and line.isprintable() else "".join(map(_in_json, line))


def _visible_json(line: str) -> str:
    return line if line.isprintable() else "".join(c if c.isprintable() else _in_json(c) for c in line)


def _in_json(character: str) -> str:
    if " " <= character <= "~":
        return character
    # UTF-16: JSON writes what stands beyond U+FFFF as two halves.
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _written_out(found: re.Match[str]) -> str:
    # Python keeps the byte E9 of such a name as U+DCE9: https://peps.python.org/pep-0383/
    code = ord(found[0])
    return f"\\x{code - _FIRST_BYTE:02x}" if code in _ESCAPED_BYTE else f"\\u{code:04x}"


def _escape(err: UnicodeError) -> tuple[str, int]:
    if not isinstance(err, UnicodeEncodeError):
        raise err
    # Of another encoding than UTF-8, such as GBK, an emoji has none.
    return "".join(_escaped(c) for c in err.object[err.start : err.end]), err.end


codecs.register_error(ESCAPE, _escape)
