"""A corpus: what its offsets mean, and its rows as samples, all that is not as it should be counted."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from generators.corpora.layouts import load_layout, recognise
from generators.corpora.offsets import Convention, Evidence, Placement, place
from generators.corpora.rows import Layout, RawEntity, RawRow
from templates.domain import Entity, Sample, reading_order
from templates.tasks import Task, task_of_labels

NAME = "corpus"
"""The name of a task of which only the labels are known."""
_N_EXAMPLES = 5


@dataclass(slots=True)
class ReadReport:
    """What became of the rows and entities of a file.

    Rows in = samples + dropped rows; entities in = kept + duplicates + those in dropped rows.
    """

    rows: int = 0
    entities: int = 0
    kept: Counter[str] = field(default_factory=Counter)
    """Entities of samples, by how they got their span."""
    duplicate_entities: int = 0
    """Entities that repeat label and span of another in the same row; dropped."""
    dropped_rows: Counter[str] = field(default_factory=Counter)
    """Rows left out, by the reason of their first fault."""
    entities_in_dropped_rows: int = 0
    faulty_entities: Counter[str] = field(default_factory=Counter)
    """Of these, the ones with a fault, by reason."""
    notes: Counter[str] = field(default_factory=Counter)
    """What the layout could not pass on, by kind."""
    n_faults: int = 0
    """A row may have several."""
    examples: list[str] = field(default_factory=list)
    """The first few faults: line and message."""

    def as_json(self) -> dict[str, Any]:
        """Give the counts with stable keys."""
        return {
            "rows": self.rows,
            "entities": self.entities,
            "kept": dict(sorted(self.kept.items())),
            "duplicate_entities": self.duplicate_entities,
            "dropped_rows": dict(sorted(self.dropped_rows.items())),
            "entities_in_dropped_rows": self.entities_in_dropped_rows,
            "faulty_entities": dict(sorted(self.faulty_entities.items())),
            "notes": dict(sorted(self.notes.items())),
            "fault_examples": self.examples,
        }


class _Fault(NamedTuple):
    reason: str
    message: str


class Corpus:
    """A file of labelled sentences, read anew each time, so that it may be of any size."""

    def __init__(
        self,
        path: Path,
        task: Task | None = None,
        layout: str | None = None,
        language: str | None = None,
    ) -> None:
        """Recognise the layout unless it is given, and find out what the offsets mean.

        Args:
            path: The file.
            task: Whose labels it has; without one, its labels are all that is known.
            layout: One of ``LAYOUTS``.
            language: That of a task of which only the labels are known.

        Raises:
            UserError: the file cannot be read, or not in this layout.
            UsageError: there is no such layout, or none is recognised.
        """
        self.path = path
        self.layout_name = layout or recognise(path)
        self._layout: Layout = load_layout(self.layout_name)
        self.evidence = Evidence()
        labels: Counter[str] = Counter()
        is_nested = False
        for row in self._layout.read(path):
            for entity in row.entities:
                self.evidence.add(entity, row.text)
            labels.update(entity.label for entity in row.entities)
            is_nested = is_nested or _overlap(row.entities)
        self.convention: Convention = self.evidence.convention()
        self.task = task or task_of_labels(NAME, sorted(labels), nested=is_nested, language=language)

    def samples(self, report: ReadReport) -> Iterator[tuple[Sample | None, RawRow]]:
        """Yield a sample for each row, or None for one with a fault, and count what became of it.

        An entity whose characters stand where the file says, or only at one other place, is placed. A row
        with any other entity, with a label outside the schema or without text is faulty, and left out whole:
        an incomplete row would teach the model to overlook entities.

        Raises:
            UserError: as when it was opened.
        """
        for row in self._layout.read(self.path):
            report.rows += 1
            report.entities += len(row.entities)
            report.notes.update(row.notes)
            yield self._sample(row, report), row

    def _sample(self, row: RawRow, report: ReadReport) -> Sample | None:
        faults = [] if row.text.strip() else [_Fault("empty_text", "the text is empty")]
        entities: dict[Entity, Placement] = {}
        for stated in row.entities:
            placed = self._place(stated, row.text)
            if isinstance(placed, _Fault):
                faults.append(placed)
                report.faulty_entities[placed.reason] += 1
            else:
                entities[placed[0]] = placed[1]
        if faults:
            report.dropped_rows[faults[0].reason] += 1
            report.entities_in_dropped_rows += len(row.entities)
            report.n_faults += len(faults)
            messages = [f"{self.path.name}:{row.place}: {fault.message}" for fault in faults]
            report.examples += messages[: _N_EXAMPLES - len(report.examples)]
            return None
        report.kept.update(placement.value for placement in entities.values())
        report.duplicate_entities += len(row.entities) - len(entities)
        digest = sha256(row.text.encode()).hexdigest()[:8]
        in_order = tuple(sorted(entities, key=reading_order))
        return Sample(f"{self.task.name}-{row.place:06d}-{digest}", row.text, in_order)

    def _place(self, stated: RawEntity, text: str) -> tuple[Entity, Placement] | _Fault:
        if stated.label not in self.task.schema:
            known = ", ".join(self.task.schema.names)
            return _Fault("unknown_label", f"label {stated.label!r} is not one of {known}")
        if stated.text == "":
            return _Fault("empty_entity", f"an entity ({stated.label}) has no text")
        placed = place(stated, text, self.convention)
        if placed.span is not None:
            value = text[slice(*placed.span)]
            return Entity(stated.label, value, *placed.span), placed.placement
        return _Fault(placed.placement.value, _why_not(stated, placed.placement))


def _overlap(entities: tuple[RawEntity, ...]) -> bool:
    """Tell whether entities share characters, as far as what is stated tells."""
    in_order = sorted(entities, key=lambda entity: (entity.start, entity.end))
    return any(
        after.start < (before.start + len(before.text) if before.text else before.end)
        for before, after in pairwise(in_order)
    )


def _why_not(stated: RawEntity, placement: Placement) -> str:
    if stated.text is None:
        where = f"from {stated.start} to {stated.end}"
        return f"an entity ({stated.label}) {where} does not lie in the text"
    entity = f"entity {stated.text!r} ({stated.label})"
    if placement is Placement.LOST:
        return f"{entity} is not in the text"
    return f"{entity} is not at {stated.start}, and the text holds it more than once"
