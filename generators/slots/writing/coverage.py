"""What is guaranteed to occur: every value and alias, every way of saying it, every template and label."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nerforge.foundation.errors import UsageError
from nerforge.generators.manifests.slot_counts import CoverageCounts, NameCounts
from nerforge.generators.slots.drawing.plan import Plan, SplitPlan
from nerforge.generators.slots.language.packed_pieces import Name
from nerforge.generators.slots.randomness import Integers
from nerforge.generators.slots.writing.tally import Tally

_N_EXAMPLES = 5


class Coverage(NamedTuple):
    """How often the training rows have what they should have."""

    names: dict[Name, int]
    """Occurrences of each name that the tables hold, in names without noise."""
    possible: dict[Name, float]
    """Sentences that hold each name."""
    templates: dict[str, int]
    labels: dict[str, int]
    n_pieces: int
    """Ways to say the values of the tables, each in each of its surroundings."""
    n_covered: int
    """Of these, the ones that occur."""
    n_to_cover: int | None
    """Rows of the data set with which all of them are sure to; None if there are not so many sentences."""

    def counts(self) -> CoverageCounts:
        """Give what the manifest says of it."""
        by_label: dict[str, NameCounts] = {}
        for (label, _, _), n in self.names.items():
            counts = by_label.setdefault(label, NameCounts(names=0, seen=0, least=n))
            counts.names += 1
            counts.seen += n > 0
            counts.least = min(counts.least, n)
        return CoverageCounts(
            names_by_label=by_label,
            surface_forms=self.n_pieces,
            surface_forms_seen=self.n_covered,
            rows_that_cover_all=self.n_to_cover,
        )

    def check(self, min_count: int, n_rows: int) -> None:
        """Hold the counts against a limit.

        Raises:
            UsageError: something occurs less often.
        """
        rare = [
            f"{name[2]} ({name[0]})"
            for name, n in self.names.items()
            if n < min(min_count, self.possible[name])
        ]
        rare += [f"template {name}" for name, n in self.templates.items() if n < min_count]
        rare += [f"label {name}" for name, n in self.labels.items() if n < min_count]
        if rare:
            examples = ", ".join(rare[:_N_EXAMPLES])
            would_do = f"--rows {self.n_to_cover} would do"
            if self.n_to_cover is None:
                would_do = "the tables and templates make too few sentences; lower --min-count"
            raise UsageError(
                f"--min-count {min_count}: {len(rare)} names, templates and labels occur less often in the "
                f"{n_rows} rows' training split, such as {examples}; {would_do}"
            )


def measure_coverage(plan: Plan, tally: Tally) -> Coverage:
    """Count what the training split has of what it should have."""
    grammar, split = plan.grammar, plan.splits["train"]
    pool = grammar.pool
    covered, sentences = _covered_pieces(split, len(pool))
    saying, said = pool.said()
    is_covered = np.zeros(len(pool), np.bool_)
    is_covered[covered] = True
    counts = np.zeros(len(pool), np.int64)
    counts[: len(tally.pieces)] = tally.pieces
    seen, possible = np.zeros(len(pool.names), np.int64), np.zeros(len(pool.names))
    np.add.at(seen, said, counts[saying])
    np.add.at(possible, said, sentences[saying])
    order = _names_in_order(covered, saying[is_covered[saying]], said[is_covered[saying]])
    templates = {grammar.templates[stratum.template].name: 0 for stratum in split.strata}
    for stratum, n in zip(split.strata, tally.strata.tolist(), strict=False):
        templates[grammar.templates[stratum.template].name] += n
    named = [pool.names[number] for number in order.tolist()]
    names = dict(zip(named, seen[order].tolist(), strict=True))
    labels: dict[str, int] = {}
    for (label, _, _), n in names.items():
        labels[label] = labels.get(label, 0) + n
    return Coverage(
        names=names,
        possible=dict(zip(named, possible[order].tolist(), strict=True)),
        templates=templates,
        labels=labels,
        n_pieces=len(covered),
        n_covered=int((counts[covered] > 0).sum()),
        n_to_cover=plan.n_to_cover,
    )


def _covered_pieces(split: SplitPlan, n_pieces: int) -> tuple[Integers, NDArray[np.float64]]:
    """List the pieces that should occur in training, and count for each piece the sentences that hold it."""
    columns: dict[int, Integers] = {}
    sentences: dict[int, int] = {}
    for stratum in split.strata:
        for column in stratum.columns if stratum.noise is None else ():
            if column.is_covered:
                identity = id(column.numbers)
                columns[identity] = column.numbers
                sentences[identity] = sentences.get(identity, 0) + stratum.size // len(column.numbers)
    of_pieces = np.zeros(n_pieces)
    for identity, numbers in columns.items():
        of_pieces[numbers] += sentences[identity]
    return _first_ones(np.concatenate([np.zeros(0, np.int64), *columns.values()])), of_pieces


def _names_in_order(covered: Integers, saying: Integers, said: Integers) -> Integers:
    """Give each name once, in the order in which covered pieces say it."""
    place = np.zeros(int(covered.max(initial=0)) + 1, np.int64)
    place[covered] = np.arange(len(covered))
    return _first_ones(said[np.argsort(place[saying], kind="stable")])


def _first_ones(values: Integers) -> Integers:
    """Keep the first of equal values, in their order."""
    _, first = np.unique(values, return_index=True)
    return values[np.sort(first)]
