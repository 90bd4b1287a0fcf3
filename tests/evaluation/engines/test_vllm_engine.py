"""The calls that vLLM gets, recorded by a stand-in for it."""

import json
import sys
from importlib.machinery import ModuleSpec as ImportSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from nerforge.evaluation.confidence.token_logprobs import TokenLogprobs
from nerforge.evaluation.constraints.constraint import make_constraint
from nerforge.evaluation.engines import (
    Devices,
    Failure,
    ModelSpec,
    Prediction,
    Request,
    Result,
    load_engine,
    vllm_engine,
)
from nerforge.evaluation.engines.vllm_engine import VllmEngine
from nerforge.foundation.errors import UserError
from nerforge.templates.domain import Label, LabelSchema

STOP = 2
ROWS = [Request(f"row-{i}", "查" * (i + 1)) for i in range(9)]


class FakeEncoder:
    """A token for each character; an answer's token n is the letter n."""

    model_folder = "some/model"
    n_positions: int | None = 1000
    empty_thought = ""
    stop_ids = frozenset({STOP, 7})

    tokenizer = SimpleNamespace(all_special_ids=[STOP], added_tokens_decoder={}, convert_ids_to_tokens=chr)

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec

    def encode(self, request: Request) -> list[int]:
        return [ord(char) for char in request.prompt]

    def decode(self, tokens: list[int]) -> str:
        return "".join(map(chr, tokens))


class FakeError(Exception):
    """vLLM's own errors, which are no ValueError."""


class FakeEngine:
    """Ends two rows a step, the newest first, answering with the prompt's length."""

    started: list["FakeEngine"] = []  # noqa: RUF012
    refused: set[int] = set()  # noqa: RUF012
    dies_at_step: int | None = None
    finish = "stop"

    def __init__(self, args: dict[str, Any]) -> None:
        self.args = args
        self.added: dict[str, Any] = {}
        self.loras: list[Any] = []
        self.aborted: list[str] = []
        self.most_at_a_time = self.n_steps = 0
        self.renderer = SimpleNamespace(render_cmpl=list)
        self._running: dict[str, list[int]] = {}
        FakeEngine.started.append(self)

    @classmethod
    def from_engine_args(cls, args: dict[str, Any]) -> "FakeEngine":
        return cls(args)

    def add_lora(self, request: Any) -> None:
        self.loras.append(request)
        if "broken" in request.lora_path:
            raise Exception("Call to add_lora method failed: no such weights")

    def add_request(self, request_id: str, prompt: Any, params: Any, *, lora_request: Any) -> None:
        ids = prompt["prompt_token_ids"]
        if len(ids) in self.refused:
            raise FakeError("token out of vocabulary")
        self.added[request_id] = (ids, params, lora_request)
        self._running[request_id] = ids
        self.most_at_a_time = max(self.most_at_a_time, len(self._running))

    def step(self) -> list[Any]:
        self.n_steps += 1
        if self.n_steps == self.dies_at_step:
            raise Exception("EngineCore died")
        ended = list(self._running)[-2:]
        still = [SimpleNamespace(request_id=key, finished=False) for key in list(self._running)[:-2]]
        return [*still, *(self._end(key, self._running.pop(key)) for key in ended)]

    def _end(self, key: str, ids: list[int]) -> Any:
        tokens = [*map(ord, str(len(ids))), *([STOP] if self.finish == "stop" else [])]
        # As vLLM gives them: a dict a token, by id.
        logprobs = [{token: SimpleNamespace(logprob=-n / 8)} for n, token in enumerate(tokens)]
        answer = SimpleNamespace(token_ids=tokens, finish_reason=self.finish, logprobs=logprobs)
        return SimpleNamespace(request_id=key, finished=True, outputs=[answer])

    def abort_request(self, ids: list[str]) -> None:
        self.aborted += ids


