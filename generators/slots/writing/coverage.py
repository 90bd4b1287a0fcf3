"""What is guaranteed to occur: every value and alias, every way of saying it, every template and label."""

from typing import Any, NamedTuple

import numpy as np

from nerforge.foundation.errors import UsageError
from nerforge.generators.slots.drawing.plan import Plan, SplitPlan
from nerforge.generators.slots.language.columns import Column
from nerforge.generators.slots.language.pieces import Piece
from nerforge.generators.slots.writing.tally import Tally

_N_EXAMPLES = 5

Name = tuple[str, str, str]
"""A label, a value and how a sentence says it."""


class Coverage(NamedTuple):
    """How often the training rows have what they should have."""

    names: dict[Name, int]
    """Occurrences of each name that the tables hold, in names without noise."""
    possible: dict[Name, int]
    """Sentences that hold each name."""
    templates: dict[str, int]
    labels: dict[str, int]
    n_pieces: int
    """Ways to say the values of the tables, each in each of its surroundings."""
    n_covered: int
    """Of these, the ones that occur."""
    n_to_cover: int | None
    """Rows of the data set with which all of them are sure to; None if there are not so many sentences."""

    def as_json(self) -> dict[str, Any]:
        """Give what the manifest says of it."""
        by_label: dict[str, dict[str, int]] = {}
        for (label, _, _), n in self.names.items():
            counts = by_label.setdefault(label, {"names": 0, "seen": 0, "least": n})
            counts["names"] += 1
            counts["seen"] += n > 0
            counts["least"] = min(counts["least"], n)
        return {
            "names_by_label": by_label,
            "surface_forms": self.n_pieces,
            "surface_forms_seen": self.n_covered,
            "rows_that_cover_all": self.n_to_cover,
        }

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
    covered = _covered_pieces(split)
    possible: dict[Name, int] = {}
    said = {number: _names(grammar.pool.pieces[number], kind) for number, (kind, _) in covered.items()}
    for number, (_, n_sentences) in covered.items():
        for name in said[number]:
            possible[name] = possible.get(name, 0) + n_sentences
    names = dict.fromkeys(possible, 0)
    counts = tally.pieces
    for number in np.flatnonzero(counts).tolist():
        for name in said.get(number) or _names(grammar.pool.pieces[number], ""):
            if name in names:
                names[name] += int(counts[number])
    templates = {grammar.templates[stratum.template].name: 0 for stratum in split.strata}
    for stratum, n in zip(split.strata, tally.strata.tolist(), strict=False):
        templates[grammar.templates[stratum.template].name] += n
    labels: dict[str, int] = {}
    for (label, _, _), n in names.items():
        labels[label] = labels.get(label, 0) + n
    seen = sum(number < len(counts) and bool(counts[number]) for number in covered)
    return Coverage(names, possible, templates, labels, len(covered), seen, plan.n_to_cover)


def _covered_pieces(split: SplitPlan) -> dict[int, tuple[str, int]]:
    """List the pieces that should occur in training, with their kinds and the sentences that hold them."""
    columns: dict[int, Column] = {}
    sentences: dict[int, int] = {}
    for stratum in split.strata:
        for column in stratum.columns if stratum.noise is None else ():
            if column.is_covered:
                columns[id(column.numbers)] = column
                n = stratum.size // len(column.numbers)
                sentences[id(column.numbers)] = sentences.get(id(column.numbers), 0) + n
    covered: dict[int, tuple[str, int]] = {}
    for identity, column in columns.items():
        for number in column.numbers.tolist():
            _, n = covered.get(number, ("", 0))
            covered[number] = column.kind, n + sentences[identity]
    return covered


def _names(piece: Piece, kind: str) -> list[Name]:
    named = [(e.label, e.text, piece.text[e.start : e.end]) for e in piece.entities if e.span]
    return named or ([(f"{{{kind}}}", piece.text, piece.text)] if kind and not piece.entities else [])
