"""What ``nerforge audit`` does: read gold, look for errors, write what was found and tasks of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nerforge.evaluation.audit.annotator_tasks import FindingRows
from nerforge.evaluation.audit.audit_predictions import read_predictions
from nerforge.evaluation.audit.audited_data import read_audited
from nerforge.evaluation.audit.auditor import AuditedGold, AuditSettings, OnProgress, audit_samples
from nerforge.evaluation.audit.evidence import FEATURES
from nerforge.evaluation.audit.findings import KINDS, Finding, encode_findings
from nerforge.evaluation.prediction_files import PredictionOptions
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.spooling import spooling
from nerforge.foundation.files.writing import write_whole
from nerforge.generators.corpora.conversion.output_places import check_place
from nerforge.generators.corpora.conversion.row_conversion import ConversionOptions, convert_rows
from nerforge.generators.corpora.conversion.target_layouts import find_target
from nerforge.generators.corpora.reading.reading_options import ReadingOptions
from nerforge.templates.domain import Sample

MODEL = "audit"
"""Whose predictions the proposals are, in tasks for annotators."""
FEW_MENTIONS = 500
"""Fewer mentions than these leave a CRF with too little to tell errors from what it never saw."""
MIN_SCORE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditOptions:
    """What to audit, and where to write what is found."""

    data: str
    out: Path | None = None
    """``audit.jsonl``."""
    predictions: Sequence[Path] = ()
    task: str | None = None
    reading: ReadingOptions = field(default_factory=ReadingOptions)
    settings: AuditSettings = field(default_factory=AuditSettings)
    min_score: float = MIN_SCORE
    """Findings below it are left out."""
    tasks: Path | None = None
    """A file of tasks for annotators."""
    tasks_as: str = "label_studio"
    n_tasks: int | None = None
    """How many of the likeliest findings become tasks; None for all."""
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found in gold."""

    findings: list[Finding]
    """Those of at least ``min_score``, the likeliest first."""
    gold: AuditedGold
    samples: dict[str, Sample]
    """Those that findings are about, by id."""
    notes: list[str]
    min_score: float

    def counts(self) -> dict[str, int]:
        """Count the findings of each kind."""
        n_of = Counter(finding.kind for finding in self.findings)
        return {kind: n_of[kind] for kind in KINDS}

    def as_json(self) -> dict[str, object]:
        """Give what a script may want, without the sentences."""
        gold = self.gold
        return {
            "samples": gold.n_samples,
            "mentions": gold.n_mentions,
            "without_mention": gold.n_without_mention,
            "groups_of_near_duplicates": gold.n_groups,
            "nested": gold.is_nested,
            "min_score": self.min_score,
            "kinds": self.counts(),
            "expected_errors": sum(finding.score for finding in gold.findings),
            "weights": {
                kind: dict(zip(("intercept", *FEATURES), weights, strict=True))
                for kind, weights in gold.weights.items()
            },
            "findings": self.findings,
        }


def run_audit(options: AuditOptions, on_progress: OnProgress | None = None) -> Audit:
    """Audit gold, and write findings and tasks where that is asked for.

    Raises:
        UsageError: there is no such layout.
        UserError: something cannot be read or written, or there is too little gold.
    """
    target = find_target(options.tasks_as)
    for path in (options.out, options.tasks):
        if path is not None:
            check_place(Path(options.data), path, overwrite=options.overwrite)
    data = read_audited(options.data, options.task, options.reading)
    notes = list(data.notes)
    with spooling() as spool:
        predictions = [
            read_predictions(spool.take(path), data, notes, PredictionOptions())
            for path in options.predictions
        ]
    gold = audit_samples(data.samples, data.task.schema, options.settings, predictions, on_progress)
    found = [finding for finding in gold.findings if finding.score >= options.min_score]
    if gold.n_without_mention:
        notes.append(f"{gold.n_without_mention:,} entities that sentences do not mention are not audited")
    if gold.n_mentions < FEW_MENTIONS:
        notes.append(
            f"{gold.n_mentions:,} mentions teach a CRF little, so scores say little: read the order only "
            f"(from {FEW_MENTIONS:,} mentions on they say more)"
        )
    if options.out is not None:
        _write(options.out, found)
    if options.tasks is not None:
        if not found:
            raise UserError(f"no finding reaches {options.min_score}, so there are no tasks to write")
        rows = FindingRows(data.samples, found[: options.n_tasks])
        written = ConversionOptions(target, options.tasks, MODEL)
        summary = convert_rows(rows, str(options.data), written)
        notes += [f"tasks: {count.n:,} x {kind}: {count.meaning}" for kind, count in summary.lost.items()]
    ids = {finding.id for finding in found}
    return Audit(found, gold, {x.id: x for x in data.samples if x.id in ids}, notes, options.min_score)


def _write(out: Path, findings: Sequence[Finding]) -> None:
    try:
        write_whole(out, encode_findings(findings))
    except OSError as err:
        raise UserError(f"--out {out}: cannot be written: {err.strerror}; choose another --out") from err
