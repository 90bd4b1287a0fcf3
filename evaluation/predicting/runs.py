"""Find out what a training run's folder holds: model, template, adapter and checkpoints."""

from dataclasses import dataclass
from pathlib import Path

from nerforge.evaluation.engines import ModelSpec
from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.reading import read_yaml

FINAL = "final"
BASE = "base"
BEST = "best"
BEST_CHECKPOINT = "best_checkpoint"
"""What `nerforge sweep` writes: the name of the checkpoint that it chose, a line."""
TRAIN_YAML = "train.yaml"


@dataclass(frozen=True, slots=True)
class Run:
    """A run's model with one of its adapters."""

    folder: Path
    checkpoint: str
    """``final``, ``base`` (no adapter), or ``checkpoint-N``."""
    model: str
    adapter: str | None
    template: str
    enable_thinking: bool | None = True

    def spec(
        self,
        max_new_tokens: int,
        *,
        trust_remote_code: bool = False,
        hub: str | None = None,
    ) -> ModelSpec:
        """Say what answers, as it was trained."""
        return ModelSpec(
            self.model,
            self.adapter,
            self.template,
            max_new_tokens,
            trust_remote_code,
            hub,
            self.enable_thinking,
        )

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
    path = folder / TRAIN_YAML
    if not path.is_file():
        raise UserError(f"{folder}: is no training run, it holds no {TRAIN_YAML}")
    config = read_yaml(path)
    if missing := [key for key in ("model_name_or_path", "template") if key not in config]:
        raise UserError(f"{path}: lacks {', '.join(missing)}, so it cannot be predicted with")
    model, template = str(config["model_name_or_path"]), str(config["template"])
    thinking = config.get("enable_thinking", True)
    name = _read_best(folder) if checkpoint == BEST else checkpoint or FINAL
    if name == BASE:
        return Run(folder, name, model, None, template, thinking)
    adapter = folder if name == FINAL else folder / name
    if name == Path(name).name and _has_adapter(adapter):
        return Run(folder, name, model, str(adapter), template, thinking)
    if name == Path(name).name and _has_model(adapter):
        return Run(folder, name, str(adapter), None, template, thinking)
    found = [path for path in folder.glob("checkpoint-*") if _has_adapter(path) or _has_model(path)]
    known = sorted((path.name for path in found), key=lambda name: (len(name), name))
    known = [BASE, *known, *([FINAL] if _has_adapter(folder) or _has_model(folder) else [])]
    raise UsageError(f"{adapter}: holds no adapter; the run has: {', '.join(known)}")


def _read_best(folder: Path) -> str:
    path = folder / BEST_CHECKPOINT
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as err:
        raise UserError(
            f"{path}: cannot be read: {err.strerror}; nerforge sweep chooses the best checkpoint"
        ) from err


def _has_adapter(folder: Path) -> bool:
    return (folder / "adapter_config.json").is_file()


def _has_model(folder: Path) -> bool:
    """Tell whether full fine-tuning left a model of its own."""
    return (folder / "config.json").is_file() and any(folder.glob("*model*.safetensors"))