@pytest.fixture(autouse=True)
def fake_vllm(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    platform = SimpleNamespace(device_type="cuda")
    attributes: dict[str, dict[str, Any]] = {
        "vllm": {
            "EngineArgs": lambda **args: args,
            "LLMEngine": FakeEngine,
            "SamplingParams": SimpleNamespace,
            "TokensPrompt": dict,
        },
        "vllm.platforms": {"current_platform": platform},
        "vllm.exceptions": {"VLLMError": FakeError},
        "vllm.lora": {},
        "vllm.lora.request": {"LoRARequest": SimpleNamespace},
        "vllm.sampling_params": {
            "RequestOutputKind": SimpleNamespace(FINAL_ONLY="final"),
            "StructuredOutputsParams": SimpleNamespace,
        },
        "vllm.config": {"StructuredOutputsConfig": SimpleNamespace},
    }
    for name, values in attributes.items():
        module = ModuleType(name)
        module.__spec__ = ImportSpec(name, None)
        module.__dict__.update(values)
        monkeypatch.setitem(sys.modules, name, module)
    for name in vllm_engine._QUIET:
        monkeypatch.setenv(name, "of the test")
    monkeypatch.setattr(vllm_engine, "PromptEncoder", FakeEncoder)
    monkeypatch.setattr(FakeEngine, "started", [])
    return platform


@pytest.fixture
def adapters(tmp_path: Path) -> list[str]:
    for name, rank in (("checkpoint-1", 8), ("checkpoint-2", 8), ("large", 60), ("broken", 8)):
        (tmp_path / name).mkdir()
        config = {"peft_type": "LORA", "r": rank}
        (tmp_path / name / "adapter_config.json").write_text(json.dumps(config))
    return [str(tmp_path / name) for name in ("checkpoint-1", "checkpoint-2", "large", "broken")]


def answer(engine: VllmEngine, rows: list[Request] = ROWS, batch_size: int = 0) -> list[Result]:
    return [result for group in engine.predict(rows, batch_size) for result in group]


def started() -> FakeEngine:
    return FakeEngine.started[-1]


def spec(adapter: str | None = None, **changes: Any) -> ModelSpec:
    return ModelSpec("some/model", adapter, "qwen", **{"max_new_tokens": 30, **changes})


def test_every_row_is_answered_once_and_under_its_id() -> None:
    results = answer(VllmEngine(spec()))
    assert sorted(results) == [Prediction(f"row-{i}", str(i + 1), "stop") for i in range(9)]


def test_answers_come_as_rows_end() -> None:
    groups = [[result.id for result in group] for group in VllmEngine(spec()).predict(ROWS, 4)]
    assert groups[0] == ["row-2", "row-3"]
    assert [len(group) for group in groups] == [2, 2, 2, 2, 1]
    assert started().most_at_a_time == 4


def test_prompts_are_the_encoders_tokens_and_decoding_is_greedy() -> None:
    answer(VllmEngine(spec()))
    ids, params, lora = started().added["3"]
    assert (ids, lora) == ([ord("查")] * 4, None)
    assert vars(params) == {
        "temperature": 0.0,
        "max_tokens": 30,
        "stop_token_ids": [STOP, 7],
        "ignore_eos": True,
        "detokenize": False,
        "output_kind": "final",
    }


def test_each_row_has_a_grammar_of_its_own() -> None:
    schema = LabelSchema((Label("dis", "疾病", "illness"),))
    constraint = make_constraint("xml", schema)
    rows = [Request("a", "查", None, "肺炎"), Request("b", "查查", None, "咳嗽")]
    answer(VllmEngine(spec(constraint=constraint)), rows)
    # A grammar needs the tokenizer that other runs do without, and llguidance, as each is compiled anew.
    assert started().args["skip_tokenizer_init"] is False
    assert started().args["structured_outputs_config"].backend == "guidance"
    grammars = [params.structured_outputs.grammar for _, params, _ in started().added.values()]
    assert grammars == [constraint.grammar(text).gbnf() for text in ("肺炎", "咳嗽")]


def test_a_sentence_without_a_grammar_is_a_failure_and_none_at_all_an_error() -> None:
    constraint = make_constraint("xml", LabelSchema((Label("dis", "疾病", "illness"),)))
    engine = VllmEngine(spec(constraint=constraint))
    [result] = answer(engine, [Request("a", "查", None, "\ud800")])
    assert isinstance(result, Failure) and "surrogate" in result.error
    with pytest.raises(UserError, match="nothing tells which sentence"):
        answer(engine)


def test_the_engine_gets_lengths_and_devices() -> None:
    answer(VllmEngine(spec(max_new_tokens=600, devices=Devices(tensor_parallel=2, memory=0.5))))
    assert started().args == {
        "model": "some/model",
        "trust_remote_code": False,
        "max_model_len": 1000,
        "tensor_parallel_size": 2,
        "gpu_memory_utilization": 0.5,
        "enable_prefix_caching": True,
        "skip_tokenizer_init": True,
        "generation_config": "vllm",
        "disable_log_stats": True,
        "distributed_executor_backend": "mp",
    }


@pytest.mark.whole
@pytest.mark.parametrize(("longest", "length"), [(9, 512), (482, 512), (483, 1000)])
def test_the_length_holds_the_longest_prompt_and_its_answer(longest: int, length: int) -> None:
    answer(VllmEngine(spec()), [Request("a", "查" * longest), Request("b", "查")])
    assert started().args["max_model_len"] == length


def test_adapters_are_changed_in_one_engine(adapters: list[str]) -> None:
    engine = VllmEngine(spec(adapters[0]))
    for adapter in (*adapters[:2], None, adapters[0]):
        engine.use_adapter(adapter)
        answer(engine, ROWS[:1])
        lora = started().added["0"][2]
        assert (lora and lora.lora_path) == adapter
    assert len(FakeEngine.started) == 1
    assert started().args["max_lora_rank"] == 8
    assert [(lora.lora_path, lora.lora_int_id) for lora in started().loras] == [
        (adapters[0], 1),
        (adapters[1], 2),
        (adapters[0], 1),
    ]


@pytest.mark.whole
def test_a_higher_rank_or_a_longer_prompt_needs_another_engine(adapters: list[str]) -> None:
    engine = VllmEngine(spec(adapters[0]))
    answer(engine)
    engine.use_adapter(adapters[2])
    answer(engine)
    answer(engine, [Request("long", "查" * 700)])
    answer(engine)
    settings = [(one.args["max_lora_rank"], one.args["max_model_len"]) for one in FakeEngine.started]
    assert settings == [(8, 512), (64, 512), (64, 1000)]


def test_an_adapter_that_cannot_be_loaded_is_named(adapters: list[str]) -> None:
    with pytest.raises(UserError, match=r"broken.* cannot be loaded onto .*some/model.*no such weights"):
        answer(VllmEngine(spec(adapters[3])))


def test_a_cut_answer_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeEngine, "finish", "length")
    assert answer(VllmEngine(spec()), ROWS[:1]) == [Prediction("row-0", "1", "length")]


