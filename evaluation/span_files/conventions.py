"""Find out what the offsets of a file of spans mean, as for corpora, and say what tells it."""

from collections.abc import Mapping
from typing import NamedTuple

from nerforge.evaluation.span_files.span_layout import SpanRow
from nerforge.generators.corpora.aligning.offsets import (
    EndConvention,
    OffsetConvention,
    OffsetEvidence,
    OffsetSign,
    OffsetUnit,
)
from nerforge.generators.corpora.reading.raw_rows import RawEntity

_ENDS = {EndConvention.OFF_BY_ONE: "end one below the last character"}
_UNITS = {OffsetUnit.CODE_POINTS: "characters", OffsetUnit.UTF16: "UTF-16 units", OffsetUnit.UTF8: "bytes"}


class ConventionChoice(NamedTuple):
    """What offsets mean, and what tells it, as a note says it."""

    convention: OffsetConvention
    note: str


def find_convention(
    rows: Mapping[str, SpanRow], texts: Mapping[str, str], evidence: OffsetEvidence | None = None
) -> ConventionChoice:
    """Conclude from the entities whose text the file repeats; without any, from where entities end.

    Args:
        rows: The rows by gold id.
        texts: The gold sentences by id, of rows that do not repeat them.
        evidence: What the user declares, to which is added.
    """
    evidence = evidence or OffsetEvidence()
    for gold_id, row in rows.items():
        text = texts[gold_id] if row.text is None else row.text
        for label, value, start, end, _ in row.spans or ():
            if start is not None and end is not None:
                evidence.add(RawEntity(label, value, start, end), text)
    convention = evidence.convention()
    match evidence.sign():
        case None:
            why = "entities have no offsets and are looked for, as those of answers are"
            return ConventionChoice(OffsetConvention(), why)
        case OffsetSign.TEXTS:
            why = f", as the texts of {evidence.n_told()} entities tell"
        case OffsetSign.ENDS:
            why = ", as the ends of entities tell, without texts"
        case OffsetSign.DECLARED:
            why = ", as declared"
        case OffsetSign.ASSUMED:
            why = ": assumed, as no entity's text tells"
    return ConventionChoice(convention, f"{_said(convention)}{why}")


def _said(convention: OffsetConvention) -> str:
    end = _ENDS.get(convention.end, f"end {convention.end.value}")
    return f"offsets count {_UNITS[convention.unit]} from {convention.first}, {end}"
