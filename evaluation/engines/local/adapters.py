"""Adapters of one base, merged into it in turn: the base is loaded once for a sweep over checkpoints."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor

from nerforge.foundation.errors import UserError
from nerforge.foundation.run_folder.contents import ADAPTER_WEIGHTS

_PEFT_PREFIX = "base_model.model."
_LORA_PARTS = (".lora_A", ".lora_B", ".lora_magnitude_vector")


class AdapterSwap:
    """Merges adapters into a model; what a merge changes is kept, on the CPU, and put back before the next.

    Putting back is exact, which taking the difference off again is not.
    """

    def __init__(self, model: Any, merge: Callable[[Any, str], Any]) -> None:
        """Begin with the base alone.

        Args:
            model: The base.
            merge: Merges an adapter's folder into a model in place, and gives the model.
        """
        self.model = model
        self._merge = merge
        self._kept: dict[str, Tensor] = {}
        self._changed_for_good = ""

    def put(self, adapter: str | None) -> Any:
        """Give the model with this adapter and no other.

        Raises:
            UserError: the adapter before cannot be taken off again.
        """
        if self._changed_for_good:
            raise UserError(self._changed_for_good)
        self._restore()
        if adapter is None:
            return self.model
        try:
            names = changed_modules(Path(adapter))
        except UserError as err:
            names, self._changed_for_good = [], str(err)
        for name in names:
            weight = self.model.get_submodule(name).weight
            self._kept[name] = weight.detach().to("cpu", copy=True)
        self.model = self._merge(self.model, adapter)
        return self.model

    def _restore(self) -> None:
        for name, weight in self._kept.items():
            self.model.get_submodule(name).weight.data.copy_(weight)
        self._kept = {}
        # peft leaves the merged adapter's configuration behind, and takes the next for a second one.
        vars(self.model).pop("peft_config", None)


def changed_modules(adapter: Path) -> list[str]:
    """List the modules of the base that an adapter changes, from the names of its weights.

    Raises:
        UserError: it holds weights of another kind, or cannot be read.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(adapter / ADAPTER_WEIGHTS, framework="pt") as file:
            keys = list(file.keys())
    except (OSError, SafetensorError) as err:
        raise UserError(f"adapter {adapter}: {ADAPTER_WEIGHTS} cannot be read: {err}") from err
    names = {key: _module(key) for key in keys}
    if others := [key for key, name in names.items() if name is None]:
        raise UserError(
            f"adapter {adapter}: holds {others[0]!r}, which is no part of LoRA, so it cannot be taken off "
            "the base again; predict it on its own, with nerforge predict"
        )
    return sorted({name for name in names.values() if name is not None})


def _module(key: str) -> str | None:
    for part in _LORA_PARTS:
        name, found, _ = key.removeprefix(_PEFT_PREFIX).partition(part)
        if found:
            return name
    return None
