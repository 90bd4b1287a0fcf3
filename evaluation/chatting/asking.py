"""How a run's data set asks: the prompt that a query must stand in to equal what was trained on."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from evaluation.engines import Request
from evaluation.runs import TRAIN_YAML
from evaluation.task_of_gold import find_label_task, find_task
from generators.corpora.normalisation import TextNormaliser
from generators.dataset import MANIFEST, find_alpaca
from generators.files import read_json, read_jsonl, read_yaml
from templates.answers import FORMATS
from templates.errors import UserError
from templates.prompts import TURNS, render_prompt
from templates.tasks import Task


class _Head(msgspec.Struct, frozen=True):
    """What a row says before its sentence."""

    instruction: str
    system: str | None = None


class _PromptHead(msgspec.Struct):
    name: str
    sha256: str
    turn: str = TURNS[0]


class _Manifest(msgspec.Struct):
    answer_format: str
    prompt: _PromptHead
    settings: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Asking:
    """Turns a sentence into the request that training taught, and tells how to read the answer."""

    task: Task
    answer_format: str | None
    """None for text classification."""
    instruction: str
    system: str | None = None
    normaliser: TextNormaliser | None = None
    """What was done to the texts of training."""
    notes: tuple[str, ...] = ()
    """What the user should know of how is asked, a sentence each."""

    def text(self, query: str) -> str:
        """Give the sentence that is asked about."""
        return self.normaliser.normalise_text(query) if self.normaliser else query

    def request(self, name: str, text: str) -> Request:
        """Ask about a sentence, as LLaMA-Factory joins the columns of a row."""
        return Request(name, "\n".join(part for part in (self.instruction, text) if part), self.system)


def data_of_run(run: Path) -> Path:
    """Find the dataset directory that a run was trained on.

    Raises:
        UserError: the run does not say, or it is not there any more.
    """
    folder = read_yaml(run / TRAIN_YAML).get("dataset_dir")
    if folder is None or not (Path(str(folder)) / MANIFEST).is_file():
        raise UserError(
            f"{run / TRAIN_YAML}: dataset_dir {str(folder)!r} holds no {MANIFEST}; "
            "name the dataset directory of `generate` with --data"
        )
    return Path(str(folder))


def read_asking(data: Path) -> Asking:
    """Read from a dataset directory how its training rows ask.

    Where they all ask alike, a query is asked so too. Where each has labels in an order or a choice of its
    own, a query is asked with all labels in the order of the task; where each shows examples, with those of
    the first row.

    Raises:
        UserError: the folder is no dataset directory.
    """
    manifest = read_json(data / MANIFEST, _Manifest)
    gold = data / "gold" / "train.jsonl"
    if manifest.answer_format in FORMATS:
        task, answer_format = find_task(gold, None, None)
    else:
        task, answer_format = _label_task(gold), None
    heads = dict.fromkeys(_read_heads(find_alpaca(data, "train")))
    if not heads:
        raise UserError(f"{data}: has no training rows, so nothing says how to ask")
    head, notes = next(iter(heads)), []
    if len(heads) > 1:
        rendered = _rendered(manifest, task)
        head = rendered or head
        how = "all labels in the task's order" if rendered else "the prompt of the first row"
        notes.append(f"the prompts of {data} differ from row to row; queries are asked with {how}")
    steps = manifest.settings.get("normalise") or ()
    normaliser = TextNormaliser(steps) if steps else None
    if normaliser:
        notes.append(f"queries are normalised as the training texts were: {', '.join(steps)}")
    return Asking(task, answer_format, head.instruction, head.system, normaliser, tuple(notes))


def _label_task(gold: Path) -> Task:
    task = find_label_task(gold, None)
    assert task is not None
    return task


def _read_heads(path: Path) -> Iterable[_Head]:
    if path.suffix == ".jsonl":
        return (head for _, head in read_jsonl(path, _Head))
    return read_json(path, list[_Head])


def _rendered(manifest: _Manifest, task: Task) -> _Head | None:
    """Render the prompt anew, if rows show no examples and it is still the one of the manifest."""
    if manifest.settings.get("shots"):
        return None
    said = manifest.prompt
    try:
        prompt = render_prompt(task, manifest.answer_format, said.name, said.turn)
    except UserError:
        return None
    if prompt.sha256 != said.sha256:
        return None
    return _Head("", prompt.text) if said.turn == "system" else _Head(prompt.text)
