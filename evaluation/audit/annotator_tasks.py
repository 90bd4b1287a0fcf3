"""Findings as the rows of a task file: each sentence with the entities that are proposed for it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from nerforge.evaluation.audit.findings import Finding
from nerforge.generators.corpora.conversion.fitting import ConvertedRow
from nerforge.generators.corpora.conversion.losses import LossCounter
from nerforge.generators.corpora.from_gold import row_of_sample
from nerforge.templates.domain import Entity, Sample, in_reading_order


class FindingRows:
    """The sentences of findings, those of the likeliest first, with all proposals of theirs."""

    layout = "audit"

    def __init__(self, samples: Sequence[Sample], findings: Sequence[Finding]) -> None:
        """Take gold and what was found in it."""
        self._samples = {sample.id: sample for sample in samples}
        self._findings: dict[str, list[Finding]] = {}
        for finding in findings:
            self._findings.setdefault(finding.id, []).append(finding)
        self.n_rows = len(self._findings)
        self.parts: frozenset[str | None] = frozenset([None])

    def rows(self, losses: LossCounter) -> Iterator[ConvertedRow]:
        """Yield a row for each sentence."""
        for number, (name, findings) in enumerate(self._findings.items(), start=1):
            mended, scores = proposal(self._samples[name], findings)
            yield ConvertedRow(f"audit: {name}", row_of_sample(mended, number, scores=scores), name)

    def read_counts(self) -> Mapping[str, Any]:
        """Count nothing besides the rows: none is lost."""
        return {}

    def notes(self) -> Sequence[str]:
        """Say nothing."""
        return []


def proposal(sample: Sample, findings: Sequence[Finding]) -> tuple[Sample, dict[Entity, float]]:
    """Apply the findings of a sentence; the score of what they put there is how likely gold is wrong."""
    gone = {finding.gold for finding in findings if finding.gold is not None}
    scores = {finding.proposed: finding.score for finding in findings if finding.proposed is not None}
    kept = [entity for entity in sample.entities if entity not in gone]
    entities = in_reading_order(dict.fromkeys((*kept, *scores)))
    return replace(sample, entities=entities), scores
