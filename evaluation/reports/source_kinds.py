"""Tell what ``nerforge report`` was given: a run, scores, or data."""

from enum import StrEnum
from pathlib import Path

import msgspec
from msgspec import UNSET, UnsetType

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_json
from nerforge.foundation.run_folder.contents import TRAIN_YAML


class SourceKind(StrEnum):
    """What a page can be made of."""

    SCORES = "scores"
    """A run with its scores, or a score file."""
    DATA = "data"


class _ScoreKeys(msgspec.Struct):
    criteria: msgspec.Raw | UnsetType = UNSET
    """Of entities."""
    accuracy: msgspec.Raw | UnsetType = UNSET
    """Of text classification."""
    settings: msgspec.Raw | UnsetType = UNSET

    @property
    def are_scores(self) -> bool:
        """Whether a file with these keys is one of ``nerforge score``."""
        return self.settings is not UNSET and (self.criteria is not UNSET or self.accuracy is not UNSET)


def kind_of_source(path: Path) -> SourceKind:
    """Tell what a path leads to; what is no run and no score file is taken for data, whose readers say more.

    A name of a hub is data.
    """
    if path.is_dir():
        return SourceKind.SCORES if (path / TRAIN_YAML).is_file() else SourceKind.DATA
    if path.suffix != ".json" or not path.is_file():
        return SourceKind.DATA
    try:
        found = read_json(path, _ScoreKeys)
    except UserError:
        # An array of rows, or a broken file.
        return SourceKind.DATA
    return SourceKind.SCORES if found.are_scores else SourceKind.DATA
