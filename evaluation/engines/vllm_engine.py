"""The ``vllm`` engine: vLLM's continuous batching on one machine's GPUs, greedily.

Prompts are encoded by LLaMA-Factory's template code, so it has to be installed beside vLLM. Written against
vLLM 0.28 and tested on a stand-in for it; it has not been run on a GPU. Rows are added to and taken from
vLLM's ``LLMEngine`` step by step: ``LLM.generate`` gives nothing before its last row.
"""

import gc
import os
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nerforge.evaluation.confidence.token_logprobs import TokenMeasure
from nerforge.evaluation.engines import Failure, ModelSpec, Prediction, Request, Result, sentences_of
from nerforge.evaluation.engines.encoding import PromptEncoder
from nerforge.evaluation.engines.vllm_adapters import vllm_rank
from nerforge.foundation.errors import UserError
from nerforge.foundation.phases import AT_ONCE, phase

_UNDER_WAY = 4096
"""Rows that vLLM holds; it decides itself how many of them it decodes at a time."""
_LENGTH_STEP = 512
"""Room for prompts is made in these steps, so that another split seldom needs another start."""
_QUIET = {
    "VLLM_LOGGING_LEVEL": "WARNING",
    "VLLM_NO_USAGE_STATS": "1",
    # LLaMA-Factory may have touched the GPU, and a forked process cannot use it then.
    "VLLM_WORKER_MULTIPROCESSING_METHOD": "spawn",
}


