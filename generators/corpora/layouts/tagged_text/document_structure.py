"""Tags around sentences, as SGML and XML have them: they divide a text, and mark no entities in it."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.errors import UserError

STRUCTURE_TAG = "structure_tag"
METADATA = "document_metadata"

_STRUCTURE = (
    "corpus|root|data|dataset|docs|documents|doc|document|text|txt|body|sgml|s|sent|sents|sentence|sentences|"
    "seg|p|par|para|paragraph|paragraphs|turn|hl|headline|slug|title|article|bdy|xml|record|records|section|"
    "chapter|story|report|note|page|line|file|tweet|post|message|utterance"
)
_METADATA = "docno|docid|doctype|datetime|date_time|srcid|docsource|header|head|trailer|keywords|nwords|id"
_TAG = re.compile(rf"<(/?)({_STRUCTURE}|{_METADATA})(?=[\s/>])[^<>]*>", re.IGNORECASE)
_IS_METADATA = re.compile(_METADATA, re.IGNORECASE)
_DECLARATION = re.compile(r"<\?xml\b[^<>]*\?>|<!DOCTYPE\b[^<>\[]*>")
_OWN_ENTITIES = re.compile(r"<!DOCTYPE\b[^<>]*\[|<!ENTITY\b")


class StructurePiece(NamedTuple):
    """What stands in a line between two tags of the structure."""

    line: int
    text: str
    begins: bool
    """Whether a tag of the structure stands before it, so that it is another text than the piece before."""


def pieces_of(path: Path, lines: Iterable[tuple[int, str]]) -> Iterator[StructurePiece | str]:
    """Yield the pieces of text, and a note for each tag of the structure and each piece of metadata.

    Args:
        path: The file, for messages.
        lines: Its lines with their numbers.

    Raises:
        UserError: the file declares entities of its own, which are never expanded.
    """
    skipped: str | None = None
    for number, line in lines:
        if "<" not in line:
            if skipped is None:
                yield StructurePiece(number, line, False)
            continue
        if _OWN_ENTITIES.search(line):
            raise UserError(
                f"{path}:{number}: declares XML entities, which are never expanded; write them out first"
            )
        at, begins = 0, False
        line = _DECLARATION.sub("", _without_comments(line))
        for match in _TAG.finditer(line):
            if skipped is None:
                yield StructurePiece(number, line[at : match.start()], begins)
            at, begins = match.end(), True
            yield STRUCTURE_TAG
            if skipped is None and not match[1] and _IS_METADATA.fullmatch(match[2]):
                skipped = None if match[0].endswith("/>") else match[2]
                yield METADATA
            elif match[1] and match[2] == skipped:
                skipped = None
        if skipped is None:
            yield StructurePiece(number, line[at:], begins)


def _without_comments(line: str) -> str:
    # Not by a pattern: of many that begin and none that ends, each would be followed to the end of the line.
    kept: list[str] = []
    at = 0
    while (start := line.find("<!--", at)) >= 0 and (end := line.find("-->", start)) >= 0:
        kept.append(line[at:start])
        at = end + len("-->")
    return "".join([*kept, line[at:]])
