"""Apply verdicts to gold, where they do not contradict each other, and count what they say."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import msgspec
from msgspec.structs import replace

from nerforge.evaluation.relabelling.verdicts import GOLD, VERDICTS, PlacedVerdict, Verdicts
from nerforge.templates.domain import Sample, in_reading_order

_Z = 1.959963984540054
"""Quantile of the normal distribution for 95 %."""


class Share(msgspec.Struct, frozen=True):
    """A share with its interval."""

    n: int
    of: int
    value: float | None
    """None of nothing."""
    low: float | None
    high: float | None


class Conflict(msgspec.Struct, frozen=True):
    """Verdicts on one sample that contradict each other."""

    id: str
    reason: str
    places: list[str]
    """File and line of each."""


@dataclass(frozen=True, slots=True)
class MendedGold:
    """Gold after the verdicts."""

    samples: list[Sample]
    conflicts: list[Conflict]
    """Of samples that stay as they were."""
    counts: Mapping[str, int]
    """Verdicts of each kind, without those of conflicts."""
    n_changed: int
    """Samples whose entities are others than before."""
    n_unchanged: int
    """Samples that verdicts call wrong, though the mended gold is the same."""
    n_added: int
    """Entities that were not there."""
    n_removed: int
    """Entities that are not there any more."""

    @property
    def gold_errors(self) -> Share:
        """The share of verdicts that find gold wrong, of all that do not contradict each other."""
        return wilson(self.counts[GOLD], sum(self.counts.values()))


def wilson(n: int, of: int) -> Share:
    """Give a share with its 95 % interval.

    The score interval of Wilson, Probable Inference, the Law of Succession, and Statistical Inference (1927),
    without correction for continuity.
    """
    if not of:
        return Share(n, of, None, None, None)
    share = n / of
    centre = (share + _Z**2 / (2 * of)) / (1 + _Z**2 / of)
    half = _Z / (1 + _Z**2 / of) * sqrt(share * (1 - share) / of + _Z**2 / (4 * of**2))
    return Share(n, of, share, max(centre - half, 0.0), min(centre + half, 1.0))


def mend(samples: Sequence[Sample], verdicts: Verdicts) -> MendedGold:
    """Put the mended gold of verdicts in place of gold; samples of conflicts stay as they are."""
    mended: list[Sample] = []
    conflicts: list[Conflict] = []
    counts: Counter[str] = Counter(dict.fromkeys(VERDICTS, 0))
    n_changed = n_unchanged = n_added = n_removed = 0
    for sample in samples:
        found = verdicts.of_sample.get(sample.id, [])
        against = list(_conflicts(sample.id, found))
        conflicts += against
        if against or not found:
            mended.append(sample)
            continue
        counts.update(verdict.row.verdict for verdict in found)
        said = next((x.row.entities for x in found if x.row.entities is not None), None)
        if said is None:
            mended.append(sample)
            continue
        before, after = Counter(sample.entities), Counter(said)
        n_added += (after - before).total()
        n_removed += (before - after).total()
        n_changed += before != after
        n_unchanged += before == after
        mended.append(sample if before == after else replace(sample, entities=in_reading_order(said)))
    return MendedGold(mended, conflicts, counts, n_changed, n_unchanged, n_added, n_removed)


def _conflicts(sample_id: str, found: Sequence[PlacedVerdict]) -> Iterator[Conflict]:
    golds = [x for x in found if x.row.entities is not None]
    # Each holds the whole gold of the sentence, so that two that differ cannot both be applied.
    if len({frozenset(x.row.entities or ()) for x in golds}) > 1:
        yield Conflict(sample_id, "mended gold that differs", [x.where for x in golds])
    of_error: dict[object, list[PlacedVerdict]] = {}
    for verdict in found:
        of_error.setdefault(verdict.row.error, []).append(verdict)
    for same in of_error.values():
        said = sorted({x.row.verdict for x in same})
        if len(said) > 1:
            reason = f"verdicts {' and '.join(said)} on the same error"
            yield Conflict(sample_id, reason, [x.where for x in same])
