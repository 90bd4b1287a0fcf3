"""Render the instruction of a task for an answer format."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from templates.answers import EMPTY_SENTENCE, load_format
from templates.errors import UserError, unknown_name
from templates.tasks import Task


@dataclass(frozen=True, slots=True)
class Prompt:
    """A rendered instruction; LLaMA-Factory joins it and the sentence with a newline."""

    name: str
    text: str

    @property
    def sha256(self) -> str:
        """Hash of the rendered text, hexadecimal."""
        return sha256(self.text.encode()).hexdigest()


def render_prompt(task: Task, answer_format: str, name: str | None = None) -> Prompt:
    """Render a prompt of ``task`` (its default one if ``name`` is None), or a user's own ``.jinja`` file.

    A prompt sees ``labels`` (each with ``name``, ``answer`` and ``definition``), ``format`` and
    ``empty_sentence``.

    Raises:
        UsageError: there is no such prompt or answer format.
        UserError: the file cannot be read or rendered.
    """
    load_format(answer_format)
    name = name or task.default_prompt
    if name.endswith(".jinja"):
        source = _read(Path(name))
    elif name in (prompts := task.prompts()):
        source = _read(prompts[name])
    else:
        raise unknown_name(f"prompt of task {task.name}", name, [*prompts, "FILE.jinja"])
    try:
        text = (
            _environment()
            .from_string(source)
            .render(labels=task.schema.labels, format=answer_format, empty_sentence=EMPTY_SENTENCE)
        )
    except Exception as err:
        # A template is the user's own code and may fail in any way; it is theirs to mend.
        raise UserError(f"prompt {name}: {type(err).__name__}: {err}") from err
    return Prompt(name=name, text=text.strip())


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
