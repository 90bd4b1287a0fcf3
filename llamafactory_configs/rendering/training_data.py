"""Which data set of a folder a training takes, and whether it fits the recipe."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.reading import read_json
from nerforge.generators.datasets.data_directory import entry_name, sets_of
from nerforge.generators.datasets.data_entries import find_entry, is_generated
from nerforge.generators.datasets.dataset import (
    ALPACA_NAMES,
    DATASET_INFO,
    MANIFEST,
)
from nerforge.generators.manifests.manifest import ManifestHead, read_manifest_head
from nerforge.llamafactory_configs.layering.recipe_files import Recipe


class TrainingData(NamedTuple):
    """What is trained on."""

    dataset: str
    """Names of data sets as LLaMA-Factory takes them, with commas between them."""
    notes: list[str]
    """What nobody could check, and what several data sets differ in, a sentence each."""
    dev: tuple[str, ...] = ()
    """The dev sets of those that are ours in a data directory of several."""

    def evaluation(self, train: Mapping[str, Any]) -> dict[str, str]:
        """Name the dev sets, where a training evaluates and is told no data for it."""
        # YAML reads a bare no as false.
        asks = train.get("eval_strategy") not in (None, "no", False)
        has_data = train.get("eval_dataset") or train.get("val_size")
        return {"eval_dataset": ",".join(self.dev)} if asks and self.dev and not has_data else {}


def find_training_data(recipe_name: str, recipe: Recipe, data: Path, asked: Any) -> TrainingData:
    """Find the data set that is trained on, ours or another's, and see that it fits the recipe.

    Args:
        recipe_name: For messages.
        recipe: Says its task and language.
        data: A dataset directory of ours, or a data directory of LLaMA-Factory.
        asked: The data sets that the user names; None for the training set of the folder.

    Raises:
        UsageError: it is not clear which data set is for training.
        UserError: recipe and data do not fit, or the folder holds no training set.
    """
    named = _names(asked)
    if is_generated(data):
        _require_fit(recipe_name, recipe, data)
        return TrainingData(",".join(named) or _own_training_set(data), [])
    return _find_in_directory(recipe_name, recipe, data, named)


def _names(asked: Any) -> list[str]:
    names = asked if isinstance(asked, list) else str(asked or "").split(",")
    return [name for name in (str(name).strip() for name in names) if name]


def _find_in_directory(recipe_name: str, recipe: Recipe, data: Path, named: list[str]) -> TrainingData:
    """Find the sets in a data directory of LLaMA-Factory, where ours may lie beside others."""
    entries = [find_entry(data, name) for name in named or ["train"]]
    notes = [entry.note for entry in entries if entry.note]
    names = [entry.name for entry in entries]
    if len(set(names)) < len(names):
        raise UsageError(f"--dataset {','.join(names)}: names a data set twice")
    ours = sets_of(data, names)
    for name, (folder, split) in ours.items():
        if split != "train":
            raise UsageError(f"--dataset {name}: holds {split} rows, which training must not know")
        _require_fit(recipe_name, recipe, folder)
    notes += _differences({name: read_manifest_head(found.path / MANIFEST) for name, found in ours.items()})
    if len(ours) < len(names):
        notes += _unknown(recipe, data)
    defined = read_json(data / DATASET_INFO, dict[str, msgspec.Raw])
    dev = tuple(dev for name in ours if (dev := entry_name(name, "dev")) in defined)
    return TrainingData(",".join(names), notes, dev)


def _require_fit(recipe_name: str, recipe: Recipe, data: Path) -> None:
    about = read_manifest_head(data / MANIFEST)
    if recipe.task is not None and recipe.task != about.task:
        raise UserError(f"recipe {recipe_name} is for task {recipe.task}, {data} holds task {about.task}")
    if recipe.language is not None and recipe.language != about.language:
        raise UserError(
            f"recipe {recipe_name} is for data in language {recipe.language}, {data} is in "
            f"{about.language or 'the language of its task'}; generate it with --language {recipe.language}"
        )


def _own_training_set(data: Path) -> str:
    name = ALPACA_NAMES["train"]
    defined = read_json(data / DATASET_INFO, dict[str, msgspec.Raw])
    if name in defined:
        return name
    if any(held_out in defined for held_out in ALPACA_NAMES.values()):
        raise UserError(
            f"{data}: holds no training set, only {', '.join(defined)}; generate one with training rows (as "
            "with --train FILE), or name a data set with --dataset"
        )
    raise UserError(f"{data / DATASET_INFO}: defines no data set {name!r}")


def _differences(heads: Mapping[str, ManifestHead]) -> Iterator[str]:
    """Tell what sets differ in that a model has to learn side by side."""
    aspects: dict[str, dict[str, str | None]] = {
        "answer formats": {name: head.answer_format for name, head in heads.items()},
        "languages": {name: head.language for name, head in heads.items()},
    }
    for what, values in aspects.items():
        if len(set(values.values())) > 1:
            said = ", ".join(f"{name} {value}" for name, value in values.items())
            yield f"the data sets have different {what} ({said}); score each of them by itself"


def _unknown(recipe: Recipe, data: Path) -> Iterator[str]:
    if recipe.task is not None:
        language = f" in language {recipe.language}" if recipe.language else ""
        yield (
            f"{data} has no {MANIFEST}, so nothing tells whether it is of task {recipe.task}{language}, as "
            "the recipe expects"
        )
