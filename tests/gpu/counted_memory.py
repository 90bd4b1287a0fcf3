"""The peak of memory of a training step, counted without memory: ``python -m tests.gpu.counted_memory``.

The real classes of transformers and peft run on torch's fake tensors, which have sizes and no values, so that
a model of 14 billion weights is counted on a laptop. What is counted is what an allocator without waste would
hold; it is no measurement of a GPU.
"""

import sys
import weakref
from typing import Any

from nerforge.llamafactory_configs.estimating.memory_estimate import GB, estimate_memory
from nerforge.llamafactory_configs.layering.layer_files import load_layer
from tests.gpu.random_models import Training, adapt, config_of
from tests.gpu.training_steps import Stepper

CASES = (
    Training("tiny", is_short=False, is_recomputed=False),
    Training("qwen2.5-0.5b-instruct", batch=4, cutoff=256, is_short=False, is_recomputed=False),
    Training("qwen2.5-0.5b-instruct"),
    Training("qwen2.5-0.5b-instruct", is_recomputed=False),
    Training("qwen2.5-0.5b-instruct", method="full"),
    Training("qwen2.5-1.5b-instruct"),
    Training("qwen2.5-1.5b-instruct", is_recomputed=False),
    Training("qwen3-4b-instruct-2507"),
    Training("qwen3-4b-instruct-2507", is_recomputed=False),
    Training("qwen3-14b", batch=1),
)


def main(names: list[str]) -> None:
    """Print what is counted beside what is estimated."""
    print("counted on fake tensors, beside the estimate without the context of CUDA; GB")
    for case in CASES:
        if not names or case.model in names:
            print(compare(case), flush=True)


def compare(training: Training) -> str:
    """Write a line of the table."""
    counted, guess = count_peak(training), estimated(training)
    how = "recomputed" if training.is_recomputed else "kept"
    kind = f"{training.model:<24} {training.method:<5} {'bf16' if training.is_short else 'fp32'}"
    size = f"{training.batch} x {training.cutoff:<5} {how:<10}"
    return f"  {kind} {size} {counted:>7.2f} {guess:>7.2f} {guess / counted:>6.2f}"


def estimated(training: Training) -> float:
    """Estimate the memory of a training, in GB, without what libraries need."""
    machine = load_layer("hardware", "gpu_24gb").machine
    assert machine is not None
    need = estimate_memory(training.shape, training.keys(), machine)
    return need.total - need.context


def count_peak(training: Training) -> float:
    """Count the peak of two steps in GB: from the second one on the optimiser has its states."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    model = _without_memory(training)
    with FakeTensorMode(allow_non_fake_inputs=True):
        _give_fake_weights(model)
        counter = _storage_counter()
        for weight in (*model.parameters(), *model.buffers()):
            counter.take(weight)
        stepper = Stepper(model, training, "cpu")
        with counter:
            stepper.step()
            stepper.step()
    return float(counter.peak) / GB


def _without_memory(training: Training) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    dtype = torch.bfloat16 if training.is_short and training.method != "full" else torch.float32
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config_of(training.shape), dtype=dtype)
    return model if training.method == "full" else adapt(model, training, "meta")


def _give_fake_weights(model: Any) -> None:
    """Put fake tensors of the CPU in the place of those of the meta device; tied weights stay tied."""
    import torch

    made: dict[int, Any] = {}
    for module in model.modules():
        for held in (module._parameters, module._buffers):
            for name, value in held.items():
                if value is None:
                    continue
                if id(value) not in made:
                    fake = torch.empty(value.shape, dtype=value.dtype)
                    is_parameter = isinstance(value, torch.nn.Parameter)
                    made[id(value)] = (
                        torch.nn.Parameter(fake, requires_grad=value.requires_grad) if is_parameter else fake
                    )
                held[name] = made[id(value)]


def _storage_counter() -> Any:
    """Make a mode that counts the bytes of all storages that are alive."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_leaves

    class StorageCounter(TorchDispatchMode):
        """Bytes alive now, and the most that ever were."""

        def __init__(self) -> None:
            super().__init__()
            self.now = self.peak = 0
            self._sizes: dict[int, int] = {}

        def take(self, tensor: Any) -> None:
            """Count a tensor's storage until it is freed."""
            storage = tensor.untyped_storage()
            key = storage._cdata
            if key in self._sizes:
                return
            self._sizes[key] = storage.nbytes()
            self.now += self._sizes[key]
            self.peak = max(self.peak, self.now)
            weakref.finalize(storage, self._drop, key)

        def _drop(self, key: int) -> None:
            self.now -= self._sizes.pop(key)

        def __torch_dispatch__(self, call: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            result = call(*args, **(kwargs or {}))
            for leaf in tree_leaves(result):
                if isinstance(leaf, torch.Tensor):
                    self.take(leaf)
            return result

    return StorageCounter()


if __name__ == "__main__":
    main(sys.argv[1:])
