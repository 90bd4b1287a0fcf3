"""Escape untrusted text before it is shown: sentences of corpora, answers of models, names of files."""

import codecs
import re

ESCAPE = "nerforge.escape"
"""How streams treat what has no encoding: as ``encodable`` does."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_FIRST_BYTE, _ESCAPED_BYTE = 0xDC00, range(0xDC80, 0xDD00)


def printable(name: str) -> str:
    """Replace line ends, and control characters that no SVG may hold."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)


def encodable(name: str) -> str:
    r"""Write out what no encoding has: bytes of a file's name that are not UTF-8, as in ``caf\xe9.jsonl``."""
    return _SURROGATE.sub(_written_out, name)


def _written_out(found: re.Match[str]) -> str:
    # Python keeps the byte E9 of such a name as U+DCE9: https://peps.python.org/pep-0383/
    code = ord(found[0])
    return f"\\x{code - _FIRST_BYTE:02x}" if code in _ESCAPED_BYTE else f"\\u{code:04x}"


def _escape(err: UnicodeError) -> tuple[str, int]:
    if not isinstance(err, UnicodeEncodeError):
        raise err
    found = err.object[err.start : err.end]
    # Of another encoding than UTF-8, such as GBK, an emoji has none.
    return "".join(encodable(c) if _SURROGATE.match(c) else f"\\u{ord(c):04x}" for c in found), err.end


codecs.register_error(ESCAPE, _escape)
