"""Folders of published splits: one file or several for train, dev and test, named by their split."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.input_files import Inputs
from nerforge.generators.corpora.layouts import recognise
from nerforge.generators.corpora.splitting.split_choice import SampleChoice
from nerforge.generators.corpora.splitting.survey import NO_PART, PARTS, part_number
from nerforge.generators.datasets.dataset import DATASET_INFO, DatasetOptions

_NO_DATA = re.compile(r"^\.|^(README|LICENSE|NOTICE)|\.(md|py|parquet|arrow|lock|sha256)$", re.IGNORECASE)
_WHOLE = ("dataset_dict.json", "state.json", DATASET_INFO)
"""Files of folders that a layout reads as a whole."""


class FolderSplits(NamedTuple):
    """The files of a folder in its place, and how they are drawn from."""

    inputs: Inputs
    choice: SampleChoice
    options: DatasetOptions


def unfold(inputs: Inputs, choice: SampleChoice, options: DatasetOptions) -> FolderSplits:
    """Put the files of a folder of published splits in its place.

    With ``--split given`` they are kept as splits, else they are divided together. Folders that a layout
    reads as a whole stay as they are, and so do files.
    """
    # Splits that the user names one by one need no guess by file names.
    if not inputs.is_single or not (by_split := _files_by_split(inputs.divided[0])):
        return FolderSplits(inputs, choice, options)
    if choice.split != "given":
        return FolderSplits(
            Inputs(tuple(path for paths in by_split.values() for path in paths)), choice, options
        )
    kept = Inputs(**by_split, is_unfolded=True)
    return FolderSplits(kept, replace(choice, split="random"), replace(options, dev=0.0, test=0.0))


def _files_by_split(folder: Path) -> dict[str, tuple[Path, ...]]:
    """Find the files whose names say a split; none where the folder is read as a whole."""
    if not folder.is_dir() or any((folder / name).is_file() for name in _WHOLE) or _is_corpus(folder):
        return {}
    found: dict[str, list[Path]] = {split: [] for split in PARTS}
    for path in sorted(folder.iterdir()):
        # "train_2023.jsonl" is train; "train_dev.jsonl" says two splits, so none, and "labels.txt" none.
        splits = set(_splits(path))
        if path.is_file() and not _NO_DATA.search(path.name) and len(splits) == 1:
            found[splits.pop()].append(path)
    if not any(found.values()) or _is_gold(next(path for paths in found.values() for path in paths)):
        return {}
    return {split: tuple(paths) for split, paths in found.items()}


def _splits(path: Path) -> Iterator[str]:
    for word in re.split(r"[\W_\d]+", path.name.lower()):
        if (number := part_number(word)) != NO_PART:
            yield PARTS[number]


def _is_corpus(folder: Path) -> bool:
    """Tell whether a layout reads the folder itself: train.txt beside train.ann is a document, no split."""
    try:
        # A folder of gold has files for its splits as others do.
        return recognise(folder) != "gold"
    except UserError:
        return False


def _is_gold(path: Path) -> bool:
    try:
        return recognise(path) == "gold"
    except UserError:
        # Which layout it is will be asked again, with the user's own word for it.
        return False
