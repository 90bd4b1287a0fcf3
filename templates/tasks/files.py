"""What the files of a task hold: ``task.yaml``, and the table of surfaces that it may name."""

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

from nerforge.foundation.errors import UserError
from nerforge.templates.answers import FORMATS
from nerforge.templates.languages import LANGUAGES
from nerforge.templates.normalisers import NORMALISERS
from nerforge.templates.words import AnswerWords

TASK_FILE = "task.yaml"
SURFACES_FILE = "surfaces.csv"
SURFACE_COLUMNS = ("label", "value", "surface")
ENTITIES, CLASSIFICATION = KINDS = ("entities", "classification")
"""What labels are given to: entities in a text, or the whole text, which has exactly one."""
PLAIN_LABEL = "label"
"""The answer format of classification: the label and nothing else."""


class LabelWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a label is called in a language."""

    answer: str
    definition: str = ""


class LabelSpec(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A label as ``task.yaml`` describes it."""

    name: str
    definition: str
    answer: str | None = None
    normaliser: str | None = None
    inferable: bool = False
    synonyms: tuple[str, ...] = ()
    zh: LabelWords | None = None
    """Its words in this language, where the task's is another."""
    en: LabelWords | None = None


class FieldPaths(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where the rows of a corpus keep their parts: dotted paths, or positions in lists."""

    rows: str | None = None
    text: str | None = None
    entities: str | None = None
    label: str | int | None = None
    start: str | int | None = None
    end: str | int | None = None
    value: str | int | None = None
    score: str | int | None = None
    id: str | None = None
    split: str | None = None

    def stated(self) -> dict[str, str]:
        """Give those that are stated."""
        return {name: str(path) for name, path in msgspec.to_builtins(self).items()}


class TaskSpec(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What ``task.yaml`` holds."""

    title: str
    labels: tuple[LabelSpec, ...]
    default_format: str = "xml"
    default_prompt: str = "full"
    kind: str = ENTITIES
    nested: bool = False
    language: str = LANGUAGES[0]
    name: str | None = None
    """The folder's name, if None."""
    surfaces: str | None = None
    """A table of surfaces beside the file."""
    fields: FieldPaths = FieldPaths()
    """The names that JSON of the task's corpora has, where they are none of the usual ones."""
    words: AnswerWords | None = None
    """What its answers say besides labels and values, beyond the usual words."""


def _loader(path: Path) -> type[Any]:
    """Choose libyaml's loader for our own files: it is ten times faster, but overflows on deep nesting."""
    is_ours = path.parent.parent == Path(__file__).parent
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader) if is_ours else yaml.SafeLoader


def read_task_spec(path: Path) -> TaskSpec:
    """Read what a ``task.yaml`` says.

    Raises:
        UserError: it cannot be read, lacks a key or has one too many, or names what does not exist.
    """
    try:
        spec = msgspec.convert(yaml.load(path.read_text(encoding="utf-8"), Loader=_loader(path)), TaskSpec)
    except OSError as err:
        raise UserError(f"{path}: cannot be read: {err.strerror}") from err
    except (yaml.YAMLError, ValueError, RecursionError) as err:
        raise UserError(f"{path}: {' '.join(str(err).split())}") from err
    if spec.kind not in KINDS:
        raise UserError(f"{path}: kind {spec.kind!r}; known: {', '.join(KINDS)}")
    # Checked here and not by the type: other packages add formats at run time.
    formats = FORMATS if spec.kind == ENTITIES else (PLAIN_LABEL,)
    if spec.default_format not in formats:
        raise UserError(f"{path}: default_format {spec.default_format!r}; known: {', '.join(formats)}")
    if spec.language not in LANGUAGES:
        raise UserError(f"{path}: language {spec.language!r}; known: {', '.join(LANGUAGES)}")
    _check_patterns(path, spec.words.chatter if spec.words else ())
    for label in spec.labels:
        if label.normaliser is not None and label.normaliser not in NORMALISERS:
            raise UserError(
                f"{path}: label {label.name}: unknown normaliser {label.normaliser!r}; "
                f"known: {', '.join(NORMALISERS)}"
            )
    return spec


def _check_patterns(path: Path, patterns: Sequence[str]) -> None:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as err:
            raise UserError(f"{path}: words.chatter: {pattern!r} is no regular expression: {err}") from err


def read_surfaces(path: Path) -> dict[str, list[tuple[str, str]]]:
    """Read the pairs of value and surface of each label.

    Raises:
        UserError: the file cannot be read, or is no such table.
    """
    said: dict[str, list[tuple[str, str]]] = {}
    try:
        # Spreadsheet programs write a byte order mark, and line breaks inside of quoted cells.
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            if tuple(next(rows, ())) != SURFACE_COLUMNS:
                raise UserError(f"{path}:1: expected the columns {', '.join(SURFACE_COLUMNS)}")
            for row in rows:
                if len(row) != len(SURFACE_COLUMNS) or not all(row):
                    raise UserError(f"{path}:{rows.line_num}: expected a label, a value and a surface")
                said.setdefault(row[0], []).append((row[1], row[2]))
    except (OSError, UnicodeDecodeError, csv.Error) as err:
        raise UserError(f"{path}: cannot be read as UTF-8 CSV: {err}") from err
    return said
