"""Find out what the offsets of a file of spans mean, as for corpora, and say what tells it."""

from collections.abc import Mapping
from typing import NamedTuple

from nerforge.evaluation.span_files.placing import find_surface
from nerforge.evaluation.span_files.span_rows import SpanRow
from nerforge.generators.corpora.aligning.offsets import (
    EndConvention,
    OffsetConvention,
    OffsetEvidence,
    OffsetUnit,
)
from nerforge.generators.corpora.reading.raw_rows import RawEntity

_ENDS = {EndConvention.OFF_BY_ONE: "end one below the last character"}


class ConventionChoice(NamedTuple):
    """What offsets mean, and what tells it, as a note says it."""

    convention: OffsetConvention
    note: str


def find_convention(rows: Mapping[str, SpanRow], texts: Mapping[str, str]) -> ConventionChoice:
    """Conclude from the entities whose text the file repeats; without any, from where entities end.

    Args:
        rows: The rows by gold id.
        texts: The gold sentences by id, of rows that do not repeat them.
    """
    evidence = OffsetEvidence()
    n_told = n_placed = n_single = n_to_the_end = 0
    for gold_id, row in rows.items():
        text = texts[gold_id] if row.text is None else row.text
        for label, value, start, end, _ in row.spans or ():
            if start is None or end is None:
                continue
            n_placed += 1
            n_single += start == end
            n_to_the_end += end == len(text)
            # Only an entity whose text is in the sentence tells what its offsets mean.
            if value and (surface := _surface(value, text, start)):
                evidence.add(RawEntity(label, surface, start, end), text)
                n_told += 1
    if not n_placed:
        return ConventionChoice(
            OffsetConvention(), "entities have no offsets and are looked for, as those of answers are"
        )
    convention = evidence.convention()
    if convention.end is EndConvention.UNKNOWN:
        return _without_texts(n_single, n_to_the_end)
    return ConventionChoice(convention, f"{_said(convention)}, as the texts of {n_told} entities tell")


def _surface(value: str, text: str, start: int) -> str | None:
    """Give what the sentence says for a value, which a tokenizer may have spelt otherwise."""
    if value in text:
        return value
    place = find_surface(value, text, start)
    return text[slice(*place)] if place else None


def _without_texts(n_single: int, n_to_the_end: int) -> ConventionChoice:
    """Take ends as exclusive, unless entities would be empty so, and none ends behind its sentence."""
    # start == end is an empty span unless the end is inclusive; an end of len(text) would then be outside.
    if n_single and not n_to_the_end:
        convention = OffsetConvention(end=EndConvention.INCLUSIVE)
        why = f"{n_single} entities end where they start and none ends behind its sentence"
        return ConventionChoice(convention, f"{_said(convention)}, as {why}")
    convention = OffsetConvention(end=EndConvention.EXCLUSIVE)
    return ConventionChoice(convention, f"{_said(convention)}: assumed, as no entity's text tells")


def _said(convention: OffsetConvention) -> str:
    what = "characters" if convention.unit is OffsetUnit.CODE_POINTS else "UTF-16 units"
    end = _ENDS.get(convention.end, f"end {convention.end.value}")
    return f"offsets count {what} from {convention.first}, {end}"
