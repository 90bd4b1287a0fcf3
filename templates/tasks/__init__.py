"""Tasks: a folder each, with ``task.yaml`` (labels and defaults) and its prompts.

A prompt is ``NAME.LANGUAGE.jinja``, or ``NAME.jinja`` for any language. The project's own tasks lie beside
this file; a user's lies anywhere. A task may name a table of surfaces beside its ``task.yaml``: a CSV of
label, value and surface that says how sentences write a value.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from nerforge.foundation.errors import UsageError, UserError, unknown_name
from nerforge.templates.domain import Label, LabelSchema
from nerforge.templates.languages import LANGUAGES, check_language
from nerforge.templates.normalisers import NORMALISERS, Normaliser, SurfaceTable
from nerforge.templates.tasks.files import (
    ENTITIES,
    KINDS,
    TASK_FILE,
    LabelSpec,
    LabelWords,
    read_surfaces,
    read_task_spec,
)

_TASKS_DIR = Path(__file__).parent
_OWN = _TASKS_DIR / "own"
"""Prompts for a task that has none of its own."""
NAME, CODE = LABEL_WORDS = ("name", "code")
"""What prompts and answers call labels: by the words that the task has for them, or as gold does."""
OF_LABELS = "labels:"
"""What the name of a task begins with of which only the labels are given: ``labels:PER,ORG``."""
_NO_TAG = re.compile(r"[\s<>/&\[\]|\\]+")
"""What an answer's name of a label cannot hold."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task: its labels, and the answer format and prompt it uses unless told otherwise."""

    name: str
    title: str
    schema: LabelSchema
    default_format: str
    default_prompt: str
    folder: Path
    """Where its prompts lie."""
    translations: Mapping[str, Mapping[str, LabelWords]] = field(default_factory=dict, hash=False)
    """What the labels are called in other languages, by language and label."""
    kind: str = ENTITIES
    """One of ``KINDS``."""
    label_words: str = "name"
    """What prompts and answers call labels, one of ``LABEL_WORDS``."""
    fields: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Where rows of its corpora keep their parts: paths by the names of ``FieldPaths``."""

    @property
    def language(self) -> str:
        """The language of prompts and answers."""
        return self.schema.language

    def prompts(self) -> dict[str, Path]:
        """List the prompts in the task's language by name: its own, and where it has none of a name, ours."""
        endings = (".jinja", f".{self.language}.jinja")
        return {
            path.name.removesuffix(ending): path
            for folder in (_OWN, self.folder)
            for ending in endings
            for path in sorted(folder.glob(f"*{ending}"))
            # "full.en.jinja" also ends in ".jinja": for a Chinese task it would be a prompt called "full.en".
            if path.name.removesuffix(ending).partition(".")[2] not in LANGUAGES
        }

    def spoken(self, language: str) -> "Task":
        """Give the task with prompts and answers in a language; labels' other names are still understood.

        Raises:
            UsageError: there is no such language, or a label has no words in it.
        """
        if check_language(language) == self.language:
            return self
        words = self.translations.get(language, {})
        # The words of the old language become synonyms, so an answer in it is still understood.
        labels = tuple(_translated(label, words.get(label.name), language) for label in self.schema.labels)
        mine = {label.name: LabelWords(label.answer, label.definition) for label in self.schema.labels}
        try:
            schema = self.schema.relabelled(labels, language)
        except ValueError as err:
            raise UsageError(f"task {self.name} in language {language!r}: {err}") from err
        return replace(self, schema=schema, translations={**self.translations, self.language: mine})

    def coded(self) -> "Task":
        """Give the task with its labels' names in gold as their names in prompts and answers.

        What a tag cannot hold becomes an underscore; the labels' other names are still understood.

        Raises:
            UsageError: two labels would have the same name.
        """
        labels = tuple(
            replace(label, answer=_NO_TAG.sub("_", label.name), synonyms=(*label.synonyms, label.answer))
            for label in self.schema.labels
        )
        try:
            schema = self.schema.relabelled(labels)
        except ValueError as err:
            raise UsageError(f"task {self.name} with --labels code: {err}") from err
        return replace(self, schema=schema, label_words=CODE)

    @property
    def is_built_in(self) -> bool:
        """Whether it is one of the project's own."""
        return self.folder.parent == _TASKS_DIR and self.folder != _OWN


@cache
def task_names(kind: str = ENTITIES) -> tuple[str, ...]:
    """List the project's own tasks of a kind."""
    files = sorted(_TASKS_DIR.glob(f"*/{TASK_FILE}"))
    return tuple(path.parent.name for path in files if read_task_spec(path).kind == kind)


def _all_names() -> list[str]:
    return [name for kind in KINDS for name in task_names(kind)]


@cache
def load_task(name: str) -> Task:
    """Load one of the project's own tasks by name.

    Raises:
        UsageError: there is no such task.
    """
    if name not in {path.parent.name for path in _TASKS_DIR.glob(f"*/{TASK_FILE}")}:
        raise unknown_name("task", name, _all_names())
    return read_task(_TASKS_DIR / name / TASK_FILE)


