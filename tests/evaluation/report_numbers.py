"""What a filter of a report's page must show, counted from ``scores.json`` and not by the page's columns."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol
from urllib.parse import parse_qsl

from msgspec import UNSET

from nerforge.evaluation.error_analysis.sample_errors import pair_errors
from nerforge.evaluation.error_analysis.wrong_pairs import entities_of
from nerforge.evaluation.metrics.score_figures import MatchFigures, SampleColumns
from nerforge.evaluation.reading.wrong_samples import WrongSample
from nerforge.evaluation.scores.schema import LabelScores, Scores

Filter = dict[str, str]


class Numbers(Protocol):
    """What a score file says of filters."""

    def expected(self, asked: Filter) -> "Expected":
        """Say what a filter must show."""
        ...


class Expected(NamedTuple):
    """What ``scores.json`` says of a filter; None for what it does not count."""

    rows: int | None = None
    units: float | None = None
    """Entities; of a problem how often it occurs, of a criterion the sum of what it counts."""


class WrongPair(NamedTuple):
    """One error, with the labels of both sides."""

    kind: str
    gold: str | None
    predicted: str | None


def parse_filter(href: str) -> Filter:
    """Read the filter in the address of a button or of a number."""
    return dict(parse_qsl(href.partition("?")[2], keep_blank_values=True))


class ScoreNumbers:
    """The numbers of a score file, by filter."""

    def __init__(self, scores: Scores, against: Scores | None = None) -> None:
        self._scores, self._against = scores, against
        self._wrong = [_pairs(row) for row in scores.errors]
        self._by_key: Mapping[str, Callable[[str], Expected]] = {
            "exact": lambda value: Expected(scores.samples.exact_match.count(int(value))),
            "outcome": lambda value: Expected(scores.outcomes.get(value, 0)),
            "problem": lambda value: Expected(units=scores.problems.get(value, 0)),
            "verdict": lambda value: Expected(scores.n_samples if value == "none" else 0),
            "kind": self._of_kind,
            "pair": self._of_pair,
            "crit": self._of_criterion,
            "ab": self._of_two,
            "cause": self._of_cause,
            "role": lambda role: self._of_role(None, role),
        }

    def expected(self, asked: Filter) -> Expected:
        """Say what a filter must show."""
        if asked.get("side") == "b" and self._against is not None:
            rest = {key: value for key, value in asked.items() if key != "side"}
            return self.expected(rest) if "ab" in rest else ScoreNumbers(self._against).expected(rest)
        if not asked:
            return Expected(self._scores.n_samples)
        if asked.keys() == {"label", "role"}:
            return self._of_role(asked["label"], asked["role"])
        if asked.keys() == {"slice", "role"}:
            return Expected(units=_counts(self._scores.slices[asked["slice"]]).get(asked["role"]))
        ((key, value), *others) = asked.items()
        return Expected() if others or key not in self._by_key else self._by_key[key](value)

    def _of_kind(self, kind: str) -> Expected:
        n = [sum(pair.kind == kind for pair in pairs) for pairs in self._wrong]
        confusion = self._scores.confusion
        lone = {"missed": confusion.missed, "spurious": confusion.spurious}
        return Expected(_n_positive(n), sum(lone[kind].values()) if kind in lone else sum(n))

    def _of_pair(self, value: str) -> Expected:
        gold, predicted = json.loads(value)
        confusion = self._scores.confusion
        if predicted is None:
            return Expected(units=confusion.missed.get(gold, 0))
        row = confusion.spurious if gold is None else confusion.pairs.get(gold, {})
        return Expected(units=row.get(predicted, 0))

    def _of_role(self, label: str | None, role: str) -> Expected:
        strict, pairs = self._scores.criteria["strict"], self._scores.confusion.pairs
        figures = strict.micro if label is None else strict.per_label[label]
        # A pair that differs is one error; it is among the missed and among the spurious ones.
        paired = sum(sum(row.values()) for row in pairs.values())
        if label is not None:
            paired = pairs.get(label, {}).get(label, 0)
        counts = _counts(figures)
        counts["err"] = counts["fn"] + counts["fp"] - (paired - figures.tp)
        return Expected(self._rows_of_role(label, role), counts[role])

    def _rows_of_role(self, label: str | None, role: str) -> int | None:
        if role not in ("fn", "fp", "err"):
            return None

        def is_meant(pair: WrongPair) -> bool:
            names = {"fn": (pair.gold,), "fp": (pair.predicted,), "err": (pair.gold, pair.predicted)}[role]
            return any(name is not None and label in (None, name) for name in names)

        return _n_positive([sum(map(is_meant, pairs)) for pairs in self._wrong])

    def _of_criterion(self, value: str) -> Expected:
        name, role = value.split(":")
        columns = self._scores.samples.criteria[name]
        if role in ("tp", "n_gold", "n_predicted"):
            return Expected(_n_positive(getattr(columns, role)), sum(getattr(columns, role)))
        missed = [gold - tp for tp, gold in zip(columns.tp, columns.n_gold, strict=True)]
        spurious = [n - tp for tp, n in zip(columns.tp, columns.n_predicted, strict=True)]
        both = [max(x, 0) + max(y, 0) for x, y in zip(missed, spurious, strict=True)]
        wrong = {"precision": spurious, "recall": missed, "f1": both}[role]
        return Expected(_n_positive(wrong))

    def _of_two(self, value: str) -> Expected:
        if self._against is None:
            return Expected()
        return Expected(_n_of_two(value, self._scores.samples, self._against.samples))

    def _of_cause(self, cause: str) -> Expected:
        why = self._scores.why
        return Expected() if why is UNSET else Expected(units=why.causes[cause].n)


def _pairs(row: WrongSample) -> list[WrongPair]:
    gold, predicted = entities_of(row.gold), entities_of(row.predicted)
    return [
        WrongPair(
            pair.kind.value,
            None if pair.gold is None else pair.gold.label,
            None if pair.predicted is None else pair.predicted.label,
        )
        for pair in pair_errors(row, gold, predicted)
    ]


def _counts(figures: MatchFigures) -> dict[str, float]:
    return {
        "tp": figures.tp,
        "gold": figures.n_gold,
        "pred": figures.n_predicted,
        "fn": figures.n_gold - figures.tp,
        "fp": figures.n_predicted - figures.tp,
    }


def _n_positive(counts: Sequence[float]) -> int:
    return sum(n > 0 for n in counts)


class ClassNumbers:
    """The numbers of a score file of text classification, by filter."""

    def __init__(self, scores: LabelScores, against: LabelScores | None = None) -> None:
        self._scores, self._against = scores, against

    def expected(self, asked: Filter) -> Expected:
        """Say what a filter must show; each text has one unit, so that only sentences are counted."""
        scores = self._scores
        if not asked:
            return Expected(scores.n_samples)
        if asked.keys() == {"label", "role"}:
            figures = scores.per_label.get(asked["label"])
            return Expected(int(_class_counts(figures)[asked["role"]]) if figures else 0)
        ((key, value), *others) = asked.items()
        if others:
            return Expected()
        n_right = sum(scores.samples.exact_match)
        wrong = {"missed": scores.n_unread, "label": scores.n_samples - n_right - scores.n_unread}
        match key:
            case "exact":
                return Expected(scores.samples.exact_match.count(int(value)))
            case "kind":
                return Expected(wrong[value])
            case "outcome":
                n = sum(row.outcome == value for row in scores.errors)
                return Expected(n + n_right if value == "clean" else n)
            case "pair":
                gold, predicted = json.loads(value)
                row = scores.confusion.unread if predicted is None else scores.confusion.pairs[gold]
                return Expected(row[gold if predicted is None else predicted])
            case "ab" if self._against is not None:
                ours, theirs = scores.samples, self._against.samples
                return Expected(_n_of_two(value, ours, theirs))
        return Expected()


def _class_counts(figures: MatchFigures) -> dict[str, float]:
    counts = _counts(figures)
    return counts | {"err": counts["fn"] + counts["fp"]}


def _n_of_two(value: str, ours: SampleColumns, theirs: SampleColumns) -> int:
    """Count the sentences that both systems have right, none, or one."""
    wanted = {"both": (1, 1), "none": (0, 0), "a": (1, 0), "b": (0, 1)}[value]
    other = dict(zip(theirs.id, theirs.exact_match, strict=True))
    return sum((mine, other[key]) == wanted for key, mine in zip(ours.id, ours.exact_match, strict=True))
