"""Render the prompt of a task for an answer format."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from nerforge.foundation.errors import UserError, unknown_name
from nerforge.templates.answers import FORMATS, load_format
from nerforge.templates.domain import Label
from nerforge.templates.frames import TURNS, Framing, PromptFrame, render_frame
from nerforge.templates.tasks import Task
from nerforge.templates.tasks.files import ENTITIES

_INSTRUCTION = re.compile(r"answers/(?P<format>[^/]+)\.(?P<language>[^./]+)\.jinja")


class Example(NamedTuple):
    """A sentence and its answer, shown in a prompt."""

    text: str
    answer: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """How a sentence is asked about."""

    name: str
    frame: PromptFrame
    """As it is without examples, the labels in the order of the task."""
    task: Task = field(repr=False)
    answer_format: str
    framing: Framing
    _template: Template = field(repr=False, compare=False)

    @property
    def text(self) -> str:
        """All that the prompt says besides the sentence."""
        return self.frame.text

    @property
    def turn(self) -> str:
        """Where the instruction stands, one of ``TURNS``."""
        return TURNS[0] if self.frame.system is None else TURNS[1]

    @property
    def sha256(self) -> str:
        """Hash of ``text``, hexadecimal."""
        return sha256(self.text.encode()).hexdigest()

    def fill(self, labels: Sequence[Label] | None = None, examples: Sequence[Example] = ()) -> PromptFrame:
        """Render it anew.

        Args:
            labels: The labels in the order in which it lists them; None for that of the task.
            examples: What it shows.

        Raises:
            UserError: it cannot be rendered.
        """
        return _fill(self.name, self._template, self.framing, self.task, self.answer_format, labels, examples)


def render_prompt(
    task: Task,
    answer_format: str,
    name: str | None = None,
    turn: str = TURNS[0],
    prefix: str | None = None,
) -> Prompt:
    """Render a prompt of ``task`` (its default one if ``name`` is None), or a user's own ``.jinja`` file.

    A prompt sees ``labels`` (each with ``name``, ``answer`` and ``definition``), ``examples`` (each with
    ``text`` and ``answer``), ``format``, ``empty_sentence``, ``language``, ``turn``, ``has_prefix``, and
    ``text``, which says where the sentence stands.

    Args:
        task: The task.
        answer_format: How answers are written.
        name: The prompt's name, or a file.
        turn: Where the instruction stands, unless the file says so by its blocks.
        prefix: What stands right before the sentence; None for what the prompt has.

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
    framing = Framing(turn, prefix)
    frame = _fill(name, template, framing, task, answer_format)
    if not frame.text:
        raise UserError(f"prompt {name}: is empty; LLaMA-Factory would ask with the sentence alone")
    return Prompt(name, frame, task, answer_format, framing, template)


def literal_prompt(name: str, frame: PromptFrame, task: Task, answer_format: str) -> Prompt:
    """Make a prompt of words as they stand, which know of no labels and show no examples."""
    source = "{% block user %}{{ before }}{{ text }}{{ behind }}{% endblock %}"
    if frame.system:
        source += "{% block system %}{{ said }}{% endblock %}"
    words = {"before": frame.before, "behind": frame.behind, "said": frame.system}
    template = _environment().from_string(source, globals=words)
    framing = Framing(TURNS[1] if frame.system else TURNS[0])
    filled = _fill(name, template, framing, task, answer_format)
    return Prompt(name, filled, task, answer_format, framing, template)


def _fill(
    name: str,
    template: Template,
    framing: Framing,
    task: Task,
    answer_format: str,
    labels: Sequence[Label] | None = None,
    examples: Sequence[Example] = (),
) -> PromptFrame:
    seen = {
        "labels": task.schema.labels if labels is None else labels,
        "examples": examples,
        "format": answer_format,
        "empty_sentence": task.schema.empty_sentence,
        "language": task.language,
    }
    try:
        return render_frame(template, framing, seen, name=name)
    except UserError:
        raise
    except Exception as err:
        # A template is the user's own code and may fail in any way; it is theirs to mend.
        raise UserError(f"prompt {name}: {type(err).__name__}: {err}") from err


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise UserError(f"prompt {path}: cannot be read as UTF-8 text: {err}") from err


class _Words(FileSystemLoader):
    """Our own files, and the instructions of other packages' answer formats, which have no file here."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        match = _INSTRUCTION.fullmatch(template)
        if match is None or match["format"] not in FORMATS.plug_ins():
            return super().get_source(environment, template)
        instructions = FORMATS[match["format"]].instructions
        if match["language"] not in instructions:
            raise UserError(
                f"answer format {match['format']!r} has no instruction in the language "
                f"{match['language']!r} (known: {', '.join(instructions) or 'none'}); take --prompt short, "
                "or a prompt of your own"
            )
        return instructions[match["language"]], template, lambda: True


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=_Words(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # Prompts are plain text for a model; escaping would corrupt them.
        autoescape=False,
    )
