"""Find out what a training run's folder holds: model, template, adapter and checkpoints."""

from dataclasses import dataclass
from pathlib import Path

from generators.files import read_yaml
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
    if not path.is_file():
        raise UserError(f"{folder}: is no training run, it holds no {_TRAIN_YAML}")
    config = read_yaml(path)
    if missing := [key for key in ("model_name_or_path", "template") if key not in config]:
        raise UserError(f"{path}: lacks {', '.join(missing)}, so it cannot be predicted with")
    model, template = str(config["model_name_or_path"]), str(config["template"])
    name = checkpoint or FINAL
    if name == BASE:
        return Run(folder, name, model, None, template)
    adapter = folder if name == FINAL else folder / name
    if name != Path(name).name or not (adapter / "adapter_config.json").is_file():
        known = [path.parent.name for path in folder.glob("checkpoint-*/adapter_config.json")]
        known.sort(key=lambda name: (len(name), name))
        known = [BASE, *known, *([FINAL] if (folder / "adapter_config.json").is_file() else [])]
        raise UsageError(f"{adapter}: holds no adapter; the run has: {', '.join(known)}")
    return Run(folder, name, model, str(adapter), template)
