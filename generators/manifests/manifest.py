"""The manifest of a data set, as it is written and as later stages read it."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from importlib.metadata import version
from pathlib import Path
from typing import Generic, TypeVar

import msgspec
from msgspec import UNSET, UnsetType, field

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_json
from nerforge.generators.manifests.corpus_statistics import CorpusStatistics
from nerforge.generators.manifests.split_counts import SplitSummary
from nerforge.templates.frames import TURNS, PromptFrame
from nerforge.templates.prompts import Prompt
from nerforge.templates.tasks import Task

SCHEMA_VERSION = 1
"""Grows when files of earlier versions cannot be read as they are; a file without it is of version 1."""
_REMEDY = "generate the data set again"

SettingsT = TypeVar("SettingsT")
SourceT = TypeVar("SourceT")
SplitT = TypeVar("SplitT", bound=SplitSummary)
AnySettings = TypeVar("AnySettings", covariant=True)
AnySource = TypeVar("AnySource", covariant=True)
AnySplit = TypeVar("AnySplit", bound=SplitSummary, covariant=True)


class PromptHead(msgspec.Struct):
    """What a manifest says of the prompt."""

    name: str = ""
    sha256: str = ""
    turn: str = TURNS[0]
    frame: PromptFrame | None = None
    """None in manifests that do not say it; there the sentence is a column of its own."""
    varies: bool = False
    """Whether rows ask otherwise than the frame says: other labels or orders of them, examples."""
    prefix: str | None = None
    """What the user had put right before the sentence."""


class ManifestHead(msgspec.Struct, kw_only=True):
    """What later stages need to ask and to read answers as the rows do."""

    schema_version: int = SCHEMA_VERSION
    task: str
    answer_format: str
    language: str | None = None
    """Of prompts and answers; None for the task's own."""
    labels: str | None = None
    """What prompts and answers call labels; None for the task's words."""
    rows_as: str | None = None
    """The shape of rows, one of ``ROW_SHAPES``; None in manifests that do not say it."""
    prompt: PromptHead | None = None


class InputDigest(msgspec.Struct):
    """A file that was read."""

    name: str = ""
    sha256: str | None = None
    split: str | UnsetType = UNSET
    """Where several files were read: the split that it is, or ``divided``."""


class Manifest(ManifestHead, Generic[AnySettings, AnySource, AnySplit], kw_only=True):
    """All that is written beside a data set; kinds of data sets differ in the three parameters."""

    seed: int | None = None
    versions: dict[str, str] = {}
    inputs: list[InputDigest] = []
    settings: AnySettings
    source: AnySource
    """What the reader or sampler counted: rows in, repaired, dropped and why."""
    splits: Mapping[str, AnySplit]
    statistics: CorpusStatistics | UnsetType = UNSET


# msgspec ignores unknown keys: of a synthetic set's settings these are read, and the rest passed over.
class CommonSettings(msgspec.Struct):
    """What later stages read of the settings, of whichever kind they are."""

    label_order: str = "fixed"
    shots: int = 0
    normalise: list[str] = []


class CommonSource(msgspec.Struct):
    """What later stages read of the counts of the source."""

    duplicate_texts: int = 0
    contradictory_texts: int = 0


class CommonSplit(SplitSummary, kw_only=True):
    """What later stages read of a split."""

    entities: dict[str, int] = field(default_factory=dict)
    """By label; of a data set of labelled texts there are none."""
    labels: dict[str, int] = field(default_factory=dict)
    """Texts by label; of a data set with entities there are none."""


AnyManifest = Manifest[CommonSettings, CommonSource, CommonSplit]
"""A manifest as it is read, whatever kind it is of."""


def read_manifest_head(path: Path) -> ManifestHead:
    """Read only the head of a manifest, so that the other parts do not matter.

    Raises:
        UserError: it cannot be read, is no manifest of a data set, or is of a later version.
    """
    return read_as(path, ManifestHead)


def read_manifest(path: Path) -> AnyManifest:
    """Read a manifest; unknown keys are ignored.

    Raises:
        UserError: it cannot be read, is no manifest of a data set, or is of a later version.
    """
    return read_as(path, AnyManifest)


T = TypeVar("T")


class _Version(msgspec.Struct):
    schema_version: int = SCHEMA_VERSION


def read_as(path: Path, kind: type[T]) -> T:
    """Read a manifest as one of the structs that describe it.

    Raises:
        UserError: it cannot be read so, or is of a later version.
    """
    # The version first: a later one may have parts of which the structs here know nothing.
    try:
        found = read_json(path, _Version).schema_version
        if found <= SCHEMA_VERSION:
            return read_json(path, kind)
    except UserError as err:
        raise UserError(f"{err}; {_REMEDY}") from err
    raise UserError(
        f"{path}: schema_version {found} is later than {SCHEMA_VERSION}, which is all that this version of "
        f"nerforge reads; update nerforge, or {_REMEDY}"
    )


@dataclass(slots=True)
class Description(Generic[SettingsT, SourceT]):
    """What the manifest says of a data set before its rows are counted."""

    task: Task
    answer_format: str
    seed: int
    settings: SettingsT
    source: SourceT
    inputs: list[InputDigest] = dataclass_field(default_factory=list)


def build_manifest(
    about: Description[SettingsT, SourceT], rows_as: str, prompt: PromptHead, splits: Mapping[str, SplitT]
) -> Manifest[SettingsT, SourceT, SplitT]:
    """Put together what a manifest says."""
    return Manifest(
        task=about.task.name,
        answer_format=about.answer_format,
        language=about.task.language,
        labels=about.task.label_words,
        rows_as=rows_as,
        prompt=prompt,
        seed=about.seed,
        versions={"nerforge": version("nerforge"), "python": platform.python_version()},
        inputs=about.inputs,
        settings=about.settings,
        source=about.source,
        splits=dict(splits),
    )


def prompt_head(prompt: Prompt, *, varies: bool = False) -> PromptHead:
    """Describe a prompt; ``varies`` says whether rows ask otherwise than it does by default."""
    return PromptHead(prompt.name, prompt.sha256, prompt.turn, prompt.frame, varies, prompt.framing.prefix)
