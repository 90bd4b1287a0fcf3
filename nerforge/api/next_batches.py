"""``label next``: which sentences of a pool to label next."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from nerforge.evaluation.baselines.crf import CrfOptions, CrfTagger
from nerforge.evaluation.confidence.calibration import read_calibration
from nerforge.evaluation.labelling.selection.batch import COSTS, ROWS, BatchCounts, ChosenRow, choose_batch
from nerforge.evaluation.labelling.selection.pools import (
    ReadPool,
    metadata_of,
    read_plain,
    read_predicted,
    read_tagged,
)
from nerforge.evaluation.reading.format_choice import AUTO
from nerforge.evaluation.reading.gold_stream import read_index
from nerforge.evaluation.reading.task_of_gold import find_reading, gold_file
from nerforge.foundation.errors import UsageError, unknown_name
from nerforge.foundation.phases import phase
from nerforge.generators.corpora.conversion.output_places import check_place, write_file
from nerforge.generators.datasets.entity_gold import encode_gold, read_gold
from nerforge.templates.domain import Sample

_KEY = "next"


class LabelBatch(msgspec.Struct):
    """The sentences that were chosen, and what became of the others."""

    out: str | None
    rows: list[Sample]
    """The best first, without entities; ``meta["next"]`` says why each was chosen."""
    counts: BatchCounts
    seed: int
    notes: list[str]


def next_batch(
    pool: str | Path,
    out: str | Path | None = None,
    *,
    budget: int,
    by: str = ROWS,
    labelled: Sequence[str | Path] = (),
    predictions: Sequence[str | Path] = (),
    crf: bool = False,
    split: str = "train",
    task: str | Path | None = None,
    format: str | None = None,
    calibration: str | Path | None = None,
    near: float = 0.8,
    seed: int = 0,
    overwrite: bool = False,
) -> LabelBatch:
    """Choose the sentences to label next, as ``nerforge label next`` does.

    Args:
        pool: A gold file (its entities are not looked at), any JSON lines with ``id`` and ``text``, or a
            dataset directory.
        out: The file of gold to write, without entities; None for none.
        budget: How many sentences, or characters.
        by: ``rows`` or ``characters``, what the budget counts.
        labelled: Gold files; nothing in them, and no near duplicate, is chosen.
        predictions: What one or several models predict for the pool, in files that ``score`` reads.
        crf: Train a CRF on ``labelled``, and ask it.
        split: Of a dataset directory, the split.
        task: Whose labels there are; None for the data set's.
        format: The answer format of predictions, or ``auto``.
        calibration: A file of ``calibrate`` for the confidences of predictions.
        near: Similarity from which on texts are near duplicates; above 1 for none.
        seed: Decides between sentences of equal gain.
        overwrite: Replace ``out``.

    Raises:
        UsageError: arguments contradict each other.
        UserError: a file cannot be read or written.
    """
    if by not in COSTS:
        raise unknown_name("--by", by, COSTS)
    if crf and (predictions or not labelled):
        raise UsageError("--crf learns from --labelled, and takes the place of --pred")
    if budget < 1:
        raise UsageError(f"--budget {budget}: must be at least 1")
    source, known = gold_file(Path(pool), split), [Path(file) for file in labelled]
    if out is not None:
        check_place(source, Path(out), overwrite=overwrite)
    named = None if task is None else str(task)
    with phase("reading the pool"):
        if crf:
            read = _asking_crf(source, known, named)
        elif predictions:
            fitted = None if calibration is None else read_calibration(Path(calibration))
            files = [Path(file) for file in predictions]
            read = read_predicted(source, files, task=named, answer_format=format, calibration=fitted)
        else:
            read = read_plain(source)
    texts = {f"{path.name}: {row_id}": text for path in known for row_id, text in read_index(path)}
    counts = BatchCounts()
    with phase("choosing sentences"):
        chosen = choose_batch(
            read.rows,
            texts,
            budget=budget,
            by=by,
            near=near,
            seed=seed,
            counts=counts,
            covered=() if crf or predictions else list(texts.values()),
        )
    rows = list(_samples(chosen, source))
    if out is not None:
        write_file(Path(out), encode_gold(rows))
    return LabelBatch(None if out is None else str(out), rows, counts, seed, read.notes)


def _asking_crf(pool: Path, labelled: Sequence[Path], task: str | None) -> ReadPool:
    schema = find_reading(labelled[0], task, AUTO).task.schema
    samples = [sample for path in labelled for sample in read_gold(path, schema)]
    with TemporaryDirectory(prefix="nerforge-") as folder, phase("training a CRF on what is labelled"):
        tagger = CrfTagger(samples, schema, CrfOptions(), Path(folder))
        tagger.prepare()
        return read_tagged(pool, tagger)


def _samples(chosen: Sequence[ChosenRow], pool: Path) -> Iterator[Sample]:
    wanted = {one.row.id for one in chosen}
    meta = {row_id: own for row_id, own in metadata_of(pool) if row_id in wanted}
    for rank, one in enumerate(chosen, start=1):
        yield Sample(one.row.id, one.row.text, (), {**meta.get(one.row.id, {}), _KEY: one.in_meta(rank)})
