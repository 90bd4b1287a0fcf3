"""Score what was found on the parts of a set, by the metrics of ``score``."""

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from nerforge.evaluation.board.board_gold import BoardGold
from nerforge.evaluation.board.span_storing import JudgedSample
from nerforge.evaluation.board.splits.known_splits import known_splits
from nerforge.evaluation.board.stored_rows import PartFigures, SentenceColumns
from nerforge.evaluation.metrics.resampled_counts import ResampledCounts
from nerforge.evaluation.metrics.score_figures import Bootstrap
from nerforge.evaluation.metrics.slices import Slicer
from nerforge.evaluation.metrics.tallies import ScoreTally

STRICT = "strict"


class GoldPart(NamedTuple):
    """A part of a set: the first rows of its gold file."""

    name: str
    n_rows: int
    sha256: str


class PartScores(NamedTuple):
    """Figures of a part, without what is known of the answers alone."""

    figures: PartFigures
    sentences: SentenceColumns


def find_parts(gold: Path) -> tuple[str, list[GoldPart]] | None:
    """Find the known split that a gold file is test of, and its parts that the file holds, smallest first."""
    lines = gold.read_bytes().splitlines(keepends=True)
    for name, known in known_splits().items():
        tests = {part: found for part, found in known.parts.items() if part.partition("_")[0] == "test"}
        held = [
            GoldPart(part, found.rows, found.sha256)
            for part, found in tests.items()
            if found.rows <= len(lines) and _sha256(lines[: found.rows]) == found.sha256
        ]
        held.sort(key=lambda part: part.n_rows)
        # The file is a part itself: rows behind the last part would be answered and not scored.
        if held and held[-1].n_rows == len(lines):
            return name, held
    return None


def whole_part(gold: Path, name: str) -> GoldPart:
    """Take a gold file for a part of its own."""
    lines = gold.read_bytes().splitlines(keepends=True)
    return GoldPart(name, len(lines), _sha256(lines))


def score_part(
    part: GoldPart,
    rows: Sequence[JudgedSample],
    gold: BoardGold,
    outcomes: Counter[str],
    problems: Counter[str],
) -> PartScores:
    """Score the rows of a part.

    Args:
        part: The part.
        rows: Its sentences, in order, with what was found in them.
        gold: The gold that the part is of.
        outcomes: How reading the answers ended.
        problems: What was wrong with them, by kind.
    """
    tally = ScoreTally(Slicer(gold.schema))
    for row in rows:
        tally.add(row.sample, row.predicted, is_complete=row.is_complete)
    counts = ResampledCounts(tally, Bootstrap())
    figures = PartFigures(
        gold_sha256=part.sha256,
        n_samples=len(rows),
        outcomes=_in_order(outcomes),
        problems=_in_order(problems),
        exact_match=counts.exact_match().value,
        criteria={
            name: criterion.micro
            for name, criterion in counts.criteria().items()
            if name == STRICT or not gold.is_classified
        },
    )
    strict = counts.per_sample([row.sample.id for row in rows]).criteria[STRICT]
    return PartScores(figures, SentenceColumns.of(strict.tp, strict.n_gold, strict.n_predicted))


def _in_order(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted((name, n) for name, n in counts.items() if n))


def _sha256(lines: Sequence[bytes]) -> str:
    return sha256(b"".join(lines)).hexdigest()
