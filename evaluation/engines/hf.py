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


class HfEngine:
    """A model in this process, answering in batches of like length."""

    def __init__(self, spec: ModelSpec) -> None:
        """Load tokenizer, template, model and adapter.

        Raises:
            UserError: the train extra is missing, or the model or adapter cannot be loaded.
        """
        require_extra("llamafactory", "train")
        _require_folders(spec)
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

        logging.disable_progress_bar()

        settings: dict[str, Any] = {
            "model_name_or_path": spec.model,
            "template": spec.template,
            "trust_remote_code": spec.trust_remote_code,
        }
        if spec.adapter is not None:
            settings["adapter_name_or_path"] = spec.adapter
        try:
            model_args, data_args, finetuning_args, _ = get_infer_args(settings)
            self.tokenizer = load_tokenizer(model_args)["tokenizer"]
            self.template = get_template_and_fix_tokenizer(self.tokenizer, data_args)
            self.model = load_model(self.tokenizer, model_args, finetuning_args, is_trainable=False)
        except (OSError, ValueError, RuntimeError, SafetensorError) as err:
            raise UserError(
                f"model {spec.model!r} with adapter {spec.adapter!r} was found neither as a folder nor on "
                f"the hub, or cannot be loaded: {_causes(err)}"
            ) from err
        self.stop_ids = set(self.template.get_stop_token_ids(self.tokenizer))
        # The model's own generation settings may sample or penalise repetition; scores need plain greedy.
        self.model.generation_config = GenerationConfig(
            max_new_tokens=spec.max_new_tokens,
            do_sample=False,
            eos_token_id=sorted(self.stop_ids),
            pad_token_id=self.tokenizer.pad_token_id,
        )

    def encode(self, request: Request) -> list[int]:
        """Give the token ids of a request's prompt."""
        messages = [{"role": "user", "content": request.prompt}, {"role": "assistant", "content": ""}]
        prompt_ids, _ = self.template.encode_oneturn(self.tokenizer, messages, request.system)
        return list(prompt_ids)

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[Prediction]]:
        """Yield the predictions batch by batch, the longest prompts first, so that memory runs out early."""
        encoded = sorted(
            ((self.encode(request), request.id) for request in requests), key=lambda x: -len(x[0])
        )
        for start in range(0, len(encoded), batch_size):
            yield self._answer(encoded[start : start + batch_size])

    def _answer(self, batch: Sequence[tuple[list[int], str]]) -> list[Prediction]:
        import torch

        width = max(len(ids) for ids, _ in batch)
        pad = self.tokenizer.pad_token_id
        input_ids = torch.tensor([[pad] * (width - len(ids)) + ids for ids, _ in batch])
        mask = torch.tensor([[0] * (width - len(ids)) + [1] * len(ids) for ids, _ in batch])
        with torch.inference_mode():
            output = self.model.generate(
                input_ids=input_ids.to(self.model.device), attention_mask=mask.to(self.model.device)
            )
        return [
            self._prediction(row_id, new_ids)
            for (_, row_id), new_ids in zip(batch, output[:, width:].tolist(), strict=True)
        ]

    def _prediction(self, row_id: str, new_ids: list[int]) -> Prediction:
        length = next((i for i, token in enumerate(new_ids) if token in self.stop_ids), None)
        output = self.tokenizer.decode(new_ids[:length], skip_special_tokens=True)
        return Prediction(row_id, output, "length" if length is None else "stop")


def _require_folders(spec: ModelSpec) -> None:
    for kind, name, marker in (
        ("model", spec.model, "config.json"),
        ("adapter", spec.adapter, "adapter_config.json"),
    ):
        if name is None:
            continue
        # A run's adapters lie below it, and a name on a hub seldom begins like a folder that is there; a
        # model's may, as qwen/ is a natural name for a folder of models.
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
