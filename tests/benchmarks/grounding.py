"""Grounding on the power domain's table: misspellings by threshold, names the table lacks, and its speed."""

import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from nerforge.evaluation.grounding.findings import MarkKind
from nerforge.evaluation.grounding.grounder import TableGrounder
from nerforge.evaluation.grounding.hierarchy import build_hierarchy
from nerforge.generators.slots.domain.slot_domain import POWER, Table, read_domain
from nerforge.generators.slots.generate import sample_domain, select
from nerforge.templates.domain import Entity, Sample

N_SAMPLES = 20_000
THRESHOLDS = (0.75, 0.8, 0.85, 0.9, 1.0)
_MISSPELLED = ("Company", "Substation")


def main() -> None:
    """Print the tables of ``docs/grounding.md``."""
    domain = read_domain(POWER)
    (table,) = domain.tables.values()
    samples = list(sample_domain(select(domain, noise=()), N_SAMPLES, seed=7))
    grounder = TableGrounder([build_hierarchy(table, domain.schema)], domain.schema)
    start = time.process_time()
    changed = sum(bool(grounder.ground(s.text, s.entities).changes) for s in samples)
    seconds = time.process_time() - start
    print(
        f"{len(samples):,} gold answers: {changed} changed, {seconds / len(samples) * 1e6:.0f} us an answer"
    )
    print(
        "\nmisspelled names as an answer copies them, and names that the table lacks, by threshold (percent)"
    )
    print("threshold   linked right   linked wrong   told unknown   |  lacking: linked wrong   told unknown")
    for threshold in THRESHOLDS:
        spelled = _misspelled(samples, table, domain.confusions, threshold)
        lacking = _lacking(samples, table, threshold)
        print(
            f"{threshold:9.2f} {spelled['right']:14.1f} {spelled['wrong']:14.1f} {spelled['unknown']:14.1f}"
            f"   | {lacking['wrong']:22.1f} {lacking['unknown']:14.1f}"
        )


def _misspelled(
    samples: Sequence[Sample], table: Table, confusions: dict[str, tuple[str, ...]], threshold: float
) -> dict[str, float]:
    """Mistype one character of a full name, in the sentence and in the answer alike."""
    grounder = _grounder(table, threshold)
    rng, counts = random.Random(1), Counter[str]()
    for sample in samples:
        for at, entity in enumerate(sample.entities):
            is_full = entity.label in _MISSPELLED and entity.span and _said(sample, entity) == entity.text
            places = [i for i, c in enumerate(entity.text) if c in confusions] if is_full else []
            if not places:
                continue
            place = rng.choice(places)
            typed = (
                entity.text[:place] + rng.choice(confusions[entity.text[place]]) + entity.text[place + 1 :]
            )
            assert entity.start is not None
            text = sample.text[: entity.start] + typed + sample.text[entity.end :]
            answer = (
                *sample.entities[:at],
                Entity(entity.label, typed, *entity.span or ()),
                *sample.entities[at + 1 :],
            )
            after = grounder.ground(text, [e for e in answer if e.span])
            found = [e.text for e in after.entities if e.span == entity.span]
            unknown = any(m.kind is MarkKind.UNKNOWN and m.name == typed for m in after.marks)
            counts["right" if found == [entity.text] else "unknown" if unknown else "wrong"] += 1
    return _percent(counts)


def _lacking(samples: Sequence[Sample], table: Table, threshold: float) -> dict[str, float]:
    """Ground answers that name companies and substations of which a fifth was taken out of the table."""
    rng = random.Random(2)
    taken = {
        value
        for level in (-2, -1)
        for names in [sorted({row.values[level] for row in table.rows})]
        for value in rng.sample(names, len(names) // 5)
    }
    left = tuple(row for row in table.rows if taken.isdisjoint(row.values))
    grounder = _grounder(replace(table, rows=left), threshold)
    counts = Counter[str]()
    for sample in samples:
        answer = [e for e in sample.entities if e.span]
        after = grounder.ground(sample.text, answer) if any(e.text in taken for e in answer) else None
        for entity in answer if after else ():
            if entity.text in taken:
                changes = after.changes if after else ()
                mended = any(c.before == entity.text for c in changes)
                counts["wrong" if mended else "unknown"] += 1
    return _percent(counts)


def _said(sample: Sample, entity: Entity) -> str:
    return sample.text[entity.start : entity.end]


def _grounder(table: Table, threshold: float) -> TableGrounder:
    schema = read_domain(POWER).schema
    return TableGrounder([build_hierarchy(table, schema)], schema, threshold)


def _percent(counts: Counter[str]) -> dict[str, float]:
    return {name: 100 * counts[name] / max(counts.total(), 1) for name in ("right", "wrong", "unknown")}


if __name__ == "__main__":
    main()
