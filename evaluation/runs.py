"""Find out what a training run's folder holds: model, template, adapter and checkpoints."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from templates.errors import UsageError, UserError

FINAL = "final"
BASE = "base"
_TRAIN_YAML = "train.yaml"


@dataclass(frozen=True, slots=True)
class Run:
    """A run's model with one of its adapters."""

    folder: Path
    checkpoint: str
    """``final``, ``base`` (no adapter), or ``checkpoint-N``."""
    model: str
    adapter: str | None
    template: str

    def predictions(self, split: str) -> Path:
        """Where the predictions of a split belong."""
        return self.folder / "predictions" / self.checkpoint / f"{split}.jsonl"

    def scores(self, split: str) -> Path:
        """Where the scores of a split belong."""
        return self.folder / "scores" / self.checkpoint / f"{split}.json"


def read_run(folder: Path, checkpoint: str | None = None) -> Run:
    """Read a run's ``train.yaml`` and find an adapter of it, the final one if ``checkpoint`` is None.

    Raises:
        UsageError: there is no such checkpoint.
        UserError: the folder is no run.
    """
    path = folder / _TRAIN_YAML
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
        model, template = str(config["model_name_or_path"]), str(config["template"])
    except FileNotFoundError as err:
        raise UserError(f"{folder}: is no training run, it holds no {_TRAIN_YAML}") from err
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError) as err:
        raise UserError(f"{path}: is no training YAML with model_name_or_path and template: {err}") from err
    name = checkpoint or FINAL
    if name == BASE:
        return Run(folder, name, model, None, template)
    adapter = folder if name == FINAL else folder / name
    if not (adapter / "adapter_config.json").is_file():
        known = [p.parent.name for p in sorted(folder.glob("checkpoint-*/adapter_config.json"))]
        raise UsageError(f"{adapter}: holds no adapter; the run has: {', '.join([BASE, *known])}")
    return Run(folder, name, model, str(adapter), template)
