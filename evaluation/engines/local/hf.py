"""The ``hf`` engine: transformers and peft on a CPU or a GPU, by way of LLaMA-Factory's own loaders.

Prompts are encoded by LLaMA-Factory's template code, so they are token for token what it trains on.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from nerforge.evaluation.confidence.token_logprobs import TokenMeasure
from nerforge.evaluation.engines import Failure, ModelSpec, Prediction, Request, Result, sentences_of
from nerforge.evaluation.engines.encoding import PromptEncoder, causes, loader_settings, require_folder
from nerforge.foundation.errors import UserError
from nerforge.foundation.phases import AT_ONCE, phase
from nerforge.foundation.processor_flags import multiplies_in_bf16

if TYPE_CHECKING:
    from nerforge.evaluation.constraints.token_matching import TokenGrammars
    from nerforge.evaluation.engines.local.constrained_choice import ConstrainedChoice

_BATCH_SIZES = {"cpu": 128, "cuda": 256}
_BATCH_SIZE = 64
"""Rows at a time on a kind of device; too little memory halves them."""


def fit_for_processor(model: Any) -> Any:
    """Convert 16-bit weights to float32 on a CPU without 16-bit instructions, 100 times slower in them."""
    is_narrow = str(model.dtype) == "torch.float16" or (
        str(model.dtype) == "torch.bfloat16" and not multiplies_in_bf16()
    )
    return model.float() if model.device.type == "cpu" and is_narrow else model


class HfEngine:
    """A model in this process, answering many rows at a time."""

    def __init__(self, spec: ModelSpec) -> None:
        """Load tokenizer, template, model and adapter.

        Raises:
            UserError: the model or the adapter cannot be loaded.
        """
        encoder = PromptEncoder(spec)
        from llamafactory.hparams import get_infer_args
        from llamafactory.model import load_model
        from safetensors import SafetensorError
        from transformers import GenerationConfig
        from transformers.utils import logging

        from nerforge.evaluation.engines.local.adapters import AdapterSwap

        logging.disable_progress_bar()
        self.spec = spec
        self.tokenizer = encoder.tokenizer
        self.encode = encoder.encode
        self._decode = encoder.decode
        self._measure = TokenMeasure(encoder.tokenizer, encoder.decode) if spec.keeps_logprobs else None
        self.stop_ids = set(encoder.stop_ids)
        self._empty_thought = encoder.empty_thought
        self._errors = (OSError, ValueError, RuntimeError, KeyError, TypeError, SafetensorError)
        try:
            model_args, _, finetuning_args, _ = get_infer_args(loader_settings(spec))
            with phase(f"loading the weights of {spec.model}", AT_ONCE):
                base = load_model(self.tokenizer, model_args, finetuning_args, is_trainable=False)
        except self._errors as err:
            raise UserError(f"model {spec.model!r} cannot be loaded: {causes(err)}") from err
        base = fit_for_processor(base)
        # The model's own generation settings may sample or penalise repetition; scores need plain greedy.
        base.generation_config = GenerationConfig(
            max_new_tokens=spec.max_new_tokens,
            do_sample=False,
            eos_token_id=sorted(self.stop_ids),
            pad_token_id=self.tokenizer.pad_token_id,
        )
        self._grammars = self._read_vocabulary(base)
        self._swap = AdapterSwap(base, self._merge)
        self.model = base
        self.use_adapter(spec.adapter)

    def _read_vocabulary(self, base: Any) -> "TokenGrammars | None":
        if self.spec.constraint is None:
            return None
        from nerforge.evaluation.constraints.token_matching import TokenGrammars

        n_tokens = base.get_output_embeddings().weight.shape[0]
        with phase("reading the vocabulary for grammars"):
            return TokenGrammars(
                self.spec.constraint, self.tokenizer, n_tokens, self.stop_ids, self._empty_thought
            )

    def use_adapter(self, adapter: str | None) -> None:
        """Answer with another adapter from now on, or with the base alone.

        Raises:
            UserError: the adapter cannot be loaded, or is not of this base.
        """
        if adapter is not None:
            require_folder("adapter", adapter)
        with phase(f"loading the adapter {adapter}" if adapter else "removing the adapter"):
            self.model = self._swap.put(adapter)

    def _merge(self, model: Any, adapter: str) -> Any:
        """Merge an adapter as LLaMA-Factory does to predict."""
        from llamafactory.hparams import get_infer_args
        from llamafactory.model.adapter import init_adapter

        try:
            model_args, _, finetuning_args, _ = get_infer_args(
                {**loader_settings(self.spec), "adapter_name_or_path": adapter}
            )
            merged = init_adapter(model.config, model, model_args, finetuning_args, is_trainable=False)
        except self._errors as err:
            raise UserError(
                f"adapter {adapter!r} cannot be loaded onto model {self.spec.model!r}: {causes(err)}"
            ) from err
        merged.requires_grad_(False)
        return merged.eval()

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[Result]]:
        """Yield the predictions as they end, the longest prompts first, so that memory runs out early.

        Raises:
            UserError: a row has no sentence that answers could be constrained to.
        """
        from nerforge.evaluation.engines.local.decoding import Decoder, is_supported

        batch_size = batch_size or _BATCH_SIZES.get(self.model.device.type, _BATCH_SIZE)
        with phase(f"tokenising {len(requests):,} prompts"):
            prompts = [self.encode(request) for request in requests]
        choice = self._choice(requests, prompts)
        if not is_supported(self.model):
            yield from self._predict_in_batches(requests, prompts, batch_size, choice)
            return
        decoder = Decoder(
            self.model,
            self.stop_ids,
            self.spec.max_new_tokens,
            batch_size,
            keeps_logprobs=self.spec.keeps_logprobs,
            chooser=choice,
        )
        for group in decoder.decode(prompts):
            yield [
                _failure(requests[row.number], choice, row.number)
                or self._prediction(requests[row.number].id, row.tokens, row.is_cut, row.logprobs)
                for row in group
            ]

    def _choice(
        self, requests: Sequence[Request], prompts: Sequence[list[int]]
    ) -> "ConstrainedChoice | None":
        if self._grammars is None:
            return None
        from nerforge.evaluation.engines.local.constrained_choice import ConstrainedChoice

        longest_first = sorted(range(len(prompts)), key=lambda i: -len(prompts[i]))
        return ConstrainedChoice(self._grammars, sentences_of(requests), longest_first)

    def _predict_in_batches(
        self,
        requests: Sequence[Request],
        prompts: Sequence[list[int]],
        batch_size: int,
        choice: "ConstrainedChoice | None",
    ) -> Iterator[list[Result]]:
        """Answer batch by batch with transformers' own generation, for models whose attention is special."""
        order = sorted(range(len(prompts)), key=lambda i: -len(prompts[i]))
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            answers = self._generate(prompts, batch, choice)
            yield [
                _failure(requests[i], choice, i) or self._cut(requests[i].id, *answer)
                for i, answer in zip(batch, answers, strict=True)
            ]

    def _generate(
        self, all_prompts: Sequence[list[int]], batch: Sequence[int], choice: "ConstrainedChoice | None"
    ) -> list[tuple[list[int], list[float]]]:
        """Give a batch's new tokens and what is kept of each, with those behind the one that stops."""
        import torch

        from nerforge.evaluation.engines.local.generated_logprobs import GeneratedLogprobs

        prompts = [all_prompts[number] for number in batch]
        width = max(map(len, prompts))
        pad = self.tokenizer.pad_token_id
        # Padded on the left: generation goes on from the last column, which must be a token of each prompt.
        input_ids = torch.tensor([[pad] * (width - len(ids)) + ids for ids in prompts])
        mask = torch.tensor([[0] * (width - len(ids)) + [1] * len(ids) for ids in prompts])
        device = self.model.device
        kept = GeneratedLogprobs() if self.spec.keeps_logprobs else None
        # Log-probabilities are those of the model itself, so they are looked at first.
        processors = [*([kept] if kept else []), *([_processor(choice, batch)] if choice else [])]
        try:
            with torch.inference_mode():
                output = self.model.generate(
                    input_ids=input_ids.to(device),
                    attention_mask=mask.to(device),
                    logits_processor=processors,
                )
        except torch.OutOfMemoryError as err:
            if len(prompts) == 1:
                raise UserError("out of memory for one row; use a smaller model") from err
            half = len(prompts) // 2
            halves = batch[:half], batch[half:]
            return [new for part in halves for new in self._generate(all_prompts, part, choice)]
        new: list[list[int]] = output[:, width:].tolist()
        logprobs: list[list[float]] = [[]] * len(new) if kept is None else kept.of_rows(output)
        return list(zip(new, logprobs, strict=True))

    def _cut(self, row_id: str, new_ids: list[int], logprobs: list[float]) -> Prediction:
        length = next((i for i, token in enumerate(new_ids) if token in self.stop_ids), None)
        n_kept = None if length is None else length + 1
        return self._prediction(row_id, new_ids[:length], length is None, logprobs[:n_kept])

    def _prediction(self, row_id: str, tokens: list[int], is_cut: bool, logprobs: list[float]) -> Prediction:
        text = self._decode(tokens)
        finish = "length" if is_cut else "stop"
        if self._measure is None:
            return Prediction(row_id, text, finish)
        return Prediction(row_id, text, finish, self._measure.kept(tokens, text, logprobs))


def _processor(choice: "ConstrainedChoice", batch: Sequence[int]) -> Any:
    from nerforge.evaluation.engines.local.constrained_choice import ConstrainedBatch

    return ConstrainedBatch(choice, batch)


def _failure(request: Request, choice: "ConstrainedChoice | None", number: int) -> Failure | None:
    error = choice.failures.get(number) if choice else None
    return None if error is None else Failure(request.id, error)
