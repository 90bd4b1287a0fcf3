"""What ``nerforge relabel`` does: mend gold by verdicts, write it, and score predictions on old and new."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from nerforge.evaluation.metrics.score_figures import Bootstrap
from nerforge.evaluation.prediction_files import PredictionOptions
from nerforge.evaluation.reading.opened_predictions import find_prediction_reading
from nerforge.evaluation.reading.task_of_gold import find_reading, gold_file
from nerforge.evaluation.relabelling.mended_gold import Conflict, MendedGold, Share, mend
from nerforge.evaluation.relabelling.verdicts import REFUSE, read_verdicts
from nerforge.evaluation.scores.entity_scores import score_files
from nerforge.evaluation.scores.label_scores import is_label_gold
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.spooling import spooling
from nerforge.foundation.files.writing import write_whole
from nerforge.foundation.phases import phase
from nerforge.generators.corpora.conversion.output_places import check_place
from nerforge.generators.datasets.entity_gold import encode_gold, read_gold


@dataclass(frozen=True, slots=True, kw_only=True)
class RelabelOptions:
    """What to mend, and by what."""

    gold: Path
    """A gold file, or a dataset directory, whose ``split`` is mended."""
    verdicts: Sequence[Path]
    out: Path
    """The mended gold."""
    split: str = "test"
    predictions: Sequence[Path] = ()
    """Are scored on old and mended gold."""
    task: str | None = None
    answer_format: str | None = None
    conflicts: str = REFUSE
    bootstrap: Bootstrap = field(default_factory=Bootstrap)
    overwrite: bool = False


_N_SHOWN = 10
_ANY_FORMAT = "json"
_STRICT = "strict"


class F1Interval(msgspec.Struct, frozen=True):
    """Strict micro F1 with its 95 % interval."""

    f1: float
    low: float | None
    high: float | None


class ScoredOnBoth(msgspec.Struct, frozen=True):
    """What predictions reach on the old gold and on the mended one."""

    predictions: str
    before: F1Interval
    after: F1Interval


class RelabelReport(msgspec.Struct, frozen=True):
    """What verdicts changed."""

    gold: str
    out: str
    n_samples: int
    n_judged: int
    """Samples with a verdict."""
    verdicts: dict[str, int]
    """Of each kind, without those of conflicts."""
    repeated: int
    """Verdicts that were said twice, and counted once."""
    conflicts: list[Conflict]
    changed: int
    """Samples whose entities changed."""
    unchanged: int
    """Samples called wrong, whose mended gold is the gold they had."""
    entities_added: int
    entities_removed: int
    gold_errors: Share
    """Of the verdicts, those that find gold wrong; of what was judged, not of the corpus."""
    scores: list[ScoredOnBoth]
    notes: list[str]


def run_relabel(options: RelabelOptions) -> RelabelReport:
    """Mend gold.

    Raises:
        UserError: a file cannot be read or written, verdicts are of another gold, or contradict each other.
    """
    with spooling() as spool:
        gold = spool.take(gold_file(options.gold, options.split))
        check_place(gold, options.out, overwrite=options.overwrite)
        if is_label_gold(gold):
            raise UserError(f"{gold}: holds a label for each text; verdicts are about entities")
        reading = find_reading(gold, options.task, _ANY_FORMAT)
        samples = read_gold(gold, reading.task.schema)
        paths = [spool.take(path) for path in options.verdicts]
        verdicts = read_verdicts(paths, {x.id: x for x in samples}, reading.task.schema)
        mended = mend(samples, verdicts)
        if mended.conflicts and options.conflicts == REFUSE:
            raise UserError(_conflict_message(mended.conflicts))
        try:
            write_whole(options.out, encode_gold(mended.samples))
        except OSError as err:
            raise UserError(
                f"{options.out}: cannot be written: {err.strerror}; choose another --out"
            ) from err
        notes = list(reading.notes)
        scores = [_score(options, gold, spool.take(path), notes) for path in options.predictions]
        n_judged = len(verdicts.of_sample)
        return _report(options, mended, n_judged, verdicts.n_repeated, scores, notes)


def _score(options: RelabelOptions, gold: Path, predictions: Path, notes: list[str]) -> ScoredOnBoth:
    asked = PredictionOptions()
    # The mended gold may lie where nothing tells its task, so both are read as the old one.
    found = find_prediction_reading(
        gold, predictions, asked, task=options.task, answer_format=options.answer_format
    )
    notes += [note for note in found.notes if note not in notes]
    figures = []
    for file in (gold, options.out):
        with phase(f"scoring {predictions} on {file}"):
            scores, _ = score_files(
                file,
                predictions,
                found.task,
                found.answer_format,
                reading=asked,
                n_bootstrap=options.bootstrap.resamples,
                seed=options.bootstrap.seed,
                n_examples=0,
            )
        micro = scores.criteria[_STRICT].micro
        figures.append(F1Interval(micro.f1, micro.f1_low, micro.f1_high))
    return ScoredOnBoth(str(predictions), *figures)


def _report(
    options: RelabelOptions,
    mended: MendedGold,
    n_judged: int,
    n_repeated: int,
    scores: list[ScoredOnBoth],
    notes: list[str],
) -> RelabelReport:
    return RelabelReport(
        gold=str(options.gold),
        out=str(options.out),
        n_samples=len(mended.samples),
        n_judged=n_judged,
        verdicts=dict(mended.counts),
        repeated=n_repeated,
        conflicts=mended.conflicts,
        changed=mended.n_changed,
        unchanged=mended.n_unchanged,
        entities_added=mended.n_added,
        entities_removed=mended.n_removed,
        gold_errors=mended.gold_errors,
        scores=scores,
        notes=notes,
    )


def _conflict_message(conflicts: Sequence[Conflict]) -> str:
    shown = [
        f"{one.places[0]}: sample {one.id!r}: {one.reason}; see {', '.join(one.places[1:])}"
        for one in conflicts[:_N_SHOWN]
    ]
    if len(conflicts) > _N_SHOWN:
        shown.append(f"{len(conflicts):,} conflicts in all; the first {_N_SHOWN} are shown")
    shown[-1] += "; settle them, or leave such gold as it is with --conflicts keep"
    return "\n".join(shown)
