"""``compare``: scores of the same gold, paired."""

from pathlib import Path

import msgspec

from nerforge.evaluation.scores.comparison import ComparisonReport, compare_scores
from nerforge.evaluation.scores.schema import AnyScores
from nerforge.evaluation.scores.score_file import ComparableScores, read_comparable
from nerforge.foundation.errors import UserError


def compare(
    a: AnyScores | str | Path,
    b: AnyScores | str | Path,
    *others: AnyScores | str | Path,
    criterion: str = "strict",
    all_pairs: bool = False,
    resamples: int = 10_000,
    seed: int = 0,
) -> ComparisonReport:
    """Say how much scores of the same gold differ, how sure that is, and on which samples.

    Args:
        a: The baseline: scores, or a file of ``nerforge score --out``.
        b: What is compared with it.
        *others: More of the same.
        criterion: A criterion, whose micro F1 is compared, or ``exact_match``.
        all_pairs: Compare each with every other, in place of each with the first.
        resamples: Of the bootstrap and of the randomisation test.
        seed: Of both.

    Raises:
        UsageError: the criterion is unknown.
        UserError: a file is no score file, or the scores are of different gold or tasks.
    """
    # Scores in memory have no path; "scores 1", "scores 2" stand for it in messages and tables.
    named = [_named(given, place) for place, given in enumerate((a, b, *others), start=1)]
    return compare_scores(named, criterion=criterion, all_pairs=all_pairs, resamples=resamples, seed=seed)


def _named(given: AnyScores | str | Path, place: int) -> tuple[Path, ComparableScores]:
    if isinstance(given, str | Path):
        return Path(given), read_comparable(Path(given))
    name = Path(f"scores {place}")
    # The reader of a file checks more: columns that `score` has counted are of one length.
    if not given.samples.id:
        raise UserError(f"{name}: holds no sentences; score again")
    return name, msgspec.convert(given, ComparableScores, from_attributes=True)
