"""What grounding is worth: answers before and after it, held against gold and against the tables."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from nerforge.evaluation.grounding.findings import ChangeKind, GroundedAnswer, MarkKind
from nerforge.evaluation.grounding.grounder import TableGrounder
from nerforge.evaluation.grounding.grounding_scores import BeforeAfter, GroundingFigures, InventedValues
from nerforge.evaluation.grounding.table_sources import GroundingTables
from nerforge.evaluation.metrics.score_figures import CriterionScores, ExactMatch
from nerforge.templates.domain import Entity, Sample


class GroundedSample(NamedTuple):
    """A sample with its answer before and after grounding."""

    sample: Sample
    before: Sequence[Entity]
    grounded: GroundedAnswer
    was_exact: bool
    is_exact: bool
    is_read: bool
    """Whether there is an answer that could be read."""


class GroundingTally:
    """Counts what ``GroundingFigures`` holds, a sample at a time."""

    def __init__(self, tables: GroundingTables, grounder: TableGrounder) -> None:
        """Begin with nothing counted."""
        self.tables = tables
        self.grounder = grounder
        self.n = 0
        self.n_changed = 0
        self.changes: Counter[str] = Counter()
        self.marks: Counter[str] = Counter()
        self._consistent = _Pair()
        self._completions = {label: _Pair() for label in self._labels() if self._is_inferable(label)}
        self._exact = {True: _Pair(), False: _Pair()}
        """Of the samples that are ambiguous, and of the others."""
        self._n_marked = 0
        self._values_before: Counter[bool] = Counter()
        self._values_after: Counter[bool] = Counter()
        self._known = {label: tables.values(label) for label in grounder.labels}
        self._forms: dict[str, _Pair] = {}

    def _labels(self) -> Iterable[str]:
        return (label for table in self.tables.hierarchies for label in table.labels)

    def _is_inferable(self, label: str) -> bool:
        return self.tables.task.schema[label].inferable

    def add(self, row: GroundedSample) -> None:
        """Count a sample."""
        before, after = Counter(row.before), Counter(row.grounded.entities)
        self.n += 1
        self.n_changed += bool(row.grounded.changes)
        self.changes.update(change.kind.value for change in row.grounded.changes)
        self.marks.update(mark.kind.value for mark in row.grounded.marks)
        if row.is_read:
            fits = row.grounded.fits_tables
            self._consistent.add(fits and not row.grounded.changes, fits)
        self._add_gold(row.sample, before, after)
        gold = self.grounder.ground(row.sample.text, row.sample.entities)
        self._exact[gold.is_ambiguous].add(row.was_exact, row.is_exact)
        self._n_marked += gold.is_ambiguous and row.grounded.is_ambiguous
        self._values_before.update(self._values(row.before))
        self._values_after.update(self._values(row.grounded.entities))

    def _add_gold(self, sample: Sample, before: Counter[Entity], after: Counter[Entity]) -> None:
        for entity, n in Counter(sample.entities).items():
            if entity.label not in self.grounder.labels:
                continue
            if entity.span is None:
                pair = self._completions.setdefault(entity.label, _Pair())
            else:
                form = self._form(entity, sample.text[entity.start : entity.end])
                pair = self._forms.setdefault(form, _Pair())
            pair.n += n
            pair.before += min(n, before[entity])
            pair.after += min(n, after[entity])

    def _form(self, entity: Entity, said: str) -> str:
        """Tell how a sentence writes a value: as it is, by a form of the table, or otherwise."""
        if said == entity.text:
            return "exact"
        links = (x for table in self.tables.hierarchies for x in table.links(said, entity.label))
        return next((link.form for link in links if link.node[-1] == entity.text), "other")

    def _values(self, entities: Iterable[Entity]) -> Iterator[bool]:
        """Yield for each value of the tables' labels whether the tables lack it."""
        mine = (e for e in entities if e.label in self.grounder.labels)
        return (e.text not in self._known[e.label] for e in mine)

    def figures(self, criteria: Mapping[str, CriterionScores], exact: ExactMatch) -> GroundingFigures:
        """Give the figures.

        Args:
            criteria: The scores of the grounded answers.
            exact: The share of samples that they answer exactly.
        """
        return GroundingFigures(
            tables=list(self.tables.files),
            threshold=self.tables.threshold,
            only={level: list(values) for level, values in (self.tables.only or {}).items()},
            n_changed=self.n_changed,
            changes={kind.value: self.changes[kind.value] for kind in ChangeKind},
            marks={kind.value: self.marks[kind.value] for kind in MarkKind},
            criteria=dict(criteria),
            sample_exact_match=exact.value,
            sample_exact_match_low=exact.low,
            sample_exact_match_high=exact.high,
            consistent=self._consistent.figure(),
            completions={label: pair.figure() for label, pair in self._completions.items()},
            unambiguous=self._exact[False].figure(),
            ambiguous=self._exact[True].figure(),
            n_marked=self._n_marked,
            invented=InventedValues(
                self._values_before.total(),
                self._values_before[True],
                self._values_after.total(),
                self._values_after[True],
            ),
            forms={form: pair.figure() for form, pair in sorted(self._forms.items())},
        )


class _Pair:
    """Counts of one thing before and after."""

    def __init__(self) -> None:
        self.n = self.before = self.after = 0

    def add(self, before: bool, after: bool) -> None:
        self.n += 1
        self.before += before
        self.after += after

    def figure(self) -> BeforeAfter:
        return BeforeAfter(self.n, self.before, self.after)
