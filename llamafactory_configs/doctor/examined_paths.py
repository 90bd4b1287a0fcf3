"""Sort a user's paths by kind: dataset directories, runs, training YAML, gold files."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.reading import read_yaml
from nerforge.foundation.run_folder.contents import TRAIN_YAML
from nerforge.generators.datasets.dataset import DATASET_INFO, MANIFEST
from nerforge.llamafactory_configs.doctor.faults import FaultReport, fault
from nerforge.llamafactory_configs.doctor.reading.data_sets import TrainingSets

BAD_YAML = fault("D801", "error", "the training YAML cannot be read", "mend it, or render it again")
NO_FOLDER = fault(
    "D802", "error", "dataset_dir is no folder here", "correct it; paths count from where the training starts"
)
TOKENIZED = fault(
    "D803",
    "warning",
    "tokenized_path is there, so LLaMA-Factory trains on that and reads no rows",
    "remove it after each change of the data",
)
NO_TRAINING_SET = fault("D804", "error", "do_train is on, and no dataset is named", "set dataset: ner")

_DEFAULT_FOLDER = "data"
_REMOTE = ("ONLINE", "REMOTE:")


class ExaminedData(NamedTuple):
    """A dataset directory, and the training that it is for."""

    folder: Path | None
    wanted: TrainingSets = TrainingSets()
    yaml: Path | None = None
    config: Mapping[str, Any] = {}


class ExaminedPaths(NamedTuple):
    """All that is to be examined."""

    trainings: list[ExaminedData]
    """Those of a YAML."""
    folders: list[ExaminedData]
    """Dataset directories that no YAML names."""
    gold: list[Path]


def find_targets(paths: Sequence[Path], report: FaultReport) -> ExaminedPaths:
    """Sort paths by what they are; a YAML leads to its dataset directory.

    Raises:
        UserError: a path is not there.
        UsageError: there are no paths, or one is of no known kind.
    """
    if not paths:
        raise UsageError("nothing to examine; name a dataset directory, a run, a .yaml or a gold .jsonl")
    folders: list[Path] = []
    yamls: list[Path] = []
    gold: list[Path] = []
    for path in dict.fromkeys(paths):
        _sort(path, folders, yamls, gold)
    spare = folders[0] if len(folders) == 1 else None
    trainings = [found for yaml in yamls if (found := _read_training(yaml, spare, report))]
    named = {_identity(x.folder) for x in trainings if x.folder}
    return ExaminedPaths(
        trainings, [ExaminedData(path) for path in folders if _identity(path) not in named], gold
    )


def _sort(path: Path, folders: list[Path], yamls: list[Path], gold: list[Path]) -> None:
    """Add a path to those of its kind; a run's folder stands for its YAML."""
    if not path.exists():
        raise UserError(f"{path}: no such file or folder")
    if path.is_dir():
        is_run = (path / TRAIN_YAML).is_file() and not (path / DATASET_INFO).is_file()
        (yamls if is_run else folders).append(path / TRAIN_YAML if is_run else path)
    elif path.suffix in (".yaml", ".yml"):
        yamls.append(path)
    elif path.suffix == ".jsonl":
        gold.append(path)
    elif path.name in (DATASET_INFO, MANIFEST):
        folders.append(path.parent)
    else:
        raise UsageError(f"{path}: expected a dataset directory, a run, a .yaml or a gold .jsonl")


def _identity(path: Path) -> str:
    return os.path.realpath(path)


def _read_training(path: Path, spare: Path | None, report: FaultReport) -> ExaminedData | None:
    """Read a training YAML; where its folder is not here, the one folder that was given stands in."""
    try:
        config = read_yaml(path)
    except UserError as err:
        report.add(BAD_YAML, path, str(err).removeprefix(f"{path}: "))
        return None
    wanted = _wanted(config)
    tokenized = config.get("tokenized_path")
    if isinstance(tokenized, str) and Path(tokenized).exists():
        report.add(TOKENIZED, f"{path}: tokenized_path", tokenized)
    if config.get("do_train") is True and not wanted.train:
        report.add(NO_TRAINING_SET, f"{path}: dataset")
    named = config.get("dataset_dir", _DEFAULT_FOLDER)
    if not isinstance(named, str) or named.startswith(_REMOTE):
        return ExaminedData(None, wanted, path, config)
    folder: Path | None = Path(named)
    if not Path(named).is_dir():
        report.add(NO_FOLDER, f"{path}: dataset_dir", named)
        folder = spare
    return ExaminedData(folder, wanted, path, config)


def _wanted(config: Mapping[str, Any]) -> TrainingSets:
    limit = config.get("max_samples")
    return TrainingSets(
        _names(config.get("dataset")),
        _names(config.get("eval_dataset")),
        limit if isinstance(limit, int) and not isinstance(limit, bool) else None,
        str(config.get("stage", "sft")),
        config.get("train_sampling_strategy") == "group_by_length" or config.get("group_by_length") is True,
    )


def _names(value: Any) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else ()
    return tuple(str(name).strip() for name in names if str(name).strip())
