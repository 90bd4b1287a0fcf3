"""Answer a split of a data set with a baseline, in the data set's own answer format."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec
from msgspec.structs import replace

from nerforge.evaluation.baselines.majority import majority_answers
from nerforge.evaluation.baselines.spans import outermost
from nerforge.evaluation.engines import Prediction
from nerforge.evaluation.predicting.answer_log import prediction_line, settings_path
from nerforge.evaluation.reading.task_of_gold import find_label_task, find_reading
from nerforge.evaluation.scores.label_scores import is_label_gold
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.hashing import file_sha256
from nerforge.foundation.files.reading import read_json
from nerforge.foundation.files.writing import to_json, write_whole
from nerforge.generators.classification.label_gold import read_labelled
from nerforge.generators.datasets.entity_gold import read_gold
from nerforge.templates.answers import AnswerFormat, CannotEncodeError, is_lossless, load_format
from nerforge.templates.domain import Entity, LabelSchema, Sample
from nerforge.templates.tasks import Task

MAJORITY = "majority"
SPLITS = ("dev", "test")
OnProgress = Callable[[int, int], None]
"""Called with the number of rows done and of all rows."""


class Tagger(Protocol):
    """A baseline for entities, trained."""

    name: str

    @property
    def settings(self) -> Mapping[str, object]:
        """What shapes the answers besides the training gold."""

    def notes(self) -> list[str]:
        """Say what was learned, a line each."""

    def tag(self, text: str) -> list[Entity]:
        """Give the entities of a sentence in the order of an answer."""


class EntityData(NamedTuple):
    """A data set of entities."""

    folder: Path
    task: Task
    format_name: str
    training: list[Sample]
    notes: Sequence[str] = ()
    """What was inferred without a manifest."""

    @property
    def schema(self) -> LabelSchema:
        """The task's labels."""
        return self.task.schema


class BaselineRun(NamedTuple):
    """What a baseline did."""

    path: Path
    n_rows: int
    notes: list[str]


@dataclass(slots=True)
class _Writer:
    """Writes entities as answers, and counts what the format cannot say."""

    answer_format: AnswerFormat
    schema: LabelSchema
    counts: Counter[str] = field(default_factory=Counter)

    def write(self, sample: Sample, found: Sequence[Entity]) -> str:
        """Write the answer; what the format cannot carry is left out, inner entities first."""
        flat = outermost(found)
        # First all entities; if the format cannot carry them, as XML cannot carry crossing ones, the
        # outermost.
        for entities in (found, flat):
            tagged = replace(sample, entities=tuple(entities))
            try:
                answer = self.answer_format.encode(tagged, self.schema)
            except CannotEncodeError:
                self.counts["answers without what the answer format cannot carry"] += entities is found
                continue
            is_read_back = is_lossless(self.answer_format, tagged, answer, self.schema)
            self.counts["answers that do not say which of several mentions is meant"] += not is_read_back
            return answer
        self.counts["answers left empty, which the answer format cannot carry at all"] += 1
        return self.answer_format.encode(replace(sample, entities=()), self.schema)

    def notes(self) -> list[str]:
        """Say what was counted."""
        return [f"{n:,} {what}" for what, n in self.counts.items() if n]


class _SettingsBeside(msgspec.Struct):
    """Of the settings beside predictions, what says who wrote them."""

    engine: object = None


def read_entity_data(data: Path) -> EntityData:
    """Read the training gold of a data set.

    Raises:
        UserError: it is none of entities, or cannot be read.
    """
    gold = _training_gold(data)
    if is_label_gold(gold):
        raise UserError(
            f"{data}: holds a label for each text, and this baseline is for entities; "
            f"use `nerforge baseline {MAJORITY}`"
        )
    task, format_name, notes = find_reading(gold, None, None)
    return EntityData(data, task, format_name, read_gold(gold, task.schema), notes)


def _training_gold(data: Path) -> Path:
    gold = data / "gold" / "train.jsonl"
    if not gold.is_file():
        raise UserError(f"{gold}: no such file; baselines learn from the gold of a training set")
    return gold


def check_free(out: Path, *, overwrite: bool) -> None:
    """Find out before long work whether predictions may be written.

    Raises:
        UserError: ``out`` is taken by something else, or by predictions that are not to be overwritten.
    """
    if out.is_dir():
        raise UserError(f"{out}: is a folder; name a file as --out")
    if not out.exists():
        return
    beside = settings_path(out)
    engine = read_json(beside, _SettingsBeside).engine if beside.is_file() else None
    if not (isinstance(engine, str) and engine.startswith("baseline ")):
        raise UserError(f"{out}: is not a file of `nerforge baseline`; choose another --out")
    if not overwrite:
        raise UserError(f"{out}: holds answers already; pass --overwrite, or another --out")


def predict_entities(
    data: EntityData,
    split: str,
    tagger: Tagger,
    out: Path,
    on_progress: OnProgress | None = None,
) -> BaselineRun:
    """Answer every sentence of a split; the gold of the split is not looked at.

    Args:
        data: The data set, whose training gold the tagger knows.
        split: One of ``SPLITS``.
        tagger: The baseline.
        out: The file, written whole, with the settings beside it; see ``check_free``.
        on_progress: Told of every hundredth row.

    Raises:
        UserError: the split's gold cannot be read.
    """
    gold = data.folder / "gold" / f"{split}.jsonl"
    samples = read_gold(gold, data.schema)
    writer = _Writer(load_format(data.format_name), data.schema)

    def rows() -> Iterator[tuple[str, str]]:
        for number, sample in enumerate(samples):
            if on_progress and number % 100 == 0:
                on_progress(number, len(samples))
            blank = replace(sample, entities=())
            yield sample.id, writer.write(blank, tagger.tag(sample.text))
        if on_progress:
            on_progress(len(samples), len(samples))

    settings = {"answer_format": data.format_name, **tagger.settings}
    n_rows = _write(out, tagger.name, data.folder, split, settings, rows())
    return BaselineRun(out, n_rows, [*data.notes, *tagger.notes(), *writer.notes()])


def predict_majority(data: Path, split: str, out: Path) -> BaselineRun:
    """Answer every text of a split with the most frequent label of training.

    Raises:
        UserError: the data set is one of entities, or cannot be read.
    """
    training = _training_gold(data)
    if not is_label_gold(training):
        raise UserError(
            f"{data}: holds entities, and {MAJORITY} is for text classification; "
            "use `nerforge baseline dictionary` or `crf`"
        )
    gold = data / "gold" / f"{split}.jsonl"
    task = find_label_task(gold, None)
    answers = majority_answers(read_labelled(training), read_labelled(gold), task)
    n_rows = _write(out, MAJORITY, data, split, {}, answers)
    return BaselineRun(out, n_rows, [])


def _write(
    out: Path,
    name: str,
    data: Path,
    split: str,
    settings: Mapping[str, object],
    answers: Iterable[tuple[str, str]],
) -> int:
    gold = data / "gold"
    said = {
        "engine": f"baseline {name}",
        **settings,
        "training_sha256": file_sha256(gold / "train.jsonl"),
        "rows_sha256": file_sha256(gold / f"{split}.jsonl"),
    }
    lines = [prediction_line(Prediction(row_id, answer, "stop")) for row_id, answer in answers]
    write_whole(settings_path(out), to_json(said))
    write_whole(out, lines)
    return len(lines)
