"""A corpus: what its offsets mean, and its rows as samples, all that is not as it should be counted."""

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

from generators.corpora.layouts import load_layout, recognise
from generators.corpora.normalisation import NormalisationReport, TextNormaliser
from generators.corpora.offsets import Convention, Evidence, Placement, place
from generators.corpora.reports import Fault, ReadReport
from generators.corpora.rows import Layout, RawEntity, RawRow
from templates.domain import Entity, Sample, reading_order
from templates.tasks import Task, task_of_labels

NAME = "corpus"
"""The name of a task of which only the labels are known."""


class Corpus:
    """A file of labelled sentences, read anew each time, so that it may be of any size."""

    def __init__(
        self,
        path: Path,
        task: Task | None = None,
        layout: str | None = None,
        language: str | None = None,
        normaliser: TextNormaliser | None = None,
        *,
        name: str | None = None,
        tag: str = "",
    ) -> None:
        """Recognise the layout unless it is given, and find out what the offsets mean.

        Args:
            path: The file.
            task: Whose labels it has; without one, its labels are all that is known.
            layout: One of ``LAYOUTS``.
            language: That of a task of which only the labels are known.
            normaliser: Is applied to every sample once its entities have their places.
            name: What faults call the file; its last name, if None.
            tag: Keeps the ids of its samples apart from those of other files.

        Raises:
            UserError: the file cannot be read, or not in this layout.
            UsageError: there is no such layout, or none is recognised.
        """
        self.path = path
        self._name = name or path.name
        self._tag = f"{tag}-" if tag else ""
        self._normaliser = normaliser
        self.layout_name = layout or recognise(path)
        self._layout: Layout = load_layout(self.layout_name)
        self.evidence = Evidence()
        labels: Counter[str] = Counter()
        self.is_nested = False
        """Whether entities share characters, as far as what is stated tells."""
        for row in self._layout.read(path):
            for entity in row.entities:
                self.evidence.add(entity, row.text)
            labels.update(entity.label for entity in row.entities if entity.label)
            self.is_nested = self.is_nested or _overlap(row.entities)
        self.convention: Convention = self.evidence.convention()
        self.stated_labels = frozenset(labels)
        self.task = task or task_of_labels(NAME, sorted(labels), nested=self.is_nested, language=language)

    def report(self) -> ReadReport:
        """Begin to count."""
        return ReadReport(normalisation=NormalisationReport() if self._normaliser else None)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that its samples may have."""
        return self.task.schema.names

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
        where = f"{self._name}:{row.place}"
        faults = [] if row.text.strip() else [Fault("empty_text", "the text is empty")]
        entities: dict[Entity, Placement] = {}
        for stated in self._by_name(row, report):
            placed = self._place(stated, row.text)
            if isinstance(placed, Fault):
                faults.append(placed)
                report.faulty_entities[placed.reason] += 1
            else:
                entities[placed[0]] = placed[1]
        if faults:
            report.entities_in_dropped_rows += len(row.entities)
            report.drop(where, faults)
            return None
        digest = sha256(row.text.encode()).hexdigest()[:8]
        in_order = tuple(sorted(entities, key=reading_order))
        sample = self._normalise(
            Sample(f"{self.task.name}-{self._tag}{row.place:06d}-{digest}", row.text, in_order), report
        )
        if sample is None:
            report.entities_in_dropped_rows += len(row.entities)
            report.drop(where, [Fault("nothing_left", "nothing is left of the text when it is normalised")])
            return None
        report.kept.update(placement.value for placement in entities.values())
        report.duplicate_entities += len(row.entities) - len(entities)
        return sample

    def _normalise(self, sample: Sample, report: ReadReport) -> Sample | None:
        if self._normaliser is None or report.normalisation is None:
            return sample
        return self._normaliser.apply(sample, report.normalisation)

    def _by_name(self, row: RawRow, report: ReadReport) -> Iterator[RawEntity]:
        """Yield the entities of a row with the names of their labels, which files may call otherwise."""
        for stated in row.entities:
            known = None if stated.label in self.task.schema else self.task.schema.named(stated.label)
            report.note("labels_by_another_name", known is not None)
            yield stated._replace(label=known.name) if known else stated

    def _place(self, stated: RawEntity, text: str) -> tuple[Entity, Placement] | Fault:
        if stated.label not in self.task.schema:
            known = ", ".join(self.task.schema.names)
            return Fault("unknown_label", f"label {stated.label!r} is not one of {known}")
        if stated.text == "":
            return Fault("empty_entity", f"an entity ({stated.label}) has no text")
        placed = place(stated, text, self.convention)
        if placed.span is not None:
            value = text[slice(*placed.span)]
            return Entity(stated.label, value, *placed.span), placed.placement
        return Fault(placed.placement.value, _why_not(stated, placed.placement))


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
