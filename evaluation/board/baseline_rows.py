"""The rows that need no model: dictionary and CRF of each nested training part of a split."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from nerforge.evaluation.baselines.crf import CrfOptions, CrfTagger
from nerforge.evaluation.baselines.dictionary import DictionaryOptions, DictionaryTagger
from nerforge.evaluation.baselines.run import Tagger
from nerforge.evaluation.board.adding import AddedRow, KeptRow, find_set, keep_row
from nerforge.evaluation.board.board_gold import read_board_gold
from nerforge.evaluation.board.stored_rows import RunFacts, TrainedRows
from nerforge.evaluation.reading.scored_samples import ScoredSample
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.hashing import file_sha256
from nerforge.foundation.phases import phase
from nerforge.generators.datasets.entity_gold import read_gold
from nerforge.templates.domain import Answer, LabelSchema, Outcome, Sample

_TIMED = "seconds of training and rows/s are CPU time of one core"


@dataclass(frozen=True, slots=True)
class BaselineOrder:
    """Which split to answer, and where to keep the rows."""

    board: Path
    split: Path
    """A folder of ``board split``, or any dataset directory of ``generate``."""
    set_name: str | None = None
    machine: str | None = None
    overwrite: bool = False


def add_baselines(order: BaselineOrder) -> Iterator[AddedRow]:
    """Train a dictionary and a CRF on each training part of a split, and put them on a board.

    Raises:
        UserError: the split cannot be read, the baselines extra is missing, or a row is there already.
    """
    folder = order.split / "gold"
    gold = folder / "test.jsonl"
    board_name, parts = find_set(gold, order.set_name)
    read = read_board_gold(gold)
    if read.is_classified:
        raise UserError(
            f"{order.split}: holds a label for each text, and these are for entities; add the answers of "
            "`nerforge baseline majority`"
        )
    schema = read.schema
    for path in sorted(folder.glob("train*.jsonl"), key=lambda path: path.stat().st_size):
        training = read_gold(path, schema)
        trained = TrainedRows(rows=len(training), sha256=file_sha256(path))
        for kind in ("dictionary", "crf"):
            with phase(f"training a {kind} on {len(training)} rows"):
                tagger, seconds = _train(kind, training, schema)
            rows, speed = _tag(tagger, read.samples)
            facts = RunFacts(
                kind=kind,
                training=trained,
                answering=dict(tagger.settings),
                machine=order.machine,
                seconds_of_training=seconds,
                rows_per_second=speed,
                note=_TIMED,
            )
            kept = KeptRow(order.board, board_name, facts.default_name(), facts, order.overwrite)
            yield keep_row(kept, parts, rows, read)


def _train(kind: str, training: list[Sample], schema: LabelSchema) -> tuple[Tagger, float]:
    """Train a baseline; the model of a CRF is not kept once it is loaded."""
    # CPU time: a busy machine would show in seconds of the clock.
    start = time.process_time()
    if kind == "dictionary":
        tagger: Tagger = DictionaryTagger(training, schema, DictionaryOptions())
        return tagger, time.process_time() - start
    with TemporaryDirectory(prefix="nerforge-crf-") as folder:
        crf = CrfTagger(training, schema, CrfOptions(), Path(folder))
        crf.prepare()
        seconds = time.process_time() - start
        crf.tag("句")
    return crf, seconds


def _tag(tagger: Tagger, samples: list[Sample]) -> tuple[list[ScoredSample], float]:
    """Tag sentences, and give the speed in rows a second."""
    start = time.process_time()
    found = [tuple(tagger.tag(sample.text)) for sample in samples]
    seconds = max(time.process_time() - start, 1e-6)
    rows = [
        ScoredSample(sample, None, Answer(entities, Outcome.CLEAN if entities else Outcome.EMPTY))
        for sample, entities in zip(samples, found, strict=True)
    ]
    return rows, len(samples) / seconds
