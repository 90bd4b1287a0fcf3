"""Write WebAnno TSV 3.3: a sentence for each row, with its entities in the layer ``NamedEntity``."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.aligning.text_units import OffsetUnit, count_units
from nerforge.generators.corpora.layouts.webanno_tsv.webanno_escapes import escape_text, escape_value
from nerforge.generators.corpora.layouts.webanno_tsv.webanno_header import FORMAT, NAMED_ENTITY
from nerforge.generators.corpora.layouts.webanno_tsv.webanno_sentences import (
    NO_ANNOTATION,
    NO_VALUE,
    SENTENCE_ID,
    SENTENCE_META,
    SENTENCE_PART,
)
from nerforge.generators.corpora.reading.raw_rows import RawRow
from nerforge.generators.corpora.reading.written_entities import check_place, said_entity

# A Chinese or Korean character, a word, a run of blanks or a sign: what annotators mark in a text.
_CHARACTER = "\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_CHARACTER}]|[^\W{_CHARACTER}]+|\s+|\W")


def write_sentences(rows: Iterable[RawRow]) -> Iterator[bytes]:
    """Write the file; part and ``meta`` stand in lines that WebAnno skips, and scores have no place.

    Raises:
        UserError: a text is empty, or an entity is not in it or has no label.
    """
    yield f"{FORMAT}3.3\n#T_SP={NAMED_ENTITY}|identifier|value\n\n".encode()
    offset = n_entities = 0
    for number, row in enumerate(rows, start=1):
        _check(row)
        yield "".join(_sentence(row, number, offset, n_entities)).encode()
        n_entities += len(row.entities)
        # The line end between two sentences.
        offset += count_units(row.text, OffsetUnit.UTF16) + 1


def _check(row: RawRow) -> None:
    if not row.text:
        raise UserError(f"row {row.place}: the text is empty, which is no sentence in WebAnno TSV")
    for entity in row.entities:
        check_place(row, entity)
        if not entity.label or any(char in entity.label for char in "\r\n\t"):
            what = said_entity(row, entity)
            raise UserError(f"{what}: a label is empty or holds a tab or line end; rename it")


def _sentence(row: RawRow, number: int, offset: int, n_entities: int) -> Iterator[str]:
    yield "\n"
    if row.id is not None:
        yield f"{SENTENCE_ID}{escape_text(row.id)}\n"
    # INCEpTION reads the id and the text in the head of a sentence, and no other line of it.
    if row.part is not None:
        yield f"{SENTENCE_PART}{escape_text(row.part)}\n"
    if row.meta is not None:
        yield f"{SENTENCE_META}{escape_text(msgspec.json.encode(row.meta).decode())}\n"
    for line in row.text.split("\n"):
        yield f"#Text={escape_text(line)}\n"
    stacks = _stacks(row)
    at = 0
    for place, (start, end) in enumerate(_tokens(row), start=1):
        # From token to token, as counting from the start of the text would take the square of its length.
        first = offset + count_units(row.text[at:start], OffsetUnit.UTF16)
        offset = first + count_units(row.text[start:end], OffsetUnit.UTF16)
        at = end
        token = escape_value(row.text[start:end])
        cells = _cells([(n_entities + 1 + n, row.entities[n].label) for n in stacks[start]])
        yield f"{number}-{place}\t{first}-{offset}\t{token}\t{cells}\t\n"


def _cells(here: list[tuple[int, str]]) -> str:
    if not here:
        return f"{NO_ANNOTATION}\t{NO_ANNOTATION}"
    identifiers = "|".join(f"{NO_VALUE}[{n}]" for n, _ in here)
    return identifiers + "\t" + "|".join(f"{escape_value(label)}[{n}]" for n, label in here)


def _stacks(row: RawRow) -> dict[int, list[int]]:
    """Give for each token, by its start, the entities that hold it."""
    begin: dict[int, list[int]] = {}
    finish: dict[int, list[int]] = {}
    for n, entity in enumerate(row.entities):
        begin.setdefault(entity.start, []).append(n)
        finish.setdefault(entity.end, []).append(n)
    stacks: dict[int, list[int]] = {}
    here: set[int] = set()
    for start in _bounds(row):
        here.difference_update(finish.get(start, ()))
        here.update(begin.get(start, ()))
        stacks[start] = sorted(here)
    return stacks


def _bounds(row: RawRow) -> list[int]:
    """List where tokens begin and end: where entities do, too."""
    bounds = {0, len(row.text)}
    bounds.update(place for match in _TOKEN.finditer(row.text) for place in match.span())
    bounds.update(place for entity in row.entities for place in (entity.start, entity.end))
    return sorted(bounds)


def _tokens(row: RawRow) -> Iterator[tuple[int, int]]:
    """Yield the tokens; blanks are some only where an entity has them at its ends, or the text begins."""
    starts = {entity.start for entity in row.entities} | {0}
    ends = {entity.end for entity in row.entities}
    for start, end in pairwise(_bounds(row)):
        if not row.text[start:end].isspace() or start in starts or end in ends:
            yield start, end
