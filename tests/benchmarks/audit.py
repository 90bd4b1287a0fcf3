"""The audit of gold: how many planted faults stand in the first tenth of its list, by kind.

``python -m tests.benchmarks audit`` plants faults into power queries and, where they lie beside the checkout,
into all published rows of ccfbdci and CMeEE. ``python -m tests.benchmarks.audit ccfbdci=1500 any.conll=5000``
takes other numbers of rows, and any annotated files; ``seed=N`` plants other faults, and ``models=DIR`` keeps
the CRFs, so that a killed run resumes.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from time import process_time

from nerforge.evaluation.audit.audited_data import read_audited
from nerforge.evaluation.audit.auditor import AuditSettings, audit_samples
from nerforge.evaluation.audit.fault_planting import PlantedFault, plant_faults
from nerforge.evaluation.audit.findings import KINDS, Finding
from nerforge.evaluation.relabelling.mended_gold import wilson
from nerforge.templates.domain import Entity, Sample
from tests.benchmarks.prediction import nerforge

REAL = Path(__file__).parents[2].parent / "shared" / "real"
SHARE_PLANTED = 0.03
"""Of the mentions, in all kinds together."""
SHARE_READ = 0.1
"""Of the list that a person reads: findings for each mention of gold."""
N_ROWS = {"power": 1_500, "ccfbdci": 10_000, "cmeee": 4_287}
SURE = (0.9, 0.5)
"""Scores from which the findings in a clean corpus are counted."""
SEED = 7


def main(n_rows: Mapping[str, int] = N_ROWS, seed: int = SEED, models: Path | None = None) -> None:
    """Measure the corpora that there are."""
    with tempfile.TemporaryDirectory() as folder:
        for name, n in n_rows.items():
            source = Path(name) if Path(name).is_file() else REAL / f"{name}.jsonl"
            if name == "power":
                source = Path(folder)
                nerforge("generate", "power", "--rows", n, "--dev", 0, "--test", 0, "--out", source)
            if source.exists():
                measure(Path(name).stem, source, n, seed, models)


def measure(name: str, source: Path, n_rows: int, seed: int, models: Path | None) -> None:
    """Audit a corpus as it is, and with faults."""
    data = read_audited(source)
    samples = Random(SEED).sample(data.samples, min(n_rows, len(data.samples)))
    settings = AuditSettings(models=models)
    started = process_time()
    clean = audit_samples(samples, data.task.schema, settings)
    scores = [finding.score for finding in clean.findings]
    n_sure = ", ".join(f"{sum(x >= least for x in scores)} from {least} on" for least in SURE)
    seconds = f"{process_time() - started:.0f} s of a core"
    counts = f"{len(samples):,} rows, {clean.n_mentions:,} mentions"
    print(f"{name}: {counts}, {seconds}; as published: {n_sure}", flush=True)
    faults = plant(samples, clean.n_mentions, seed, nested=clean.is_nested)
    faulty = list(samples)
    for fault in faults:
        faulty[fault.position] = fault.sample
    found = audit_samples(faulty, data.task.schema, settings)
    for share in (SHARE_PLANTED, SHARE_READ, None):
        n_read = len(found.findings) if share is None else round(share * found.n_mentions)
        read = found.findings[:n_read]
        print(
            f"{name}, first {len(read):,} of {len(found.findings):,}: {said(faulty, faults, read)}",
            flush=True,
        )


def plant(samples: Sequence[Sample], n_mentions: int, seed: int, *, nested: bool) -> list[PlantedFault]:
    """Plant as many faults as there shall be, as many of each kind."""
    return plant_faults(samples, round(SHARE_PLANTED * n_mentions / len(KINDS)), seed, nested=nested)


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
        f"{kind} {interval(n_found[kind], n_planted[kind])}, mended {n_mended[kind] / n_planted[kind]:.2f}"
        for kind in KINDS
        if n_planted[kind]
    ]
    return f"{'; '.join(parts)}; all {interval(n_found.total(), n_planted.total())}"


def interval(n: int, of: int) -> str:
    """Write a share with its interval."""
    share = wilson(n, of)
    assert share.low is not None and share.high is not None
    return f"{n / of:.2f} ({share.low:.2f}-{share.high:.2f}) of {of}"


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


def read_arguments(arguments: Sequence[str]) -> None:
    """Measure what the command line names."""
    named = dict(argument.rsplit("=", 1) for argument in arguments)
    seed = int(named.pop("seed", SEED))
    models = named.pop("models", None)
    n_rows = {name: int(n) for name, n in named.items()} or N_ROWS
    main(n_rows, seed, None if models is None else Path(models))


if __name__ == "__main__":
    read_arguments(sys.argv[1:])
