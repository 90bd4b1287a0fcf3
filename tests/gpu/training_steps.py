"""Steps of a training as transformers' trainer makes them: forward, loss in 32 bits, backward, AdamW."""

from collections.abc import Callable
from typing import Any

from tests.gpu.random_models import Training


class Stepper:
    """A model with its optimiser, which steps on rows that are all ``cutoff`` tokens long."""

    def __init__(self, model: Any, training: Training, device: str) -> None:
        """Turn recomputation on or off, and give the optimiser what is trained."""
        import torch

        self._model, self._training, self._device = model, training, device
        model.train()
        if training.is_recomputed:
            model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": True})
            model.enable_input_require_grads()
        trained = [weight for weight in model.parameters() if weight.requires_grad]
        self._optimiser = torch.optim.AdamW(trained, lr=1e-4, foreach=False)

    def step(self, done: Callable[[str], None] = lambda phase: None) -> float | None:
        """Make one step; ``done`` is called after each phase.

        Returns:
            The loss; None for tensors without values.
        """
        import torch
        from torch._subclasses.fake_tensor import FakeTensor

        self._optimiser.zero_grad()
        size = (self._training.batch, self._training.cutoff)
        tokens = torch.zeros(size, dtype=torch.long, device=self._device)
        is_short = self._training.is_short
        with torch.autocast(self._device, dtype=torch.bfloat16, enabled=is_short):
            loss = self._model(input_ids=tokens, labels=tokens, use_cache=False).loss
        done("forward")
        loss.backward()
        done("backward")
        self._optimiser.step()
        done("optimiser")
        return None if isinstance(loss, FakeTensor) else float(loss.detach())
