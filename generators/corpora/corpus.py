"""A corpus: what its offsets mean, and its rows as samples, all that is not as it should be counted."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.files.unchanged import ReadFile
from nerforge.foundation.printing import encodable
from nerforge.generators.corpora.aligning.answer_evidence import AnswerEvidence
from nerforge.generators.corpora.aligning.answer_reader import AnswerReader
from nerforge.generators.corpora.aligning.entity_placing import Placement, place_row, says_otherwise
from nerforge.generators.corpora.aligning.offsets import OffsetEvidence, declared_offsets
from nerforge.generators.corpora.aligning.value_placing import overlap, place_values
from nerforge.generators.corpora.layouts import load_layout, settle
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, RawEntity, RawRow
from nerforge.generators.corpora.reading.reading_options import ReadingOptions
from nerforge.generators.corpora.reading.row_reports import ReadReport, RowFault
from nerforge.generators.corpora.texts.normalisation import NormalisationReport, TextNormaliser
from nerforge.templates.domain import Entity, Grounding, Sample
from nerforge.templates.tasks import Task, task_of_labels

NAME = "corpus"
"""The name of a task of which only the labels are known."""


class _Labelled(NamedTuple):
    """What a row says of its text."""

    text: str
    entities: Mapping[Entity, Placement | Grounding]
    faults: list[RowFault]
    n_stated: int
    scores: Mapping[Entity, float]


class CorpusRow(NamedTuple):
    """A row, what it says as a sample, and how sure a model is of its entities."""

    sample: Sample | None
    """None where the row has a fault."""
    row: RawRow
    scores: Mapping[Entity, float]


class _StatedLabels:
    """What a first pass through a file finds out, before any row is believed."""

    def __init__(self, task: Task | None, offsets: OffsetEvidence) -> None:
        self._task = task
        self.offsets = offsets
        self.answers = AnswerEvidence()
        self.labels: Counter[str] = Counter()
        self.is_nested = False
        self.n_rows = 0
        self.parts: set[str | None] = set()
        self.has_places = self.has_values = False

    def add(self, row: RawRow) -> None:
        self.n_rows += 1
        self.parts.add(row.part)
        for entity in row.entities:
            # A span that says a value in another form has another length, which tells nothing of its end.
            if self._task is None or not says_otherwise(entity, row.text, self._task.schema):
                self.offsets.add(entity, row.text)
        self.labels.update(entity.label for entity in row.entities if entity.label.strip())
        if row.completed:
            self.labels.update(added.label for added in row.completed if added.label.strip())
        self.is_nested = self.is_nested or _overlap(row.entities)
        self.has_places = self.has_places or bool(row.entities)
        if row.values is not None:
            self._add_values(row.text, row.values)
        if row.asked:
            self.answers.add(row.text, row.asked)

    def _add_values(self, text: str, values: Mapping[str, Sequence[str]]) -> None:
        self.has_values = True
        self.labels.update(label for label in values if label)
        self.is_nested = self.is_nested or overlap(text, values)

    def conclude(self) -> AnswerReader:
        """Find out how answers are read; without a task they tell the labels, too."""
        if self._task:
            return self.answers.reader(self._task.schema, self._task.default_format)[0]
        reader, named = self.answers.reader(None, None)
        if self.answers.n_pairs:
            self.labels.update(named)
            self.is_nested = self.answers.is_nested(reader)
        return reader


class Corpus:
    """A file of labelled sentences, streamed anew in each pass, so that it may be of any size."""

    def __init__(
        self,
        path: Path,
        task: Task | None = None,
        options: ReadingOptions | None = None,
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
            options: How the file is to be read; whatever is not said is found out.
            language: That of a task of which only the labels are known.
            normaliser: Is applied to every sample once its entities have their places.
            name: What faults call the file; its last name, if None.
            tag: Keeps the ids of its samples apart from those of other files.

        Raises:
            UserError: the file cannot be read, or not in this layout.
            UsageError: there is no such layout, or none is recognised.
        """
        self.path = path
        self._name = name or encodable(path.name)
        self._tag = f"{tag}-" if tag else ""
        self._normaliser = normaliser
        self._file = ReadFile(path)
        options = settle(path, options or ReadingOptions(), task.fields if task else None)
        assert options.layout is not None
        self.layout_name = options.layout
        self._layout: CorpusLayout = load_layout(self.layout_name)
        self._told = options.of_layout(self.layout_name, self._layout.options)
        stated = _StatedLabels(task, declared_offsets(options.unit, options.ends))
        # A whole pass before the first sample: one entity may settle what all offsets mean.
        for row in self._rows():
            stated.add(row)
        self.evidence, self.answers = stated.offsets, stated.answers
        self.convention = self.evidence.convention()
        self.reader = stated.conclude()
        self.is_nested = stated.is_nested
        """Whether entities share characters, as far as what is stated tells."""
        self.n_rows = stated.n_rows
        self.parts = frozenset(stated.parts)
        """The splits that rows say they belong to."""
        self.states_places = stated.has_places or not stated.has_values
        """Whether its entities have offsets or tags, as far as it states entities."""
        self.stated_labels = frozenset(stated.labels)
        self.task = task or task_of_labels(
            NAME, sorted(stated.labels), nested=self.is_nested, language=language
        )

    def report(self) -> ReadReport:
        """Start counting."""
        return ReadReport(normalisation=NormalisationReport() if self._normaliser else None)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that its samples may have."""
        return self.task.schema.names

    def samples(self, report: ReadReport) -> Iterator[tuple[Sample | None, RawRow]]:
        """Yield a sample for each row, or None for one with a fault, and count what became of it.

        An entity whose characters, or another form of its value, stand where the file says, or only at one
        other place, is placed. A row with any other entity (but for those that the task completes), with a
        label outside the schema or without text is faulty and dropped whole: an incomplete row would teach
        the model to overlook entities.

        Raises:
            UserError: as when it was opened.
        """
        for read in self.read(report):
            yield read.sample, read.row

    def read(self, report: ReadReport) -> Iterator[CorpusRow]:
        """Yield what ``samples`` does, with the scores of entities.

        Raises:
            UserError: as ``samples``.
        """
        for row in self._rows():
            report.rows += 1
            # Asked first, as to update a counter with nothing costs as much as to read a short row.
            if row.notes:
                report.notes.update(row.notes)
            yield self._read_row(row, report)

    def _rows(self) -> Iterator[RawRow]:
        return self._file.watch(self._layout.read(self.path, **self._told))

    def _read_row(self, row: RawRow, report: ReadReport) -> CorpusRow:
        labelled = self._labelled(row, report)
        return CorpusRow(self._sample(row, labelled, report), row, labelled.scores)

    def _sample(self, row: RawRow, labelled: _Labelled, report: ReadReport) -> Sample | None:
        text, entities, faults, n_stated, _ = labelled
        report.entities += n_stated
        if not text.strip():
            # First, as the reason under which the row is counted: that its entities are lost follows from it.
            faults.insert(0, RowFault("empty_text", "the text is empty"))
        if faults:
            report.entities_in_dropped_rows += n_stated
            report.drop(self._where(row), faults)
            return None
        sample_id = self._id(row, text)
        sample = self._normalise(Sample(sample_id, text, tuple(entities)), report)
        if sample is None:
            report.entities_in_dropped_rows += n_stated
            report.drop(
                self._where(row),
                [RowFault("nothing_left", "nothing is left of the text when it is normalised")],
            )
            return None
        report.kept.update(placement.value for placement in entities.values())
        report.duplicate_entities += n_stated - len(entities)
        return sample

    def _where(self, row: RawRow) -> str:
        """Say where a row stands; of a folder of documents the name tells more than a number."""
        is_named = row.id is not None and self._layout.write_files is not None and self.path.is_dir()
        return f"{self._name}/{row.id}" if is_named else f"{self._name}:{row.place}"

    def _labelled(self, row: RawRow, report: ReadReport) -> _Labelled:
        """Take what a row states, or read the answer that it holds."""
        if row.values is not None:
            found = place_values(row, self.task.schema, report)
            return _Labelled(row.text, found.entities, found.faults, found.n_stated, {})
        if row.asked is None:
            placed = place_row(row, self.task.schema, self.convention, report)
            n_stated = len(row.entities) + len(row.completed)
            return _Labelled(row.text, placed.entities, placed.faults, n_stated, placed.scores)
        read = self.reader.read(row, self.task.schema)
        report.notes.update(read.notes)
        report.faulty_entities.update(f.reason for f in read.faults if f.reason in ("lost", "unknown_label"))
        return _Labelled(read.text, read.entities, read.faults, read.n_stated, {})

    def _id(self, row: RawRow, text: str) -> str:
        digest = sha256(text.encode()).hexdigest()[:8]
        turn = f"-t{row.asked.nth}" if row.asked and row.asked.nth else ""
        return f"{self.task.name}-{self._tag}{row.place:06d}{turn}-{digest}"

    def _normalise(self, sample: Sample, report: ReadReport) -> Sample | None:
        if self._normaliser is None or report.normalisation is None:
            return sample
        return self._normaliser.apply(sample, report.normalisation)


def _overlap(entities: tuple[RawEntity, ...]) -> bool:
    """Return whether entities share characters, as far as what is stated tells."""
    in_order = sorted(entities, key=lambda entity: (entity.start, entity.end))
    return any(
        # The text tells the length where it is given: what `end` means is not known in this pass.
        after.start < (before.start + len(before.text) if before.text else before.end)
        for before, after in pairwise(in_order)
    )
