"""Compare score files of the same gold: how much they differ, how sure that is, and on which sentences."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from msgspec import UNSET

from nerforge.evaluation.error_causes.cause_changes import CauseChange, cause_changes
from nerforge.evaluation.reading.wrong_samples import NamedEntity, WrongSample
from nerforge.evaluation.scores.gate import Drop, Verdict, check_drop, verdict
from nerforge.evaluation.scores.score_file import (
    EXACT_MATCH,
    ComparableScores,
    comparable_figures,
    read_comparable,
    require_same_gold,
)
from nerforge.evaluation.scores.significance import (
    Difference,
    Floats,
    compare_pair,
    f1_columns,
    holm,
    share_columns,
)
from nerforge.foundation.errors import UsageError, UserError, unknown_name


@dataclass(frozen=True, slots=True)
class System:
    """A score file."""

    path: Path
    scores: ComparableScores
    score: float
    """The micro F1 of the criterion, or the share of exactly right sentences."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two systems, B against A."""

    a: System
    b: System
    result: Difference
    p_holm: float
    """Adjusted for all comparisons made."""
    lost: list[str]
    """Ids of the sentences that A has exactly right and B has not, in gold order."""
    won: list[str]
    """Ids of the sentences that B has exactly right and A has not."""
    causes: list[CauseChange] | None = None
    """How their errors differ by cause, where both files say the causes."""


@dataclass(frozen=True, slots=True)
class ChangedSentence:
    """A sentence that one system has exactly right and the other has not."""

    id: str
    text: str
    gold: list[NamedEntity]
    a: list[NamedEntity]
    b: list[NamedEntity]
    right: str
    """``a`` or ``b``; what follows is said of the other one."""
    outcome: str
    """How reading its answer ended, or ``missing``."""
    problems: list[str]
    """The kinds of problems in its answer."""
    is_incomplete: bool
    """Whether it names the gold entities and is wrong only as its answer is missing or not whole."""
    wrong: WrongSample
    """All that is kept of it."""


@dataclass(frozen=True, slots=True)
class CompareSettings:
    """How files were compared."""

    resamples: int
    seed: int
    all_pairs: bool


@dataclass(frozen=True, slots=True)
class ComparisonReport:
    """All comparisons of some score files."""

    criterion: str
    n_samples: int
    systems: list[System]
    comparisons: list[Comparison]
    settings: CompareSettings


def compare_files(
    paths: Sequence[Path],
    *,
    criterion: str = "strict",
    baseline: Path | None = None,
    all_pairs: bool = False,
    resamples: int = 10_000,
    seed: int = 0,
) -> ComparisonReport:
    """Compare every file with the baseline (the first one if None), or every pair.

    Raises:
        UsageError: fewer than two files, a baseline that is none of them, or an unknown criterion.
        UserError: a file is no score file, or they are of different gold or tasks.
    """
    if criterion not in comparable_figures():
        raise unknown_name("criterion", criterion, comparable_figures())
    ordered = _baseline_first(paths, baseline)
    return compare_scores(
        [(path, read_comparable(path)) for path in ordered],
        criterion=criterion,
        all_pairs=all_pairs,
        resamples=resamples,
        seed=seed,
    )


def compare_scores(
    scores: Sequence[tuple[Path, ComparableScores]],
    *,
    criterion: str = "strict",
    all_pairs: bool = False,
    resamples: int = 10_000,
    seed: int = 0,
) -> ComparisonReport:
    """Compare scores, each with the path or name that messages call it by, with the first, or every pair.

    Raises:
        UsageError: the criterion is unknown.
        UserError: scores lack the criterion, or are of different gold or tasks.
    """
    if criterion not in comparable_figures():
        raise unknown_name("criterion", criterion, comparable_figures())
    systems = _make_systems(scores, criterion)
    pairs = list(combinations(systems, 2)) if all_pairs else [(systems[0], other) for other in systems[1:]]
    columns = {id(system): _columns(system.scores, criterion) for system in systems}
    results = [compare_pair(columns[id(a)], columns[id(b)], resamples=resamples, seed=seed) for a, b in pairs]
    adjusted = holm([result.p for result in results])
    comparisons = [
        Comparison(a, b, result, p, _right_only_in(a, b), _right_only_in(b, a), _causes(a, b))
        for (a, b), result, p in zip(pairs, results, adjusted, strict=True)
    ]
    settings = CompareSettings(resamples, seed, all_pairs)
    return ComparisonReport(criterion, len(systems[0].scores.samples.id), systems, comparisons, settings)


