"""The ways in which people mark entities in a text: tags of SGML, and brackets of annotation tools."""

import html
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from nerforge.generators.corpora.reading.inline_marks import InlineMark, MarkKind

SUGGESTED = "suggested_entity"
EMPTY_TAG = "empty_tag"
NO_TAG = "tag_that_is_never_closed"


@dataclass(frozen=True, slots=True)
class MarkSyntax:
    """A way to mark entities."""

    name: str
    example: str
    marks: Callable[[str], Iterator[InlineMark]]
    """Finds what may be a mark in a text."""
    decode: Callable[[str], str] | None = None
    """Undoes the escapes of what is no mark."""
    is_strict: bool = False
    """Whether a mark without its other half is a fault; else it is text."""
    spans_lines: bool = False
    """Whether an entity may begin in one line and end in another."""
    has_structure: bool = False
    """Whether tags may stand around sentences, too."""


_NAME = r"[^\W\d][\w.:-]*"
_TAG = re.compile(rf"<(/?)({_NAME})((?:\s+{_NAME}\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>=]+))*)\s*(/?)>")
_CLOSING = re.compile(rf"</({_NAME})\s*>")
_ATTRIBUTE = re.compile(rf"({_NAME})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|(\S+))")
_LABEL_NAMES = ("type", "label", "class", "entity", "tag", "category", "cat", "ne", "sem")
_REFERENCE = re.compile(r"&(?:amp|lt|gt|quot|apos|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});")


def closed_names(lines: Iterable[str]) -> frozenset[str]:
    """Give the names of tags that close."""
    return frozenset(match[1] for line in lines if "</" in line for match in _CLOSING.finditer(line))


def tags(names: frozenset[str]) -> MarkSyntax:
    """Give the syntax of tags with some names; others, such as <unk> and <user>, are text."""
    return replace(TAGS, marks=partial(_tags, names))


def _tags(names: frozenset[str], source: str) -> Iterator[InlineMark]:
    for match in _TAG.finditer(source):
        closes, name, attributes, is_empty = match.groups()
        if name not in names and not is_empty:
            yield InlineMark(MarkKind.IS_TEXT, match.start(), match.end(), note=NO_TAG)
        elif is_empty:
            yield InlineMark(MarkKind.IS_DROPPED, match.start(), match.end(), name=name, note=EMPTY_TAG)
        elif closes:
            yield InlineMark(MarkKind.CLOSES, match.start(), match.end(), name=name)
        else:
            label = _label(name, attributes)
            yield InlineMark(MarkKind.OPENS, match.start(), match.end(), label, name)


def _label(name: str, attributes: str) -> str:
    """Give the label that a tag says: TYPE of <ENAMEX TYPE="PERSON">, or its name, as of <PER>."""
    values = {key.lower(): one or two or bare for key, one, two, bare in _ATTRIBUTE.findall(attributes)}
    said = next((value for key in _LABEL_NAMES if (value := values.get(key))), None)
    return _unescape(said) if said else name


def _unescape(piece: str) -> str:
    # Nothing but signs and numbers of characters: what a file declares itself is never expanded.
    return _REFERENCE.sub(lambda match: html.unescape(match[0]), piece) if "&" in piece else piece


_YEDDA = re.compile(r"\[([@$])|#([^\[\]#*\s][^\[\]#*\n]*)\*\]")


def _yedda(source: str) -> Iterator[InlineMark]:
    for match in _YEDDA.finditer(source):
        if match[2]:
            yield InlineMark(MarkKind.CLOSES, match.start(), match.end(), match[2])
        else:
            # [$王芳#PER*] is what the tool proposes and nobody confirmed.
            note = SUGGESTED if match[1] == "$" else None
            yield InlineMark(MarkKind.OPENS, match.start(), match.end(), note=note)


_WORD = r"[^\W\d][\w.-]{0,39}"
_PIPE = re.compile(rf"\[|\|({_WORD})\]|\]")


def _pipes(source: str) -> Iterator[InlineMark]:
    for match in _PIPE.finditer(source):
        if match[1]:
            yield InlineMark(MarkKind.CLOSES, match.start(), match.end(), match[1])
        else:
            kind = MarkKind.OPENS if match[0] == "[" else MarkKind.CANCELS
            yield InlineMark(kind, match.start(), match.end())


_OPENNLP = re.compile(rf"<START(?::({_WORD}))?> ?|(?: ?<END>)")


def _opennlp(source: str) -> Iterator[InlineMark]:
    for match in _OPENNLP.finditer(source):
        kind = MarkKind.OPENS if match[0].startswith("<START") else MarkKind.CLOSES
        # <START> without a label is that of the one kind of names that a model finds.
        label = match[1] or "default" if kind is MarkKind.OPENS else None
        yield InlineMark(kind, match.start(), match.end(), label)


TAGS = MarkSyntax(
    "tags",
    "<PER>王芳</PER>",
    partial(_tags, frozenset()),
    _unescape,
    is_strict=True,
    spans_lines=True,
    has_structure=True,
)
YEDDA = MarkSyntax("YEDDA", "[@王芳#PER*]", _yedda, is_strict=True, spans_lines=True)
PIPES = MarkSyntax("brackets", "[王芳|PER]", _pipes)
OPENNLP = MarkSyntax("OpenNLP", "<START:person> 王芳 <END>", _opennlp, is_strict=True)
OTHERS = (YEDDA, OPENNLP, PIPES)
"""All but tags, which are marks by their names."""
