"""The ``hf`` engine: transformers and peft on a CPU or a GPU, by way of LLaMA-Factory's own loaders.

Prompts are encoded by LLaMA-Factory's template code, so they are token for token what it trains on.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from evaluation.engines import ModelSpec, Prediction, Request
from templates.errors import UserError
from templates.hubs import hub_environment, is_folder
from templates.optional import require_extra

_BATCH_SIZES = {"cpu": 128, "cuda": 256}
_BATCH_SIZE = 64
"""Rows at a time on a kind of device; too little memory halves them."""


class HfEngine:
    """A model in this process, answering many rows at a time."""

    def __init__(self, spec: ModelSpec) -> None:
        """Load tokenizer, template, model and adapter.

        Raises:
            UserError: the train extra is missing, or the model or adapter cannot be loaded.
        """
        require_extra("llamafactory", "train")
        _require_folder("model", spec.model)
        # Read when the two are imported; without them, every file that is opened is logged.
        os.environ.setdefault("LLAMAFACTORY_VERBOSITY", "WARN")
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
        os.environ.update(hub_environment(spec.hub))
        from llamafactory.data.template import get_template_and_fix_tokenizer
        from llamafactory.hparams import get_infer_args
        from llamafactory.model import load_model, load_tokenizer
        from safetensors import SafetensorError
        from transformers import GenerationConfig
        from transformers.utils import logging

        from evaluation.engines.adapters import AdapterSwap

        logging.disable_progress_bar()
        self.spec = spec
        self._errors = (OSError, ValueError, RuntimeError, SafetensorError)
        try:
            model_args, data_args, self._finetuning_args, _ = get_infer_args(self._settings(None))
            self.tokenizer = load_tokenizer(model_args)["tokenizer"]
            self.template = get_template_and_fix_tokenizer(self.tokenizer, data_args)
            base = load_model(self.tokenizer, model_args, self._finetuning_args, is_trainable=False)
        except self._errors as err:
            raise UserError(
                f"model {spec.model!r} was found neither as a folder nor on the hub, or cannot be loaded: "
                f"{_causes(err)}"
            ) from err
        self.stop_ids = set(self.template.get_stop_token_ids(self.tokenizer))
        # The model's own generation settings may sample or penalise repetition; scores need plain greedy.
        base.generation_config = GenerationConfig(
            max_new_tokens=spec.max_new_tokens,
            do_sample=False,
            eos_token_id=sorted(self.stop_ids),
            pad_token_id=self.tokenizer.pad_token_id,
        )
        self._swap = AdapterSwap(base, self._merge)
        self.model = base
        self.use_adapter(spec.adapter)

    def use_adapter(self, adapter: str | None) -> None:
        """Answer with another adapter from now on, or with the base alone.

        Raises:
            UserError: the adapter cannot be loaded, or is not of this base.
        """
        if adapter is not None:
            _require_folder("adapter", adapter)
        self.model = self._swap.put(adapter)

    def _settings(self, adapter: str | None) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "model_name_or_path": self.spec.model,
            "template": self.spec.template,
            "trust_remote_code": self.spec.trust_remote_code,
        }
        return settings if adapter is None else {**settings, "adapter_name_or_path": adapter}

    def _merge(self, model: Any, adapter: str) -> Any:
        """Merge an adapter as LLaMA-Factory does to predict."""
        from llamafactory.hparams import get_infer_args
        from llamafactory.model.adapter import init_adapter

        try:
            model_args, _, finetuning_args, _ = get_infer_args(self._settings(adapter))
            merged = init_adapter(model.config, model, model_args, finetuning_args, is_trainable=False)
        except self._errors as err:
            raise UserError(
                f"adapter {adapter!r} cannot be loaded onto model {self.spec.model!r}: {_causes(err)}"
            ) from err
        merged.requires_grad_(False)
        return merged.eval()

    def encode(self, request: Request) -> list[int]:
        """Give the token ids of a request's prompt."""
        messages = [{"role": "user", "content": request.prompt}, {"role": "assistant", "content": ""}]
        prompt_ids, _ = self.template.encode_oneturn(self.tokenizer, messages, request.system)
        return list(prompt_ids)

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[Prediction]]:
        """Yield the predictions as they end, the longest prompts first, so that memory runs out early."""
        from evaluation.engines.decoding import Decoder, is_supported

        batch_size = batch_size or _BATCH_SIZES.get(self.model.device.type, _BATCH_SIZE)
        prompts = [self.encode(request) for request in requests]
        if not is_supported(self.model):
            yield from self._predict_in_batches(requests, prompts, batch_size)
            return
        decoder = Decoder(self.model, self.stop_ids, self.spec.max_new_tokens, batch_size)
        for group in decoder.decode(prompts):
            yield [self._prediction(requests[row.number].id, row.tokens, row.is_cut) for row in group]

    def _predict_in_batches(
        self, requests: Sequence[Request], prompts: Sequence[list[int]], batch_size: int
    ) -> Iterator[list[Prediction]]:
        """Answer batch by batch with transformers' own generation, for models whose attention is special."""
        order = sorted(range(len(prompts)), key=lambda i: -len(prompts[i]))
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            answers = self._generate([prompts[i] for i in batch])
            yield [self._cut(requests[i].id, answer) for i, answer in zip(batch, answers, strict=True)]

    def _generate(self, prompts: Sequence[list[int]]) -> list[list[int]]:
        """Give the new tokens of prompts, with what comes behind the token that stops."""
        import torch

        width = max(map(len, prompts))
        pad = self.tokenizer.pad_token_id
        input_ids = torch.tensor([[pad] * (width - len(ids)) + ids for ids in prompts])
        mask = torch.tensor([[0] * (width - len(ids)) + [1] * len(ids) for ids in prompts])
        device = self.model.device
        try:
            with torch.inference_mode():
                output = self.model.generate(input_ids=input_ids.to(device), attention_mask=mask.to(device))
        except torch.OutOfMemoryError as err:
            if len(prompts) == 1:
                raise UserError("the memory does not suffice for one row; use a smaller model") from err
            half = len(prompts) // 2
            return self._generate(prompts[:half]) + self._generate(prompts[half:])
        new: list[list[int]] = output[:, width:].tolist()
        return new

    def _cut(self, row_id: str, new_ids: list[int]) -> Prediction:
        length = next((i for i, token in enumerate(new_ids) if token in self.stop_ids), None)
        return self._prediction(row_id, new_ids[:length], length is None)

    def _prediction(self, row_id: str, tokens: list[int], is_cut: bool) -> Prediction:
        output = self.tokenizer.decode(tokens, skip_special_tokens=True)
        return Prediction(row_id, output, "length" if is_cut else "stop")


def _require_folder(kind: str, name: str) -> None:
    # A run's adapters lie below it, and a name on a hub seldom begins like a folder that is there; a model's
    # may, as qwen/ is a natural name for a folder of models.
    marker = "config.json" if kind == "model" else "adapter_config.json"
    is_below_a_run = kind == "adapter" and len(Path(name).parts) > 1 and Path(name).parent.is_dir()
    if (is_folder(name) or is_below_a_run) and not (Path(name) / marker).is_file():
        raise UserError(f"{kind} {name}: no such folder, or one without {marker}")


def _causes(err: BaseException | None) -> str:
    """Join the first lines of an error and of what caused it, the cause last."""
    lines: dict[str, None] = {}
    while err is not None:
        lines[str(err).strip().partition("\n")[0]] = None
        err = err.__cause__ or err.__context__
    return " <- ".join(list(lines)[:3])