@pytest.mark.whole
def test_rows_that_vllm_refuses_or_ends_are_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeEngine, "refused", {3})
    results = {result.id: result for result in answer(VllmEngine(spec()))}
    assert results["row-2"] == Failure("row-2", "vLLM refuses the row: token out of vocabulary")
    assert sum(isinstance(result, Prediction) for result in results.values()) == 8
    monkeypatch.setattr(FakeEngine, "finish", "abort")
    assert answer(VllmEngine(spec()), ROWS[:1]) == [Failure("row-0", "vLLM ended the row: abort")]


def test_a_prompt_without_room_is_a_failure_and_the_others_are_answered() -> None:
    results = answer(VllmEngine(spec()), [Request("long", "查" * 1000), *ROWS])
    assert [result.id for result in results if isinstance(result, Failure)] == ["long"]
    assert len(results) == 10


def test_no_rows_start_no_engine() -> None:
    assert answer(VllmEngine(spec()), []) == []
    assert FakeEngine.started == []


def test_rows_under_way_are_taken_back_when_nobody_listens() -> None:
    answers = VllmEngine(spec()).predict(ROWS, 5)
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert started().aborted == ["0", "1", "2"]


@pytest.mark.whole
def test_a_dead_engine_is_told_and_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = VllmEngine(spec())
    with (
        monkeypatch.context() as patch,
        pytest.raises(UserError, match=r"vLLM stopped: EngineCore died; .* again"),
    ):
        patch.setattr(FakeEngine, "dies_at_step", 2)
        answer(engine)
    assert len(answer(engine)) == 9
    assert len(FakeEngine.started) == 2


def test_a_machine_without_a_gpu_is_told(fake_vllm: SimpleNamespace) -> None:
    fake_vllm.device_type = ""
    with pytest.raises(UserError, match="vLLM finds no GPU here; use --engine hf"):
        answer(VllmEngine(spec()))


def test_an_engine_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(args: dict[str, Any]) -> None:
        raise ValueError("no kernel image\nfor this GPU")

    monkeypatch.setattr(FakeEngine, "from_engine_args", fail)
    with pytest.raises(UserError, match=r"vLLM cannot start with model 'some/model': no kernel image$"):
        answer(VllmEngine(spec()))


def test_several_copies_are_left_to_ray() -> None:
    with pytest.raises(UserError, match=r"one copy of the model, not 2; several .* --engine ray-vllm"):
        VllmEngine(spec(devices=Devices(data_parallel=2)))


def test_missing_vllm_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "vllm")
    monkeypatch.setattr("nerforge.foundation.optional.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"vllm is not installed; run: pip install 'nerforge\[vllm\]'"):
        load_engine("vllm", spec())


def test_log_probabilities_are_those_of_the_tokens_and_of_the_stop() -> None:
    rows = [Request("a", "查" * 12)]
    (found,) = answer(VllmEngine(spec(keeps_logprobs=True)), rows)
    assert found == Prediction("a", "12", "stop", TokenLogprobs([1, 1], [0.0, -0.125], -0.25))
    assert started().added["0"][1].logprobs == 0


def test_without_confidence_none_are_asked_for() -> None:
    assert answer(VllmEngine(spec()), ROWS[:1]) == [Prediction("row-0", "1", "stop")]
    assert not hasattr(started().added["0"][1], "logprobs")
