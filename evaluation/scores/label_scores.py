"""Score files of text classification: gold rows with a ``label`` in place of entities."""

import re
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import UNSET
from msgspec.structs import asdict

from nerforge.evaluation.metrics.classification import score_labels
from nerforge.evaluation.metrics.score_figures import Bootstrap, SampleColumns
from nerforge.evaluation.prediction_files import Outputs, PredictionOptions, read_outputs
from nerforge.evaluation.reading.scored_samples import MISSING
from nerforge.evaluation.reading.wrong_samples import NamedEntity, WrongLabel
from nerforge.evaluation.scores.schema import (
    LabelScores,
    LabelSettings,
    PredictionCounts,
    PredictionRemarks,
    PredictionsFile,
)
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.hashing import file_sha256
from nerforge.foundation.files.reading import read_jsonl
from nerforge.foundation.printing import encodable
from nerforge.generators.classification.label_gold import LabelledText, read_labelled
from nerforge.templates.answers.envelope import unwrap
from nerforge.templates.domain import Outcome, fold_label
from nerforge.templates.tasks import Task
from nerforge.templates.tasks.files import CLASSIFICATION

TASK = CLASSIFICATION
_ANNOUNCEMENT = re.compile(r"[^:：]{1,20}[:：]")
_EXCERPT = 2_000
"""Characters of a wrong answer that the scores keep."""


class _GoldKeys(msgspec.Struct):
    """The keys that tell what gold is of, whatever they hold."""

    label: object = UNSET
    entities: object = UNSET


def is_label_gold(gold: Path) -> bool:
    """Tell by its first row whether a gold file is one of text classification.

    Raises:
        UserError: the file cannot be read.
    """
    first = next((row for _, row in read_jsonl(gold, _GoldKeys)), _GoldKeys())
    return first.label is not UNSET and first.entities is UNSET


def score_label_files(
    gold: Path,
    predictions: Path,
    *,
    task: Task | None = None,
    training: Path | None = None,
    reading: PredictionOptions | None = None,
    n_bootstrap: int = 1_000,
    seed: int = 0,
) -> LabelScores:
    """Read gold labels and answers, and score them.

    Args:
        gold: A gold file.
        predictions: A file of predictions, in any layout that can be read.
        task: Whose labels gold has. Without it, the labels known are those of gold and training gold.
        training: The gold file of the training split.
        reading: What is known of the predictions file.
        n_bootstrap: Resamples behind the intervals; 0 for no intervals.
        seed: Of the resampling.

    Raises:
        UserError: a file cannot be read, gold has a label that the task does not know, or predictions do not
            belong to gold.
    """
    rows = read_labelled(gold)
    read = read_outputs(predictions, [(row.id, row.text) for row in rows], reading)
    known = [row.label for row in read_labelled(training)] if training else []
    names = names_of(rows, known, task, gold)
    predicted = [read_label(read, row, names) for row in rows]
    bootstrap = Bootstrap(n_bootstrap, seed)
    settings = LabelSettings(
        task=task.name if task else TASK,
        labels=sorted(set(names.values())),
        gold_sha256=file_sha256(gold),
        predictions=PredictionsFile(
            name=encodable(predictions.name), sha256=file_sha256(predictions), layout=read.layout
        ),
        bootstrap=bootstrap,
    )
    read_rows = list(zip(rows, predicted, strict=True))
    figures = score_labels([row.label for row in rows], predicted, bootstrap)
    return LabelScores(
        **asdict(figures),
        n_not_offered=sum(
            bool(label and row.options) and label not in row.options for row, label in read_rows
        ),
        criteria={},
        samples=SampleColumns(
            [row.id for row in rows], [int(label == row.label) for row, label in read_rows], {}
        ),
        errors=[
            _error(row, label, read.outputs.get(row.id)) for row, label in read_rows if label != row.label
        ],
        settings=settings,
        settings_sha256=sha256(msgspec.json.encode(settings, order="sorted")).hexdigest(),
        predictions=PredictionRemarks(
            list(map(encodable, read.notes)), msgspec.convert(read.counts, PredictionCounts)
        ),
    )


def names_of(
    rows: Iterable[LabelledText], known: Iterable[str], task: Task | None, gold: Path
) -> dict[str, str]:
    """Give the labels by all names under which an answer may mean them, folded."""
    if task is None:
        return {fold_label(label): label for label in [*(row.label for row in rows), *known]}
    for row in rows:
        if row.label not in task.schema:
            raise UserError(
                f"{gold}: label {row.label!r} of {row.id} is not one of {', '.join(task.schema.names)}; "
                "score with the task that gold was made for"
            )
    labels = task.schema.labels
    # A name that two labels share means the later one.
    names = ((name, x.name) for x in labels for name in (*x.synonyms, x.answer, x.name))
    return {fold_label(name): label for name, label in names}


def read_label(read: Outputs, row: LabelledText, names: dict[str, str]) -> str | None:
    """Read a label, framed, announced or explained below; any other answer, or a cut one, names none."""
    output = read.outputs.get(row.id)
    if output is None or row.id in read.cut:
        return None
    # 分类：体育 means 体育, and so does 体育。 with a reason on the next line or in a code fence.
    first, *_ = unwrap(output, row.text).text.strip().splitlines() or [""]
    for said in (first, _ANNOUNCEMENT.sub("", first, count=1)):
        if label := names.get(fold_label(said.rstrip("。. "))):
            return label
    return None


def _error(row: LabelledText, label: str | None, output: str | None) -> WrongLabel:
    return WrongLabel(
        row.id,
        row.text,
        gold=[NamedEntity(row.label, row.label)],
        predicted=[] if label is None else [NamedEntity(label, label)],
        outcome=outcome_of(label, output),
        output=None if output is None else output[:_EXCERPT],
    )


def outcome_of(label: str | None, output: str | None) -> str:
    """Say how the reading of an answer ended."""
    if output is None:
        return MISSING
    return (Outcome.UNPARSABLE if label is None else Outcome.CLEAN).value
