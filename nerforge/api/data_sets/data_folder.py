"""``load_data``: a dataset directory of ``generate``, its samples, its rows and its task."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nerforge.evaluation.predicting.requests import read_asked
from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.classification.label_gold import LabelledText, read_labelled
from nerforge.generators.datasets.dataset import MANIFEST, find_alpaca
from nerforge.generators.datasets.entity_gold import read_gold
from nerforge.generators.manifests.kinds import read_whole_manifest
from nerforge.generators.manifests.manifest import Manifest
from nerforge.generators.rows.row_shapes import RowTurns
from nerforge.generators.task_folders import find_data_set_task
from nerforge.templates.domain import Sample
from nerforge.templates.tasks import Task
from nerforge.templates.tasks.files import CLASSIFICATION, ENTITIES, PLAIN_LABEL


@dataclass(frozen=True, slots=True)
class DataFolder:
    """A dataset directory as ``generate`` writes it; samples and rows are read when they are asked for."""

    folder: Path
    manifest: Manifest[Any, Any, Any]
    """What ``manifest.json`` holds: settings, counts of each split, and all that was dropped."""
    entries: tuple[str, ...] = ()
    """The names under which ``generate(into=...)`` entered it into the data directory that holds it."""
    pictures: tuple[Path, ...] = ()
    """What ``generate(stats=True)`` drew."""

    @property
    def answer_format(self) -> str:
        """The format of the answers; ``label`` in text classification."""
        return self.manifest.answer_format

    @property
    def task(self) -> Task:
        """The task with the labels and words that the rows have.

        Raises:
            UserError: the folder does not hold the task, and it is none of the project's own.
        """
        # Manifests do not name the kind of their task; "label" is the answer format of classification alone.
        kind = CLASSIFICATION if self.answer_format == PLAIN_LABEL else ENTITIES
        task = find_data_set_task(self.folder, kind=kind)
        assert task is not None, "a folder with a manifest names its task"
        return task

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that have samples, in the order train, dev, test."""
        return tuple(name for name, n in self.counts.items() if n)

    @property
    def counts(self) -> dict[str, int]:
        """The number of samples of each split."""
        return {name: split.samples for name, split in self.manifest.splits.items()}

    def samples(self, split: str = "train") -> list[Sample]:
        """Read the gold of a split.

        Raises:
            UsageError: it is a data set of text classification; ``labelled`` reads it.
            UserError: the gold file is missing or malformed.
        """
        if self.answer_format == PLAIN_LABEL:
            raise UsageError(f"{self.folder}: has a label for each text; read them with labelled({split!r})")
        return read_gold(self._gold(split), self.task.schema)

    def labelled(self, split: str = "train") -> list[LabelledText]:
        """Read the gold of a split of text classification.

        Raises:
            UsageError: it is a data set with entities; ``samples`` reads it.
            UserError: the gold file is missing or malformed.
        """
        if self.answer_format != PLAIN_LABEL:
            raise UsageError(f"{self.folder}: has entities; read them with samples({split!r})")
        return read_labelled(self._gold(split))

    def rows(self, split: str = "train") -> list[RowTurns]:
        """Read what a model is trained with: system turn, user turn and answer, in the order of gold.

        Raises:
            UserError: a file is missing or malformed, or rows and gold do not fit together.
        """
        # A name that is no split would be looked up as an entry of dataset_info.json.
        self._gold(split)
        return [asked.row.turns() for asked in read_asked(self.folder, split)]

    def _gold(self, split: str) -> Path:
        if split not in self.splits:
            raise UsageError(f"{self.folder}: has no split {split!r}; it has {', '.join(self.splits)}")
        return self.folder / "gold" / f"{split}.jsonl"

    def rows_file(self, split: str = "train") -> Path:
        """Name the file that a trainer reads, such as ``ner.json``."""
        self._gold(split)
        return find_alpaca(self.folder, split)


def load_data(folder: str | Path) -> DataFolder:
    """Open a dataset directory of ``generate``.

    Raises:
        UserError: the folder holds no manifest, or one that cannot be read.
    """
    path = Path(folder)
    if not (path / MANIFEST).is_file():
        raise UserError(f"{path}: holds no {MANIFEST}; expected a dataset directory of `nerforge generate`")
    return DataFolder(path, read_whole_manifest(path / MANIFEST))