class VllmEngine:
    """A model in vLLM; it starts with the first rows, as they say how long prompts are."""

    def __init__(self, spec: ModelSpec) -> None:
        """Load tokenizer and template, and look at the adapter.

        Raises:
            UserError: the model or the adapter cannot be used.
        """
        if spec.devices.data_parallel > 1:
            raise UserError(
                f"the vllm engine holds one copy of the model, not {spec.devices.data_parallel}; several "
                "are run by --engine ray-vllm, on one machine or many"
            )
        for name, value in _QUIET.items():
            os.environ.setdefault(name, value)
        self.spec = spec
        self._numbers: dict[str, int] = {}
        self.use_adapter(spec.adapter)
        self._encoder = PromptEncoder(spec)
        self._measure = (
            TokenMeasure(self._encoder.tokenizer, self._encoder.decode) if spec.keeps_logprobs else None
        )
        self._engine: Any = None
        self._length = 0
        self._rank = 0

    def use_adapter(self, adapter: str | None) -> None:
        """Answer with another adapter from now on, or with the base alone; the base stays loaded.

        Raises:
            UserError: it is no folder of an adapter, or is of a kind that vLLM cannot take.
        """
        self._needed_rank = 0 if adapter is None else vllm_rank(adapter)
        self._adapter = None if adapter is None else str(Path(adapter).absolute())

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[Result]]:
        """Yield the predictions as they end; a prompt that the model has no room for is a failure."""
        if self.spec.constraint is not None:
            sentences_of(requests)
        with phase(f"tokenising {len(requests):,} prompts"):
            prompts = [self._encoder.encode(request) for request in requests]
        if not prompts:
            return
        self._ensure_started(max(map(len, prompts)))
        too_long = {number for number, ids in enumerate(prompts) if len(ids) >= self._length}
        if too_long:
            yield [self._too_long(requests[number].id, len(prompts[number])) for number in sorted(too_long)]
        waiting = deque(number for number in range(len(prompts)) if number not in too_long)
        yield from self._run(requests, prompts, waiting, batch_size or _UNDER_WAY)

    def _ensure_started(self, longest: int) -> None:
        needed = longest + self.spec.max_new_tokens
        # Rounded up: a slightly longer prompt in the next window does not start the engine again.
        length = -(-needed // _LENGTH_STEP) * _LENGTH_STEP
        length = min(length, self._encoder.n_positions or length)
        if self._engine is None or length > self._length or self._needed_rank > self._rank:
            # The memory of the one before has to be free first.
            self._engine = None
            gc.collect()
            self._length = max(length, self._length)
            self._rank = max(self._needed_rank, self._rank)
            with phase("starting vLLM", AT_ONCE):
                self._engine = self._start()
        self._lora = self._load_adapter()

    def _start(self) -> Any:
        from vllm import EngineArgs, LLMEngine
        from vllm.exceptions import VLLMError
        from vllm.platforms import current_platform

        if not current_platform.device_type:
            raise UserError("vLLM finds no GPU here; use --engine hf, which also runs on a CPU")
        try:
            return LLMEngine.from_engine_args(EngineArgs(**self._settings()))
        except (OSError, ValueError, RuntimeError, VLLMError) as err:
            raise UserError(f"vLLM cannot start with model {self.spec.model!r}: {_first_line(err)}") from err

    def _settings(self) -> dict[str, Any]:
        devices = self.spec.devices
        settings: dict[str, Any] = {
            "model": self._encoder.model_folder,
            "trust_remote_code": self.spec.trust_remote_code,
            "max_model_len": self._length,
            "tensor_parallel_size": devices.tensor_parallel,
            "gpu_memory_utilization": devices.memory,
            "enable_prefix_caching": True,
            # We encode, decode and say what stops; the model's own settings may sample, or stop elsewhere.
            "skip_tokenizer_init": self.spec.constraint is None,
            "generation_config": "vllm",
            "disable_log_stats": True,
        }
        if devices.tensor_parallel > 1:
            # Inside a Ray worker vLLM would ask Ray for GPUs that the worker holds already.
            settings["distributed_executor_backend"] = "mp"
        if self.spec.constraint is not None:
            from vllm.config import StructuredOutputsConfig

            # It compiles a grammar in tens of milliseconds, and each row has its own.
            settings["structured_outputs_config"] = StructuredOutputsConfig(backend="guidance")
        if self._rank:
            settings |= {"enable_lora": True, "max_lora_rank": self._rank}
        return settings

    def _load_adapter(self) -> Any:
        """Load the adapter now: at the first row it would end the engine if it cannot be loaded."""
        if self._adapter is None:
            return None
        from vllm.lora.request import LoRARequest

        # vLLM knows adapters by their number: one that comes back keeps its own, and is not loaded twice.
        number = self._numbers.setdefault(self._adapter, len(self._numbers) + 1)
        request = LoRARequest(lora_name=self._adapter, lora_int_id=number, lora_path=self._adapter)
        try:
            self._engine.add_lora(request)
        except Exception as err:
            # What a worker raises arrives as an Exception of no particular class.
            raise UserError(
                f"adapter {self._adapter!r} cannot be loaded onto model {self.spec.model!r}: "
                f"{_first_line(err)}"
            ) from err
        return request

    def _run(
        self, requests: Sequence[Request], prompts: Sequence[list[int]], waiting: deque[int], n_at_a_time: int
    ) -> Iterator[list[Result]]:
        under_way: set[str] = set()
        try:
            while waiting or under_way:
                results: list[Result] = []
                while waiting and len(under_way) < n_at_a_time:
                    number = waiting.popleft()
                    if failure := self._add(number, requests[number], prompts[number]):
                        results.append(failure)
                    else:
                        under_way.add(str(number))
                for output in self._step() if under_way else ():
                    under_way.discard(output.request_id)
                    results.append(self._result(requests[int(output.request_id)].id, output))
                if results:
                    yield results
        finally:
            # Whoever asked may stop listening.
            if under_way and self._engine is not None:
                self._engine.abort_request(sorted(under_way))

    def _add(self, number: int, request: Request, prompt: list[int]) -> Failure | None:
        from vllm import TokensPrompt
        from vllm.exceptions import VLLMError

        try:
            (rendered,) = self._engine.renderer.render_cmpl([TokensPrompt(prompt_token_ids=prompt)])
            sampling = self._sampling(request)
            self._engine.add_request(str(number), rendered, sampling, lora_request=self._lora)
        except (ValueError, UserError, VLLMError) as err:
            return Failure(request.id, f"vLLM refuses the row: {_first_line(err)}")
        return None

    def _sampling(self, request: Request) -> Any:
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind

        # None beside the chosen token's; by default vLLM takes it before anything narrows the choice.
        kept = {"logprobs": 0} if self.spec.keeps_logprobs else {}
        return SamplingParams(
            temperature=0.0,
            max_tokens=self.spec.max_new_tokens,
            # The template's tokens end an answer, and no others.
            stop_token_ids=sorted(self._encoder.stop_ids),
            ignore_eos=True,
            detokenize=False,
            output_kind=RequestOutputKind.FINAL_ONLY,
            **kept,
            **self._grammar(request.sentence or ""),
        )

    def _grammar(self, sentence: str) -> dict[str, Any]:
        if self.spec.constraint is None:
            return {}
        from vllm.sampling_params import StructuredOutputsParams

        grammar = self.spec.constraint.grammar(sentence, self._encoder.empty_thought).gbnf()
        return {"structured_outputs": StructuredOutputsParams(grammar=grammar)}

    def _step(self) -> list[Any]:
        try:
            return [output for output in self._engine.step() if output.finished]
        except Exception as err:
            # Errors of the engine's process have no common class; after one, it does not answer any more.
            self._engine = None
            raise UserError(
                f"vLLM stopped: {_first_line(err)}; the answers so far are kept, run the same command again"
            ) from err

    def _result(self, row_id: str, output: Any) -> Result:
        answer = output.outputs[0]
        if answer.finish_reason not in ("stop", "length"):
            return Failure(row_id, f"vLLM ended the row: {answer.finish_reason}")
        tokens = list(answer.token_ids)
        end = next((i for i, token in enumerate(tokens) if token in self._encoder.stop_ids), None)
        text = self._encoder.decode(tokens[:end])
        if self._measure is None:
            return Prediction(row_id, text, answer.finish_reason)
        n_kept = None if end is None else end + 1
        values = [
            found[token].logprob
            for token, found in zip(tokens[:n_kept], answer.logprobs[:n_kept], strict=True)
        ]
        return Prediction(row_id, text, answer.finish_reason, self._measure.kept(tokens[:end], text, values))

    def _too_long(self, row_id: str, n_tokens: int) -> Failure:
        return Failure(
            row_id,
            f"the prompt has {n_tokens} tokens; model {self.spec.model!r} takes {self._length} with answer",
        )


def _first_line(err: Exception) -> str:
    return str(err).strip().partition("\n")[0] or type(err).__name__
