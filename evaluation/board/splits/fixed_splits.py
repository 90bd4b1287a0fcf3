"""Fixed splits of a corpus: the same bytes for everybody who has its rows, in whatever order.

Texts are taken once and ordered by the SHA-256 of their UTF-8; the first are test, the next dev, and what of
the rest nearly says a text of theirs is dropped. The first N rows of a part are thus a random sample of it:
train_250 is the beginning of train_500, test_300 that of test.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from nerforge.evaluation.board.splits.known_splits import KnownSplit
from nerforge.evaluation.board.splits.split_file import (
    SPLIT_FILE,
    FixedSplit,
    SplitPart,
    SplitRows,
    SplitSettings,
)
from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.hashing import HashedFile, path_sha256
from nerforge.foundation.files.reading import read_jsonl
from nerforge.foundation.files.writing import refuse_unless_free, to_json, whole_folder, write_whole
from nerforge.foundation.phases import phase
from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.corpora.input_files import Inputs
from nerforge.generators.corpora.reading.reading_options import ReadingOptions
from nerforge.generators.corpora.splitting.split_choice import SampleChoice
from nerforge.generators.corpora.treatment import Treatment
from nerforge.generators.datasets.dataset import CONTENTS, DATASET_INFO, MANIFEST, DatasetOptions
from nerforge.generators.datasets.entity_gold import GoldRow
from nerforge.generators.manifests.corpus_counts import NearDuplicateCounts
from nerforge.generators.manifests.kinds import CorpusManifest

TRAIN_ROWS = (250, 500, 1000, 2000, 4000, 8000)
"""Rows of the nested training parts; those that are no fewer than all rows are not written."""
DEV_ROWS = (100,)
"""Rows of the nested dev part, for losses during a training."""
TEST_ROWS = (300,)
"""Rows of the nested test part, for models that are too slow for all of test."""
NESTED_ROWS = {"train": TRAIN_ROWS, "dev": DEV_ROWS, "test": TEST_ROWS}
_MARKERS = (SPLIT_FILE, MANIFEST, DATASET_INFO)


@dataclass(frozen=True, slots=True)
class SplitOrder:
    """What is to be split, and how."""

    source: Path
    out: Path
    task: str | None = None
    """As ``generate_corpus`` takes it."""
    limit: int | None = None
    """Only so many rows are read, the first ones."""
    dev: float = 0.1
    test: float = 0.1
    reading: ReadingOptions = field(default_factory=ReadingOptions)
    overwrite: bool = False

    def check(self) -> None:
        """Refuse what cannot be done before long work.

        Raises:
            UsageError: there is nothing left to train or to test with.
            UserError: ``out`` is taken.
        """
        if not (self.dev > 0 and self.test > 0 and self.dev + self.test < 1):
            raise UsageError(
                f"--dev {self.dev:g} and --test {self.test:g}: each must be above 0, and together below 1"
            )
        refuse_unless_free(self.out.resolve(), _MARKERS, CONTENTS, self.overwrite)


def make_split(order: SplitOrder, known: KnownSplit | None = None) -> FixedSplit:
    """Write the dataset directory of a fixed split, with its nested parts and ``split.json``.

    Args:
        order: What is to be split, and how.
        known: The published split that it is to be; None for one of the user's own.

    Raises:
        UserError: the corpus cannot be read, holds too few texts, gives another split than the known one,
            or ``out`` is taken.
    """
    order.check()
    with TemporaryDirectory(prefix="nerforge-split-") as folder:
        work = Path(folder)
        with phase(f"reading {order.source}"):
            read = _read(order, work / "read")
        n_texts = _write_in_order(work / "read", work / "all.jsonl")
        task = str(work / "read") if order.task is None else order.task
        with phase("dividing the texts"):
            divided = _divide(order, task, work / "all.jsonl", work / "divided")
        with (
            phase("writing the split"),
            whole_folder(
                order.out, markers=_MARKERS, contents=CONTENTS, overwrite=order.overwrite
            ) as temporary,
        ):
            manifest = _write_data(task, work / "divided" / "gold", temporary / "data")
            _move_up(temporary / "data", temporary)
            _write_nested(temporary / "gold")
            split = _describe(order, read, divided, manifest, n_texts, temporary / "gold")
            if known is not None:
                known.require(split, order.source)
            write_whole(temporary / SPLIT_FILE, to_json(msgspec.to_builtins(split)))
    return split


def _read(order: SplitOrder, out: Path) -> CorpusManifest:
    """Write what the corpus says as gold, every row of it."""
    return generate_corpus(
        order.task,
        order.source,
        DatasetOptions(out, dev=0.0, test=0.0),
        SampleChoice(limit=order.limit, head=True),
        reading=order.reading,
    )


def _write_in_order(data: Path, out: Path) -> int:
    """Write each text once, as its first row labels it, in the order of hashes; return how many."""
    rows: dict[str, GoldRow] = {}
    for _, row in read_jsonl(data / "gold" / "train.jsonl", GoldRow):
        rows.setdefault(row.text, row)
    in_order = sorted(rows.values(), key=lambda row: sha256(row.text.encode()).digest())
    write_whole(out, b"".join(map(_line, in_order)))
    return len(rows)


def _line(row: GoldRow) -> bytes:
    # Metadata of other tools may differ from copy to copy of a corpus, and would change the hash.
    return msgspec.json.encode(msgspec.structs.replace(row, meta={})) + b"\n"


def _divide(order: SplitOrder, task: str, texts: Path, out: Path) -> CorpusManifest:
    return generate_corpus(
        task,
        texts,
        DatasetOptions(out, dev=order.dev, test=order.test),
        SampleChoice(split="head"),
        treatment=Treatment(near_duplicates="drop"),
    )


def _write_data(task: str, gold: Path, out: Path) -> CorpusManifest:
    """Write the parts anew, so that ids number the rows of each part, as when a part is read again."""
    train, dev, test = ((gold / f"{part}.jsonl",) for part in NESTED_ROWS)
    inputs = Inputs(train=train, dev=dev, test=test)
    return generate_corpus(task, inputs, DatasetOptions(out, dev=0.0, test=0.0))


def _move_up(folder: Path, to: Path) -> None:
    for path in folder.iterdir():
        path.rename(to / path.name)
    folder.rmdir()


def _write_nested(gold: Path) -> None:
    for part, sizes in NESTED_ROWS.items():
        lines = (gold / f"{part}.jsonl").read_bytes().splitlines(keepends=True)
        for size in sizes:
            if size < len(lines):
                write_whole(gold / f"{part}_{size}.jsonl", b"".join(lines[:size]))


def _describe(
    order: SplitOrder,
    read: CorpusManifest,
    divided: CorpusManifest,
    written: CorpusManifest,
    n_texts: int,
    gold: Path,
) -> FixedSplit:
    near = divided.source.near_duplicates
    assert isinstance(near, NearDuplicateCounts), "a split is always looked through for near duplicates"
    n_samples = read.splits["train"].samples
    return FixedSplit(
        task=written.task,
        parts=dict(_parts(gold)),
        settings=SplitSettings(order.limit, order.dev, order.test, near.threshold),
        source=SplitRows(
            file=HashedFile(order.source.name, path_sha256(order.source)),
            rows=read.source.rows,
            dropped_rows=sum(read.source.dropped_rows.values()),
            rows_after_limit=read.source.not_drawn,
            repeated_texts=n_samples - n_texts,
            contradictory_texts=read.source.contradictory_texts,
            near_duplicates_of_dev_or_test=near.dropped_from_train or 0,
            near_duplicates_left_between_dev_and_test=near.pairs["dev-test"].near,
        ),
        versions=written.versions,
    )


def _parts(gold: Path) -> Iterator[tuple[str, SplitPart]]:
    for part, sizes in NESTED_ROWS.items():
        for name in (part, *(f"{part}_{size}" for size in sizes)):
            path = gold / f"{name}.jsonl"
            if path.is_file():
                yield name, describe_part(path)


def describe_part(path: Path) -> SplitPart:
    """Count and hash a gold file.

    Raises:
        UserError: it holds no gold.
    """
    rows = [row for _, row in read_jsonl(path, GoldRow)]
    if not rows:
        raise UserError(f"{path}: holds no rows; expected gold of a split")
    return SplitPart(
        rows=len(rows),
        without_entities=sum(not row.entities for row in rows),
        entities=sum(len(row.entities) for row in rows),
        sha256=path_sha256(path),
    )