def resolve_task(
    name: str, language: str | None = None, kind: str = ENTITIES, labels: str | None = None
) -> Task:
    """Find a task: one of the project's own by name, a ``task.yaml`` by path, or one of labels alone.

    Args:
        name: The name, the path, or ``labels:PER,ORG``.
        language: The language of prompts and answers; None for the task's own.
        kind: One of ``KINDS``, which it must be of.
        labels: What prompts and answers call labels, one of ``LABEL_WORDS``; None for their words.

    Raises:
        UserError: there is no such task, the file describes none, it is of another kind, or it does not speak
            the language.
    """
    if name.endswith(".yaml"):
        task = read_task(Path(name))
    elif name.startswith(OF_LABELS):
        task = _of_named_labels(name.removeprefix(OF_LABELS))
    elif name in _all_names():
        task = load_task(name)
    else:
        raise unknown_name("task", name, task_names(kind))
    if task.kind != kind:
        raise UsageError(f"task {name} is for {task.kind}, not for {kind}")
    return called(task.spoken(language) if language else task, labels)


def _of_named_labels(listed: str) -> Task:
    labels = [label for piece in listed.split(",") if (label := piece.strip())]
    if not labels or len(set(labels)) < len(labels):
        raise UsageError(f"{OF_LABELS}{listed}: expected labels, each once, as in {OF_LABELS}PER,ORG")
    # Whether entities lie in one another is not known, so they may.
    return task_of_labels("corpus", labels, nested=True)


def called(task: Task, labels: str | None) -> Task:
    """Let prompts and answers call labels by their names in gold, or by their words.

    Raises:
        UsageError: ``labels`` is none of ``LABEL_WORDS``, or two labels would have the same name.
    """
    if labels not in (None, *LABEL_WORDS):
        raise unknown_name("kind of label names", str(labels), LABEL_WORDS)
    return task.coded() if labels == CODE else task


def task_of_labels(name: str, labels: Iterable[str], *, nested: bool, language: str | None = None) -> Task:
    """Make a task of which nothing is known but the labels.

    Raises:
        UserError: two labels would have the same name in answers.
    """
    # "GPE/LOC" becomes GPE_LOC: a slash would end a tag.
    made = (Label(name=label, answer=_NO_TAG.sub("_", label), definition="") for label in labels)
    try:
        schema = LabelSchema(tuple(made), nested=nested, language=check_language(language or LANGUAGES[0]))
    except ValueError as err:
        raise UserError(f"{err}; rename one of them, or give them names with --task FILE.yaml") from err
    return Task(name, name, schema, "json", "full", _OWN)


def read_task(path: Path) -> Task:
    """Read a ``task.yaml`` and the table of surfaces that it names.

    Raises:
        UserError: either cannot be read, or describes no task.
    """
    spec = read_task_spec(path)
    said = read_surfaces(path.with_name(spec.surfaces)) if spec.surfaces else {}
    try:
        schema = LabelSchema(
            tuple(_label(entry, said.get(entry.name, ())) for entry in spec.labels),
            nested=spec.nested,
            language=spec.language,
            more_words=spec.words,
        )
    except ValueError as err:
        raise UserError(f"{path}: {err}") from err
    return Task(
        name=spec.name or path.resolve().parent.name,
        title=spec.title,
        schema=schema,
        default_format=spec.default_format,
        default_prompt=spec.default_prompt,
        folder=path.parent,
        kind=spec.kind,
        fields=spec.fields.stated(),
        translations={
            language: {label.name: words for label in spec.labels if (words := getattr(label, language))}
            for language in LANGUAGES
        },
    )


def with_surfaces(task: Task, said: Mapping[str, Sequence[tuple[str, str]]]) -> Task:
    """Let the sentences of a task also say values as the pairs of value and surface tell, by label."""
    labels = (
        replace(label, normaliser=SurfaceTable(said[label.name], label.normaliser))
        if said.get(label.name)
        else label
        for label in task.schema.labels
    )
    schema = task.schema.relabelled(tuple(labels))
    return replace(task, schema=schema)


def _translated(label: Label, words: LabelWords | None, language: str) -> Label:
    if words is None and label.definition:
        raise UsageError(
            f"label {label.name!r} has no words in language {language!r}; "
            f"add `{language}: {{answer: ..., definition: ...}}` to it in {TASK_FILE}"
        )
    words = words or LabelWords(label.answer)
    synonyms = (*label.synonyms, label.answer)
    return replace(label, answer=words.answer, definition=words.definition, synonyms=synonyms)


def _label(entry: LabelSpec, said: Sequence[tuple[str, str]]) -> Label:
    normaliser: Normaliser | None = NORMALISERS[entry.normaliser] if entry.normaliser else None
    return Label(
        name=entry.name,
        answer=entry.answer or entry.name,
        definition=entry.definition,
        normaliser=SurfaceTable(said, normaliser) if said else normaliser,
        inferable=entry.inferable,
        synonyms=entry.synonyms,
    )
