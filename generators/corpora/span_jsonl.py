"""Read the JSONL layout of the published CCFBDCI and CMeEE files.

A line is ``{"text", "entities": [{"start_idx", "end_idx", "entity_text", "entity_label", ...}], ...}``. The
ends of the published files follow three conventions; the entity's own characters decide.
"""

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

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
    """What became of the rows and entities of a file; rows in = samples + dropped rows."""

    rows: int = 0
    entities: int = 0
    convention: EndConvention = EndConvention.UNKNOWN
    ends_off_convention: int = 0
    placements: Counter[str] = field(default_factory=Counter)
    """Entities by how they got their span."""
    duplicate_entities: int = 0
    """Entities that repeat label and span of another in the same row; dropped."""
    dropped_rows: Counter[str] = field(default_factory=Counter)
    duplicate_texts: int = 0
    faults: list[str] = field(default_factory=list)
    """The first few faults, with file and line."""
    n_faults: int = 0

    def fault(self, message: str) -> None:
        """Count a fault, and keep it if it is one of the first."""
        self.n_faults += 1
        if len(self.faults) < _N_EXAMPLES:
            self.faults.append(message)

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
            "duplicate_texts": self.duplicate_texts,
            "fault_examples": self.faults,
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
        entities = _place_row(row, task, report, shifts, f"{path.name}:{number}")
        if entities is not None:
            digest = sha256(row.text.encode()).hexdigest()[:8]
            samples.append(Sample(f"{task.name}-{number:06d}-{digest}", row.text, entities))
    report.convention, report.ends_off_convention = infer_convention(shifts)
    report.duplicate_texts = len(samples) - len({sample.text for sample in samples})
    if report.n_faults and not drop_faulty:
        more = (
            f"\nand {report.n_faults - len(report.faults)} more"
            if report.n_faults > len(report.faults)
            else ""
        )
        raise UserError(
            "\n".join(report.faults)
            + more
            + "\ncorrect the file, or pass --drop-faulty to leave out and count these rows"
        )
    if not samples:
        raise UserError(f"{path}: holds no usable rows")
    return samples, report


def _place_row(
    row: _Row, task: Task, report: ReadReport, shifts: list[int], where: str
) -> tuple[Entity, ...] | None:
    """Place a row's entities in reading order; None, with the faults counted, for a faulty row."""
    reasons: list[str] = []
    entities: dict[Entity, None] = {}
    if not row.text.strip():
        reasons.append("empty_text")
        report.fault(f"{where}: the text is empty")
    for span in row.entities:
        shifts.append(end_shift(span.start_idx, span.end_idx, span.entity_text))
        if span.entity_label not in task.schema:
            reasons.append("unknown_label")
            report.fault(f"{where}: label {span.entity_label!r} is not one of {', '.join(task.schema.names)}")
            continue
        if not span.entity_text:
            reasons.append("empty_entity")
            report.fault(f"{where}: an entity ({span.entity_label}) has no text")
            continue
        placed = place(span.entity_text, span.start_idx, row.text)
        report.placements[placed.placement.value] += 1
        if placed.span is None:
            reasons.append(placed.placement.value)
            report.fault(f"{where}: {_explain(span, placed.placement)}")
            continue
        entities[Entity(span.entity_label, span.entity_text, *placed.span)] = None
    if reasons:
        report.dropped_rows[reasons[0]] += 1
        return None
    report.duplicate_entities += len(row.entities) - len(entities)
    return tuple(sorted(entities, key=reading_order))


def _explain(span: _Span, placement: Placement) -> str:
    entity = f"entity {span.entity_text!r} ({span.entity_label})"
    if placement is Placement.LOST:
        return f"{entity} is not in the text"
    return f"{entity} is not at {span.start_idx}, and the text holds it more than once"
