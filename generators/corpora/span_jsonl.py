"""Read the JSONL layout of the published CCFBDCI and CMeEE files.

A line is ``{"text", "entities": [{"start_idx", "end_idx", "entity_text", "entity_label", ...}], ...}``. The
ends of the published files follow three conventions; the entity's own characters decide.
"""

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from generators.corpora.offsets import EndConvention, Placement, end_shift, infer_convention, place
from generators.files import read_jsonl
from templates.domain import Entity, Sample, reading_order
from templates.errors import UserError
from templates.tasks import Task

_N_EXAMPLES = 5


class _Span(msgspec.Struct):
    start_idx: int
    end_idx: int
    entity_text: str
    entity_label: str


class _Row(msgspec.Struct):
    text: str
    entities: list[_Span]


@dataclass(slots=True)
class ReadReport:
    """What became of the rows and entities of a file.

    Rows in = samples + dropped rows; entities in = kept + duplicates + those in dropped rows.
    """

    rows: int = 0
    entities: int = 0
    convention: EndConvention = EndConvention.UNKNOWN
    ends_off_convention: int = 0
    placements: Counter[str] = field(default_factory=Counter)
    """Entities by how they got their span."""
    duplicate_entities: int = 0
    """Entities that repeat label and span of another in the same row; dropped."""
    dropped_rows: Counter[str] = field(default_factory=Counter)
    """Rows left out, by the reason of their first fault."""
    entities_in_dropped_rows: int = 0
    duplicate_texts: int = 0
    contradictory_texts: int = 0
    """Labellings of a text beyond its first one."""
    faults: list[tuple[int, str]] = field(default_factory=list)
    """The first few faults: line and message."""
    n_faults: int = 0

    def fault(self, line: int, message: str) -> None:
        """Count a fault, and keep it if it is one of the first."""
        self.n_faults += 1
        if len(self.faults) < _N_EXAMPLES:
            self.faults.append((line, message))

    def as_json(self) -> dict[str, Any]:
        """Give the counts with stable keys."""
        return {
            "rows": self.rows,
            "entities": self.entities,
            "end_convention": self.convention.value,
            "ends_off_convention": self.ends_off_convention,
            "placements": dict(sorted(self.placements.items())),
            "duplicate_entities": self.duplicate_entities,
            "dropped_rows": dict(sorted(self.dropped_rows.items())),
            "entities_in_dropped_rows": self.entities_in_dropped_rows,
            "duplicate_texts": self.duplicate_texts,
            "contradictory_texts": self.contradictory_texts,
            "fault_examples": [f"line {line}: {message}" for line, message in self.faults],
        }


def read_span_jsonl(path: Path, task: Task, *, drop_faulty: bool = False) -> tuple[list[Sample], ReadReport]:
    """Read a corpus file.

    An entity whose text stands at its start, or only at one other place, is placed. A row with any other
    entity, with a label outside the schema or without text is faulty: an incomplete row would teach the model
    to overlook entities, so it is dropped whole or, by default, the file is refused.

    Raises:
        UserError: a line has another layout, or rows are faulty and ``drop_faulty`` is not set.
    """
    report = ReadReport()
    samples: list[Sample] = []
    shifts: list[int] = []
    for number, row in read_jsonl(path, _Row):
        report.rows += 1
        report.entities += len(row.entities)
        entities = _place_row(row, task, report, shifts, number)
        if entities is not None:
            digest = sha256(row.text.encode()).hexdigest()[:8]
            samples.append(Sample(f"{task.name}-{number:06d}-{digest}", row.text, entities))
    report.convention, report.ends_off_convention = infer_convention(shifts)
    n_texts = len({sample.text for sample in samples})
    report.duplicate_texts = len(samples) - n_texts
    report.contradictory_texts = len({(sample.text, sample.entities) for sample in samples}) - n_texts
    if report.n_faults and not drop_faulty:
        raise UserError(_refusal(path, report))
    if not samples:
        raise UserError(f"{path}: holds no usable rows")
    return samples, report


class _Fault(NamedTuple):
    reason: str
    message: str


def _place_row(
    row: _Row, task: Task, report: ReadReport, shifts: list[int], number: int
) -> tuple[Entity, ...] | None:
    """Place a row's entities in reading order; None, with the faults counted, for a faulty row."""
    faults = [] if row.text.strip() else [_Fault("empty_text", "the text is empty")]
    entities: dict[Entity, None] = {}
    for span in row.entities:
        shifts.append(end_shift(span.start_idx, span.end_idx, span.entity_text))
        placed = _place_entity(span, row.text, task, report)
        if isinstance(placed, Entity):
            entities[placed] = None
        else:
            faults.append(placed)
    if faults:
        report.dropped_rows[faults[0].reason] += 1
        report.entities_in_dropped_rows += len(row.entities)
        for fault in faults:
            report.fault(number, fault.message)
        return None
    report.duplicate_entities += len(row.entities) - len(entities)
    return tuple(sorted(entities, key=reading_order))


def _place_entity(span: _Span, text: str, task: Task, report: ReadReport) -> Entity | _Fault:
    if span.entity_label not in task.schema:
        known = ", ".join(task.schema.names)
        return _Fault("unknown_label", f"label {span.entity_label!r} is not one of {known}")
    if not span.entity_text:
        return _Fault("empty_entity", f"an entity ({span.entity_label}) has no text")
    placed = place(span.entity_text, span.start_idx, text)
    report.placements[placed.placement.value] += 1
    if placed.span is not None:
        return Entity(span.entity_label, span.entity_text, *placed.span)
    entity = f"entity {span.entity_text!r} ({span.entity_label})"
    if placed.placement is Placement.LOST:
        return _Fault(placed.placement.value, f"{entity} is not in the text")
    message = f"{entity} is not at {span.start_idx}, and the text holds it more than once"
    return _Fault(placed.placement.value, message)


def _refusal(path: Path, report: ReadReport) -> str:
    lines = [f"{path}:{line}: {message}" for line, message in report.faults]
    if report.n_faults > len(lines):
        lines.append(f"and {report.n_faults - len(lines)} more")
    lines.append("correct the file, or pass --drop-faulty to leave out and count these rows")
    return "\n".join(lines)
