"""A text and its annotations of another file, in whatever way a tool has counted line ends."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from nerforge.generators.corpora.reading.raw_rows import RawEntity
from nerforge.generators.corpora.reading.texts_of_files.text_files import BOM, without_mark

LINE_ENDS = "line_ends_counted_as_one_character"

_BREAKS = re.compile("[\t\r\n]")
_LAST_END = re.compile(r"\r?\n\Z")


class AnnotatedText(NamedTuple):
    """A text, and its entities with offsets that count its characters."""

    text: str
    entities: tuple[RawEntity, ...]
    notes: tuple[str, ...] = ()


class _Counting(NamedTuple):
    """A text as a tool may have counted it."""

    text: str
    note: tuple[str, ...] = ()


def annotate(text: str, entities: list[RawEntity]) -> AnnotatedText:
    r"""Choose the text in which most entities stand where they say.

    Tools count a Windows line end as two characters or as one, and a byte order mark, which is a character of
    the text then, as one or not. What stands in the text with blanks for its line ends and tabs gets the
    characters of the text. The last line end is that of the file, unless an entity holds it.
    """
    counted = max(_countings(text), key=lambda counting: _n_agreeing(counting, entities))
    said = tuple(_said(entity, counted.text) for entity in entities)
    whole = counted.text
    shorter = _LAST_END.sub("", whole)
    is_held = any(entity.end > len(shorter) for entity in said)
    return AnnotatedText(whole if is_held else shorter, said, counted.note)


def file_of(text: str) -> str:
    """Give the content of a file from which the text is read back."""
    # A mark at the start and a line end at the end are taken for those of the file.
    mark = BOM if text.startswith(BOM) else ""
    end = "\r\n" if text.endswith("\r") else "\n"
    return mark + text + end


def flat(text: str) -> str:
    """Write a text that may hold line ends and tabs on one line."""
    return _BREAKS.sub(" ", text)


def _countings(text: str) -> Iterator[_Counting]:
    """Yield the ways to count, the likeliest first."""
    said = dict.fromkeys((without_mark(text), text))
    for one in said:
        yield _Counting(one)
    for one in said:
        if "\r\n" in one:
            yield _Counting(one.replace("\r\n", "\n"), (LINE_ENDS,))


def _n_agreeing(counting: _Counting, entities: list[RawEntity]) -> int:
    return sum(_agrees(entity, counting.text) for entity in entities)


def _agrees(entity: RawEntity, text: str) -> bool:
    said = text[entity.start : entity.end] if entity.start >= 0 else ""
    return entity.text is not None and flat(said) == flat(entity.text)


def _said(entity: RawEntity, text: str) -> RawEntity:
    return entity._replace(text=text[entity.start : entity.end]) if _agrees(entity, text) else entity
