"""``label``: tasks for annotators, what comes back from them, and how far they agree."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from nerforge.evaluation.confidence.calibration import read_calibration
from nerforge.evaluation.labelling.agreement.agreement_schema import Agreement
from nerforge.evaluation.labelling.agreement.measure import N_DIFFERENCES, measure_agreement
from nerforge.evaluation.labelling.annotations.annotation import Annotation, ReadingCounts
from nerforge.evaluation.labelling.annotations.exports import read_annotations
from nerforge.evaluation.labelling.annotations.grouping import annotators_of, group_annotations
from nerforge.evaluation.labelling.annotations.resolving import ResolvingCounts, resolve
from nerforge.evaluation.labelling.tasks.exporting import (
    ExportOptions,
    ExportSummary,
    export_gold,
    export_predictions,
)
from nerforge.evaluation.labelling.tasks.tools import TOOLS
from nerforge.evaluation.prediction_files import PredictionOptions
from nerforge.evaluation.reading.task_of_gold import gold_file
from nerforge.evaluation.relabelling.verdicts import encode_verdicts
from nerforge.foundation.errors import UsageError, UserError, unknown_name
from nerforge.foundation.files.spooling import spooling
from nerforge.foundation.phases import phase
from nerforge.generators.corpora.conversion.output_places import check_place, write_file
from nerforge.generators.corpora.reading.recognition.file_heads import read_head
from nerforge.generators.datasets.entity_gold import encode_gold
from nerforge.templates.domain import Sample

_TEST = "test"


class ImportSummary(msgspec.Struct):
    """What became of the annotations of files."""

    out: str
    annotators: list[str]
    rule: str
    """How several annotators were resolved."""
    read: ReadingCounts
    resolved: ResolvingCounts


def export_tasks(
    gold: str | Path,
    out: str | Path,
    *,
    to: str,
    predictions: str | Path | None = None,
    split: str = _TEST,
    task: str | Path | None = None,
    model: str | None = None,
    format: str | None = None,
    layout: str | None = None,
    query_field: str | None = None,
    answer_field: str | None = None,
    by_position: bool = False,
    repeats: str | None = None,
    pred_model: str | None = None,
    calibration: str | Path | None = None,
    blank: bool = False,
    overwrite: bool = False,
) -> ExportSummary:
    """Write sentences as tasks for annotators, as ``nerforge label export`` does.

    Args:
        gold: The sentences: a gold file, or a dataset directory.
        out: The folder to write.
        to: The tool: ``label_studio``, ``doccano`` or ``argilla``.
        predictions: What a model says of them, in any file that ``score`` reads; None for the entities of
            gold itself.
        split: Of a dataset directory, the split.
        task: Whose labels there are; None for the data set's.
        model: What the model is called; None for the file's name.
        format: The answer format of predictions, or ``auto``.
        layout: The layout of predictions; None to recognise it.
        query_field: Of predictions the field or column, from 1, with the query.
        answer_field: The field or column with the answer.
        by_position: Whether predictions are in the order of gold.
        repeats: ``first`` or ``last``, the answer that counts where a query has several that differ.
        pred_model: Whose spans count, in an export with those of several models.
        calibration: A file of ``calibrate`` for the confidences of predictions.
        blank: Leave the entities of gold out, so that somebody labels it without seeing them.
        overwrite: Replace what ``out`` already is.

    Raises:
        UsageError: arguments contradict each other, or there is no such tool.
        UserError: a file cannot be read or written.
    """
    if to not in TOOLS:
        raise unknown_name("tool", to, TOOLS)
    named, tool = None if task is None else str(task), (to, TOOLS[to])
    with spooling() as spool:
        of_gold = spool.take(gold_file(Path(gold), split))
        _refuse_other_than_rows(of_gold)
        if predictions is None:
            if model or format or pred_model or calibration or layout:
                raise UsageError("--model, --format, --layout, --pred-model and --calibration need --pred")
            return export_gold(of_gold, tool, Path(out), task=named, blank=blank, overwrite=overwrite)
        if blank:
            raise UsageError("--blank leaves entities out, --pred brings some; pass one of them")
        path = spool.take(Path(predictions))
        reading = PredictionOptions(
            layout=layout,
            query_field=query_field,
            answer_field=answer_field,
            by_position=by_position,
            repeats=repeats,
        )
        calibrated = None if calibration is None else read_calibration(Path(calibration))
        options = ExportOptions(reading, named, format, pred_model, calibrated)
        return export_predictions(
            path,
            of_gold,
            tool,
            Path(out),
            model=model or path.stem,
            options=options,
            overwrite=overwrite,
        )


def _refuse_other_than_rows(gold: Path) -> None:
    if not read_head(gold).is_json:
        quoted = shlex.quote(str(gold))
        raise UserError(
            f"{gold}: is no gold; make it of sentences with `nerforge label next {quoted} --budget N --out "
            f"batch.jsonl`, of an annotated file with `nerforge convert {quoted} --to gold gold.jsonl`"
        )


def import_annotations(
    files: Sequence[str | Path],
    out: str | Path,
    *,
    resolve_by: str = "majority",
    layout: str | None = None,
    as_verdicts: bool = False,
    overwrite: bool = False,
) -> ImportSummary:
    """Make gold of what annotators said, as ``nerforge label import`` does.

    Args:
        files: Exports of Label Studio (JSON, JSON-MIN or CSV), doccano (JSONL, a file for each annotator) or
            Argilla, or gold.
        out: The gold file to write.
        resolve_by: ``majority``, ``agree`` or ``first``: what counts where annotators differ.
        layout: That of the files; None to recognise it.
        as_verdicts: Write what ``relabel`` puts in place of gold, for tasks that ``audit`` wrote.
        overwrite: Replace ``out``.

    Raises:
        UsageError: there is no such layout or rule.
        UserError: a file cannot be read or written, or ids have several texts.
    """
    paths, target = [Path(file) for file in files], Path(out)
    for path in paths:
        check_place(path, target, overwrite=overwrite)
    read, resolved = ReadingCounts(), ResolvingCounts()
    with phase("reading annotations"):
        sentences = group_annotations(read_annotations(paths, read, layout), read)
    samples = resolve(sentences.values(), resolve_by, resolved)
    write_file(target, encode_verdicts(samples) if as_verdicts else encode_gold(samples))
    return ImportSummary(str(target), list(annotators_of(sentences.values())), resolve_by, read, resolved)


def agreement(
    annotations: Sequence[str | Path] | Mapping[str, Iterable[Sample]],
    *,
    layout: str | None = None,
    resamples: int = 1000,
    seed: int = 0,
    worst: int = N_DIFFERENCES,
) -> Agreement:
    """Measure how far annotators agree, as ``nerforge label agree`` does.

    Args:
        annotations: Files of annotations, or the samples of each annotator by name.
        layout: That of the files; None to recognise it.
        resamples: Of sentences, for the intervals; 0 for none.
        seed: Of the resampling.
        worst: Sentences that are given, of those on which annotators differ most.

    Raises:
        UsageError: there is no such layout.
        UserError: a file cannot be read, or no sentence has several annotators.
    """
    counts = ReadingCounts()
    with phase("reading annotations"):
        if isinstance(annotations, Mapping):
            said = _of_samples(annotations)
        else:
            said = read_annotations([Path(file) for file in annotations], counts, layout)
        sentences = group_annotations(said, counts)
    with phase("comparing annotators"):
        found = measure_agreement(sentences.values(), resamples=resamples, seed=seed, n_differences=worst)
    notes = [f"{n:,} x {kind}, first at {counts.places[kind][0]}" for kind, n in counts.kinds.items()]
    return msgspec.structs.replace(found, notes=notes)


def _of_samples(samples: Mapping[str, Iterable[Sample]]) -> Iterable[Annotation]:
    for annotator, own in samples.items():
        for sample in own:
            yield Annotation(
                annotator, sample.id, sample.text, sample.entities, sample.meta, f"{annotator}: {sample.id}"
            )
