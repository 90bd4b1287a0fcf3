"""``label next``: which sentences of a pool to label next."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from nerforge.evaluation.baselines.crf import CrfOptions, CrfTagger
from nerforge.evaluation.confidence.calibration import read_calibration
from nerforge.evaluation.labelling.selection.batch import COSTS, ROWS, BatchCounts, ChosenRow, choose_batch
from nerforge.evaluation.labelling.selection.pool_files import holds_rows, write_pool
from nerforge.evaluation.labelling.selection.pools import (
    OnProgress,
    ReadPool,
    metadata_of,
    read_labelled,
    read_plain,
    read_predicted,
    read_tagged,
)
from nerforge.evaluation.labelling.tasks.label_tasks import CHOSEN
from nerforge.evaluation.reading.gold_stream import read_index
from nerforge.evaluation.reading.task_of_gold import gold_file
from nerforge.foundation.errors import UsageError, unknown_name
from nerforge.foundation.files.spooling import spooling
from nerforge.foundation.phases import phase
from nerforge.generators.corpora.conversion.output_places import check_place, write_file
from nerforge.generators.corpora.layouts import gold as gold_layout
from nerforge.generators.corpora.reading.reading_options import ReadingOptions, told_reading
from nerforge.generators.corpora.reading.recognition.file_heads import read_head
from nerforge.generators.datasets.entity_gold import encode_gold
from nerforge.templates.domain import Sample


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
    layout: str | None = None,
    fields: str | Mapping[str, str] | None = None,
    near: float = 0.8,
    models: str | Path | None = None,
    seed: int = 0,
    overwrite: bool = False,
    on_progress: OnProgress | None = None,
) -> LabelBatch:
    """Choose the sentences to label next, as ``nerforge label next`` does.

    Args:
        pool: Plain text with a sentence a line, a CSV or TSV with a head, JSON with texts, an annotated file
            that ``generate`` reads as a corpus, gold, or a dataset directory; entities are not looked at.
        out: The file of gold to write, without entities; None for none.
        budget: How many sentences, or characters.
        by: ``rows`` or ``characters``, what the budget counts.
        labelled: Gold or annotated files; nothing in them, and no near duplicate, is chosen.
        predictions: What one or several models predict for the pool, in files that ``score`` reads.
        crf: Train a CRF on ``labelled``, and ask it.
        split: Of a dataset directory, the split.
        task: Whose labels there are; None for the data set's.
        format: The answer format of predictions, or ``auto``.
        calibration: A file of ``calibrate`` for the confidences of predictions.
        layout: The layout of an annotated pool; None to recognise it.
        fields: Where the parts of a row of the pool stand, as ``text=review,id=number``.
        near: Similarity from which on texts are near duplicates; above 1 for none.
        models: A folder that keeps the CRF, so that it is trained once; None to forget it.
        seed: Decides between sentences of equal gain.
        overwrite: Replace ``out``.
        on_progress: Called with sentences that the CRF was asked about, and those in all.

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
    told = told_reading(layout=layout, fields=fields)
    if out is not None:
        check_place(Path(pool), Path(out), overwrite=overwrite)
    named, known = None if task is None else str(task), [Path(file) for file in labelled]
    with spooling() as spool, TemporaryDirectory(prefix="nerforge-") as folder:
        given = spool.take(Path(pool))
        with phase("reading the pool"):
            source, notes = _as_gold(given, split, told, Path(folder))
        if crf:
            read = _asking_crf(source, known, named, Path(models or folder), on_progress)
        elif predictions:
            fitted = None if calibration is None else read_calibration(Path(calibration))
            files = [spool.take(Path(file)) for file in predictions]
            with phase("reading predictions"):
                read = read_predicted(source, files, task=named, answer_format=format, calibration=fitted)
        else:
            read = read_plain(source)
        texts = dict(_labelled_texts(known, Path(folder)))
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
    return LabelBatch(None if out is None else str(out), rows, counts, seed, [*notes, *read.notes])


def _as_gold(pool: Path, split: str, reading: ReadingOptions, folder: Path) -> tuple[Path, list[str]]:
    """Give rows with ids and texts: the pool itself, or a file in a folder where it is written otherwise."""
    if pool.is_dir() and not reading.layout and gold_layout.recognises(read_head(pool)):
        return gold_file(pool, split), []
    if not pool.is_dir() and holds_rows(pool, reading):
        return pool, []
    # Messages of what reads it later name the file.
    written = folder / "pool" / pool.name
    written.parent.mkdir(exist_ok=True)
    return written, write_pool(pool, reading, written)


def _asking_crf(
    pool: Path,
    labelled: Sequence[Path],
    task: str | None,
    folder: Path,
    on_progress: OnProgress | None,
) -> ReadPool:
    with phase("reading what is labelled"):
        samples, schema, notes = read_labelled(labelled, task)
    tagger = CrfTagger(samples, schema, CrfOptions(), folder)
    with phase("training a CRF on what is labelled"):
        tagger.prepare()
    with phase("asking the CRF"):
        read = read_tagged(pool, tagger, on_progress)
    return read._replace(notes=[*notes, *read.notes])


def _labelled_texts(labelled: Sequence[Path], folder: Path) -> Iterator[tuple[str, str]]:
    for number, path in enumerate(labelled):
        own = folder / f"labelled-{number}"
        own.mkdir()
        source, _ = _as_gold(path, "train", ReadingOptions(), own)
        yield from ((f"{path.name}: {row_id}", text) for row_id, text in read_index(source))


def _samples(chosen: Sequence[ChosenRow], pool: Path) -> Iterator[Sample]:
    wanted = {one.row.id for one in chosen}
    meta = {row_id: own for row_id, own in metadata_of(pool) if row_id in wanted}
    for rank, one in enumerate(chosen, start=1):
        yield Sample(one.row.id, one.row.text, (), {**meta.get(one.row.id, {}), CHOSEN: one.in_meta(rank)})
