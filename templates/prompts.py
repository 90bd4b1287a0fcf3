"""Render the instruction of a task for an answer format."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from jinja2 import FileSystemLoader, StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from templates.answers import load_format
from templates.domain import Label
from templates.errors import UserError, unknown_name
from templates.tasks import Task
from templates.tasks.files import ENTITIES

TURNS = ("user", "system")
"""Where the instruction stands: before the sentence, or in the system turn."""


class Example(NamedTuple):
    """A sentence and its answer, shown in a prompt."""

    text: str
    answer: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """An instruction; LLaMA-Factory joins it and the sentence with a newline, if it is for the user turn."""

    name: str
    text: str
    """As it is without examples, the labels in the order of the task."""
    turn: str
    task: Task = field(repr=False)
    answer_format: str
    _template: Template = field(repr=False, compare=False)

    @property
    def sha256(self) -> str:
        """Hash of the rendered text, hexadecimal."""
        return sha256(self.text.encode()).hexdigest()

    def fill(self, labels: Sequence[Label] | None = None, examples: Sequence[Example] = ()) -> str:
        """Render it anew.

        Args:
            labels: The labels in the order in which it lists them; None for that of the task.
            examples: What it shows.

        Raises:
            UserError: it cannot be rendered.
        """
        try:
            text = self._template.render(
                labels=self.task.schema.labels if labels is None else labels,
                examples=examples,
                format=self.answer_format,
                empty_sentence=self.task.schema.empty_sentence,
                language=self.task.language,
                turn=self.turn,
            )
        except Exception as err:
            # A template is the user's own code and may fail in any way; it is theirs to mend.
            raise UserError(f"prompt {self.name}: {type(err).__name__}: {err}") from err
        return text.strip()


def render_prompt(task: Task, answer_format: str, name: str | None = None, turn: str = TURNS[0]) -> Prompt:
    """Render a prompt of ``task`` (its default one if ``name`` is None), or a user's own ``.jinja`` file.

    A prompt sees ``labels`` (each with ``name``, ``answer`` and ``definition``), ``examples`` (each with
    ``text`` and ``answer``), ``format``, ``empty_sentence``, ``language`` and ``turn``.

    Raises:
        UsageError: there is no such prompt, answer format or turn.
        UserError: the file cannot be read or rendered.
    """
    if task.kind == ENTITIES:
        load_format(answer_format)
    if turn not in TURNS:
        raise unknown_name("turn", turn, TURNS)
    name = name or task.default_prompt
    if name.endswith(".jinja"):
        source = _read(Path(name))
    elif name in (prompts := task.prompts()):
        source = _read(prompts[name])
    else:
        raise unknown_name(f"prompt of task {task.name}", name, [*prompts, "FILE.jinja"])
    try:
        template = _environment().from_string(source)
    except Exception as err:
        raise UserError(f"prompt {name}: {type(err).__name__}: {err}") from err
    text = Prompt(name, "", turn, task, answer_format, template).fill()
    if not text:
        raise UserError(f"prompt {name}: is empty; LLaMA-Factory would ask with the sentence alone")
    return Prompt(name, text, turn, task, answer_format, template)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise UserError(f"prompt {path}: cannot be read as UTF-8 text: {err}") from err


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # Prompts are plain text for a model; escaping would corrupt them.
        autoescape=False,
    )