def changed_sentences(comparison: Comparison, ids: Sequence[str]) -> list[ChangedSentence]:
    """Show sentences of ``lost`` or ``won``: the right answer is gold, the wrong one stands in the errors."""
    wrong_a, wrong_b = (_errors(system) for system in (comparison.a, comparison.b))
    changed = []
    for row_id in ids:
        right, row = ("b", wrong_a[row_id]) if row_id in wrong_a else ("a", wrong_b.get(row_id))
        if row is None:
            raise UserError(
                f"{comparison.b.path}: sample {row_id!r} is wrong but not among the errors; score again"
            )
        changed.append(_changed(right, row))
    return changed


def _changed(right: str, wrong: WrongSample) -> ChangedSentence:
    a, b = (wrong.gold, wrong.predicted) if right == "a" else (wrong.predicted, wrong.gold)
    kinds = list(dict.fromkeys(problem.kind for problem in wrong.problems))
    # The entities may be gold's while the answer is wrong, as a piece of it could not be read.
    # Another order makes no answer wrong.
    is_incomplete = Counter(wrong.predicted) == Counter(wrong.gold)
    about = (wrong.id, wrong.text, wrong.gold, a, b, right)
    return ChangedSentence(*about, wrong.outcome, kinds, is_incomplete, wrong)


def score_name(criterion: str) -> str:
    """Say what is compared."""
    return "samples exactly right" if criterion == EXACT_MATCH else f"{criterion} micro F1"


def judge(report: ComparisonReport, max_drop: float) -> Verdict | None:
    """Hold every system against the first one, below which it may be by ``max_drop`` at most."""
    baseline, *others = report.systems
    name = score_name(report.criterion)
    drops = [Drop(str(x.path), x.score, str(baseline.path), baseline.score) for x in others]
    return verdict(name, [check_drop(name, drop, max_drop, named=drop.path) for drop in drops])


def _baseline_first(paths: Sequence[Path], baseline: Path | None) -> list[Path]:
    if len(paths) < 2:
        raise UsageError("compare needs two or more score files")
    if baseline is None:
        return list(paths)
    if baseline not in paths:
        raise UsageError(f"--baseline {baseline} is none of the files: {', '.join(map(str, paths))}")
    others = list(paths)
    others.remove(baseline)
    return [baseline, *others]


def _make_systems(named: Sequence[tuple[Path, ComparableScores]], criterion: str) -> list[System]:
    systems: list[System] = []
    for path, scores in named:
        if criterion != EXACT_MATCH and criterion not in scores.samples.criteria:
            known = ", ".join([*scores.samples.criteria, EXACT_MATCH])
            raise UserError(f"{path}: does not hold criterion {criterion}; it has: {known}")
        if systems:
            _require_same_samples(path, scores, systems[0])
        # The score is taken from the sentences that are resampled, not from the file's figures.
        num, den = _columns(scores, criterion).sum(axis=0)
        systems.append(System(path, scores, float(num / den) if den else 0.0))
    return systems


def _require_same_samples(path: Path, scores: ComparableScores, first: System) -> None:
    require_same_gold(path, scores.settings, first.path, first.scores.settings)
    if scores.samples.id != first.scores.samples.id:
        raise UserError(f"{path}: holds other samples than {first.path}; score both against the same gold")


def _columns(scores: ComparableScores, criterion: str) -> Floats:
    """Give numerator and denominator of the score by sentence; ``significance`` says why."""
    if criterion == EXACT_MATCH:
        return share_columns(scores.samples.exact_match)
    counts = scores.samples.criteria[criterion]
    return f1_columns(counts.tp, counts.n_gold, counts.n_predicted)


def _right_only_in(a: System, b: System) -> list[str]:
    samples, other = a.scores.samples, b.scores.samples
    rows = zip(samples.id, samples.exact_match, other.exact_match, strict=True)
    return [row_id for row_id, right_a, right_b in rows if right_a and not right_b]


def _causes(a: System, b: System) -> list[CauseChange] | None:
    errors = [*a.scores.errors, *b.scores.errors]
    if not errors or any(sample.causes is UNSET for sample in errors):
        return None
    return cause_changes(a.scores.errors, b.scores.errors)


def _errors(system: System) -> dict[str, WrongSample]:
    return {row.id: row for row in system.scores.errors}
