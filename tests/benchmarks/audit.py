"""The audit of gold: how many planted faults stand in the first tenth of its list, by kind.

``python -m tests.benchmarks audit`` plants faults into power queries and, where they lie beside the checkout,
into the published rows of ccfbdci and CMeEE. ``python -m tests.benchmarks.audit ccfbdci=10000`` takes other
numbers of rows, and those corpora alone.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from nerforge.evaluation.audit.audited_data import read_audited
from nerforge.evaluation.audit.auditor import AuditSettings, audit_samples
from nerforge.evaluation.audit.fault_planting import PlantedFault, plant_faults
from nerforge.evaluation.audit.findings import KINDS, Finding
from nerforge.templates.domain import Entity, Sample
from tests.benchmarks.prediction import nerforge

REAL = Path(__file__).parents[2].parent / "shared" / "real"
SHARE_PLANTED = 0.03
"""Of the mentions, in all kinds together."""
SHARE_READ = 0.1
"""Of the list that a person reads: findings for each mention of gold."""
N_ROWS = {"power": 1_500, "ccfbdci": 1_500, "cmeee": 300}
"""Drawn from each corpus; a CRF for each of nine labels makes CMeEE the slowest."""
SURE = (0.9, 0.5)
"""Scores from which the findings in a clean corpus are counted."""
SEED = 7


def main(n_rows: Mapping[str, int] = N_ROWS) -> None:
    """Measure the corpora that there are."""
    with tempfile.TemporaryDirectory() as folder:
        for name, n in n_rows.items():
            source = REAL / f"{name}.jsonl"
            if name == "power":
                source = Path(folder)
                nerforge("generate", "power", "--rows", n, "--dev", 0, "--test", 0, "--out", source)
            if source.exists():
                measure(name, source, n)


def measure(name: str, source: Path, n_rows: int) -> None:
    """Audit a corpus as it is, and with faults."""
    data = read_audited(source)
    samples = Random(SEED).sample(data.samples, min(n_rows, len(data.samples)))
    clean = audit_samples(samples, data.task.schema, AuditSettings())
    scores = [finding.score for finding in clean.findings]
    n_sure = ", ".join(f"{sum(x >= least for x in scores)} from {least} on" for least in SURE)
    print(f"{name}: {len(samples):,} rows, {clean.n_mentions:,} mentions; as published: {n_sure}", flush=True)
    faults = plant(samples, clean.n_mentions, nested=clean.is_nested)
    faulty = list(samples)
    for fault in faults:
        faulty[fault.position] = fault.sample
    found = audit_samples(faulty, data.task.schema, AuditSettings())
    for share in (SHARE_PLANTED, SHARE_READ):
        read = found.findings[: round(share * found.n_mentions)]
        counts = f"in the first {len(read):,} of {len(found.findings):,}"
        print(f"{name}, {counts}: {said(faulty, faults, read)}", flush=True)


def plant(samples: Sequence[Sample], n_mentions: int, *, nested: bool) -> list[PlantedFault]:
    """Plant as many faults as there shall be, as many of each kind."""
    return plant_faults(samples, round(SHARE_PLANTED * n_mentions / len(KINDS)), SEED, nested=nested)


def said(samples: Sequence[Sample], faults: Sequence[PlantedFault], read: Sequence[Finding]) -> str:
    """Say of each kind how many faults are found, and how many are mended just as they were planted."""
    by_id: dict[str, list[Finding]] = {}
    for finding in read:
        by_id.setdefault(finding.id, []).append(finding)
    n_planted, n_found, n_mended = Counter[str](), Counter[str](), Counter[str]()
    for fault in faults:
        there = by_id.get(samples[fault.position].id, [])
        n_planted[fault.kind] += 1
        n_found[fault.kind] += any(is_about(finding, fault) for finding in there)
        n_mended[fault.kind] += any(is_mended(finding, fault) for finding in there)
    parts = [
        f"{kind} {n_found[kind] / n:.2f} ({n_mended[kind] / n:.2f} mended) of {n}"
        for kind, n in n_planted.items()
    ]
    return f"{', '.join(parts)}; all {n_found.total() / n_planted.total():.2f}"


def is_about(finding: Finding, fault: PlantedFault) -> bool:
    """Tell whether a finding names the entity that was planted, or proposes one where it was taken out."""
    if fault.planted is not None:
        return finding.gold is not None and key(finding.gold) == key(fault.planted)
    right, proposed = fault.right, finding.proposed
    if finding.gold is not None or right is None or proposed is None:
        return False
    assert right.start is not None and right.end is not None
    assert proposed.start is not None and proposed.end is not None
    return right.start < proposed.end and proposed.start < right.end


def is_mended(finding: Finding, fault: PlantedFault) -> bool:
    """Tell whether a finding proposes what was there before."""
    return key(finding.gold) == key(fault.planted) and key(finding.proposed) == key(fault.right)


def key(entity: Entity | None) -> object:
    """Give what tells an entity from others of its sentence."""
    return None if entity is None else (entity.label, entity.span)


if __name__ == "__main__":
    named = (argument.split("=", 1) for argument in sys.argv[1:])
    main({name: int(n) for name, n in named} or N_ROWS)
