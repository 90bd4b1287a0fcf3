"""How an audit is printed: what is likely wrong in gold, and why."""

from collections.abc import Sequence

from msgspec import to_builtins
from rich.console import Console
from rich.text import Text

from nerforge.cli.printing.output import print_json
from nerforge.cli.printing.plain_table import plain_table
from nerforge.evaluation.audit.audit_run import Audit
from nerforge.evaluation.audit.findings import Finding
from nerforge.foundation.printing import printable
from nerforge.templates.domain import Entity, Sample

_AROUND = 10
"""Characters of the sentence that are shown on each side."""


def print_audit(console: Console, audit: Audit, n_shown: int) -> None:
    """Print the likeliest findings, and how many there are of each kind."""
    gold = audit.gold
    table = plain_table(("kind", "rank", "score", "id", "gold", "proposed", "in"))
    for finding in audit.findings[:n_shown]:
        table.add_row(*map(Text, _cells(finding, audit.samples[finding.id])))
    if audit.findings:
        console.print(table)
        console.print()
    counts = ", ".join(f"{kind} {n:,}" for kind, n in audit.counts().items())
    for line in (
        f"{len(audit.findings):,} findings with a score of at least {audit.min_score}: {counts}",
        f"{gold.n_samples:,} sentences, {gold.n_mentions:,} mentions, {gold.n_groups:,} groups of near "
        f"duplicates; the scores add up to {sum(x.score for x in gold.findings):,.0f} errors",
    ):
        console.print(line, markup=False)


def print_audit_json(audit: Audit, n_shown: int) -> None:
    """Print counts, weights and the likeliest findings as JSON."""
    print_json(to_builtins(audit.as_json() | {"findings": audit.findings[:n_shown]}))


def _cells(finding: Finding, sample: Sample) -> Sequence[str]:
    return (
        finding.kind,
        f"{finding.rank:,}",
        f"{finding.score:.2f}",
        printable(finding.id),
        _said(finding.gold),
        _said(finding.proposed),
        _context(finding, sample),
    )


def _said(entity: Entity | None) -> str:
    return "-" if entity is None else printable(f"{entity.label} {entity.text}")


def _context(finding: Finding, sample: Sample) -> str:
    """Show a part of the sentence around what the finding is about."""
    entities = [entity for entity in (finding.gold, finding.proposed) if entity is not None]
    start = max(min(entity.start or 0 for entity in entities) - _AROUND, 0)
    end = max(entity.end or 0 for entity in entities) + _AROUND
    before, after = "…" if start else "", "…" if end < len(sample.text) else ""
    return printable(f"{before}{sample.text[start:end]}{after}")
