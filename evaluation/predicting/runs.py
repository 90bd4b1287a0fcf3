"""Find out what a training run's folder holds: model, template, adapter and checkpoints."""

from dataclasses import dataclass
from pathlib import Path

from nerforge.evaluation.engines import ModelSpec
from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.reading import read_yaml
from nerforge.foundation.run_folder.contents import (
    BASE,
    BEST,
    BEST_CHECKPOINT,
    FINAL,
    PREDICTIONS,
    SCORES,
    TRAIN_YAML,
    has_adapter,
    has_model,
    list_checkpoints,
)


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
        return self.folder / PREDICTIONS / self.checkpoint / f"{split}.jsonl"

    def scores(self, split: str) -> Path:
        """Where the scores of a split belong."""
        return self.folder / SCORES / self.checkpoint / f"{split}.json"


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
    name = _read_best(folder) if checkpoint == BEST else checkpoint or FINAL
    model, adapter = _weights(folder, name, str(config["model_name_or_path"]))
    # LLaMA-Factory's default; what the run was trained with decides how its prompt ends.
    thinking = config.get("enable_thinking", True)
    return Run(folder, name, model, adapter, str(config["template"]), thinking)


def _weights(folder: Path, name: str, base: str) -> tuple[str, str | None]:
    """Give the model of a checkpoint, and its adapter where it was not trained whole.

    Raises:
        UsageError: the run has no such checkpoint.
    """
    if name == BASE:
        return base, None
    place = folder if name == FINAL else folder / name
    # A path in place of a name would lead out of the run.
    is_name = name == Path(name).name
    if is_name and has_adapter(place):
        return base, str(place)
    if is_name and has_model(place):
        return str(place), None
    known = [path.name for path in list_checkpoints(folder) if has_adapter(path) or has_model(path)]
    known = [BASE, *known, *([FINAL] if has_adapter(folder) or has_model(folder) else [])]
    raise UsageError(f"{place}: holds no adapter; the run has: {', '.join(known)}")


def _read_best(folder: Path) -> str:
    path = folder / BEST_CHECKPOINT
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as err:
        raise UserError(
            f"{path}: cannot be read: {err.strerror}; nerforge sweep chooses the best checkpoint"
        ) from err
