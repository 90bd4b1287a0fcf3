"""How a run's data set asks: the prompt that a query must stand in to equal what was trained on."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nerforge.evaluation.engines import Request
from nerforge.evaluation.predicting.requests import read_asked
from nerforge.evaluation.reading.task_of_gold import find_label_task, find_task
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_yaml
from nerforge.foundation.run_folder.contents import TRAIN_YAML
from nerforge.generators.corpora.texts.normalisation import TextNormaliser
from nerforge.generators.datasets.data_directory import sets_of
from nerforge.generators.datasets.dataset import DATASET_INFO, MANIFEST
from nerforge.generators.datasets.sentence_places import sentence_places
from nerforge.generators.manifests.manifest import AnyManifest, PromptHead, read_manifest
from nerforge.templates.answers import FORMATS
from nerforge.templates.frames import PromptFrame
from nerforge.templates.prompts import render_prompt
from nerforge.templates.tasks import Task


@dataclass(frozen=True, slots=True)
class ChatRequests:
    """Turns a sentence into the request that training taught, and tells how to read the answer."""

    task: Task
    answer_format: str | None
    """None for text classification."""
    frame: PromptFrame
    """What is said around the sentence."""
    normaliser: TextNormaliser | None = None
    """What was done to the texts of training."""
    notes: tuple[str, ...] = ()
    """What the user should know of how is asked, a sentence each."""

    def text(self, query: str) -> str:
        """Give the sentence that is asked about."""
        return self.normaliser.normalise_text(query) if self.normaliser else query

    def request(self, name: str, text: str) -> Request:
        """Ask about a sentence in the frame in which training did."""
        return Request(name, self.frame.user_turn(text), self.frame.system, text)


def data_of_run(run: Path) -> Path:
    """Find the dataset directory that a run was trained on.

    Raises:
        UserError: the run does not say, or it is not there any more.
    """
    config = read_yaml(run / TRAIN_YAML)
    folder = Path(str(config.get("dataset_dir")))
    if not (folder / DATASET_INFO).is_file():
        raise UserError(
            f"{run / TRAIN_YAML}: dataset_dir {str(folder)!r} holds no {DATASET_INFO}; "
            "name the directory of the data with --data"
        )
    if (folder / MANIFEST).is_file():
        return folder
    names = [name.strip() for name in str(config.get("dataset") or "").split(",")]
    ours = sorted({str(found.path) for found in sets_of(folder, names).values()})
    if len(ours) > 1:
        raise UserError(
            f"{run / TRAIN_YAML}: the run was trained on several data sets; name one with --data: "
            f"{', '.join(ours)}"
        )
    return Path(ours[0]) if ours else folder


def read_asking(data: Path) -> ChatRequests:
    """Read from a dataset directory how its training rows ask.

    Where they all ask alike, a query is asked so too. Where each has labels in an order or a choice of its
    own, a query is asked with all labels in the order of the task; where each shows examples, with those of
    the first row.

    Raises:
        UserError: the folder is no dataset directory.
    """
    manifest = read_manifest(data / MANIFEST)
    gold = data / "gold" / "train.jsonl"
    # Text classification has the answer format "label", which is none of these.
    if manifest.answer_format in FORMATS:
        task, answer_format = find_task(gold, None, None)
    else:
        task, answer_format = _label_task(gold), None
    frame, difference = _find_frame(data, manifest, task)
    notes = [f"the prompts of {data} differ from row to row; {difference}"] if difference else []
    steps = manifest.settings.normalise
    normaliser = TextNormaliser(steps) if steps else None
    if normaliser:
        notes.append(f"queries are normalised as the training texts were: {', '.join(steps)}")
    return ChatRequests(task, answer_format, frame, normaliser, tuple(notes))


def _label_task(gold: Path) -> Task:
    task = find_label_task(gold, None)
    assert task is not None
    return task


_BY_TASK = "queries are asked with all labels in the task's order"
_BY_FIRST = "queries are asked with the prompt of the first row"


def _find_frame(data: Path, manifest: AnyManifest, task: Task) -> tuple[PromptFrame, str | None]:
    """Find what is said around a sentence, and where rows differ in it, how that was decided."""
    said = manifest.prompt or PromptHead()
    shows_examples = manifest.settings.shots > 0
    # Examples are drawn for each row and no part of the frame; only rows show what they look like.
    if said.frame is not None and not (said.varies and shows_examples):
        return said.frame, _BY_TASK if said.varies else None
    frames = _frames(data)
    first = next(frames, None)
    if first is None:
        raise UserError(f"{data}: has no training rows, so nothing says how to ask")
    if all(frame == first for frame in frames):
        return first, None
    rendered = None if shows_examples else _rendered(manifest, task)
    return (rendered, _BY_TASK) if rendered else (first, _BY_FIRST)


def _frames(data: Path) -> Iterator[PromptFrame]:
    places = sentence_places(data)
    for asked in read_asked(data, "train"):
        if frame := places.frame_of(asked.row, asked.sentence):
            yield frame


def _rendered(manifest: AnyManifest, task: Task) -> PromptFrame | None:
    """Render the prompt of a manifest without a frame anew, if it is still the one that it names."""
    said = manifest.prompt or PromptHead()
    try:
        prompt = render_prompt(task, manifest.answer_format, said.name, said.turn)
    except UserError:
        return None
    return prompt.frame if prompt.sha256 == said.sha256 else None
