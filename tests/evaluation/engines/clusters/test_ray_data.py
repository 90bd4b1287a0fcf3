import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from nerforge.evaluation.confidence.token_logprobs import TokenLogprobs
from nerforge.evaluation.engines import Devices, Failure, ModelSpec, Prediction, Request, Result, load_engine
from nerforge.evaluation.engines.clusters import ray_data
from nerforge.evaluation.engines.clusters.ray_data import RayEngine
from nerforge.evaluation.predicting.requests import read_requests
from nerforge.foundation.errors import UserError
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from tests.slot_sets import place_slots

TINY = "data/tiny_base"
ROWS = [Request(f"row-{i}", f"sentence {i}") for i in range(60)]


class Breaking:
    """Answers a row, then fails."""

    def __init__(self, name: str, spec: ModelSpec) -> None:
        if spec.template == "unknown":
            raise UserError("no template 'unknown'")

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[Result]]:
        yield [Prediction(requests[0].id, requests[0].prompt, "stop")]
        raise ValueError("odd row")


class Dying(ray_data._Worker):
    """Dies with one row, and answers all others with their prompts."""

    def __init__(self, engine: str, spec: ModelSpec, batch_size: int) -> None:
        pass

    def _answer(self, requests: Sequence[Request]) -> list[Result]:
        if any(request.id == "row-7" for request in requests):
            os._exit(1)
        return [Prediction(request.id, request.prompt, "length") for request in requests]


def spec(**changes: Any) -> ModelSpec:
    return ModelSpec(TINY, None, "qwen", max_new_tokens=40, devices=Devices(**changes))


def call(worker: ray_data._Worker, rows: Sequence[Request]) -> list[dict[str, Any]]:
    (chunk,) = ray_data._chunks(rows, len(rows))
    answers: list[dict[str, Any]] = worker(chunk).to_pylist()
    return answers


def test_workers_get_paths_that_hold_in_any_folder(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").touch()
    engine = RayEngine(spec())
    engine.use_adapter(os.path.relpath(tmp_path))
    assert engine.spec.model == str(Path(TINY).absolute())
    adapter = Path(engine.spec.adapter or "")
    assert adapter.is_absolute() and adapter.samefile(tmp_path)
    with pytest.raises(UserError, match=r"adapter .* without adapter_config\.json"):
        engine.use_adapter(str(tmp_path / "checkpoint-1"))


def test_a_name_on_a_hub_stays_a_name() -> None:
    assert RayEngine(ModelSpec("some/model", None, "qwen")).spec.model == "some/model"


@pytest.mark.whole
def test_a_worker_keeps_what_was_answered_before_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_data, "load_engine", Breaking)
    answers = call(ray_data._Worker("hf", spec(), 0), ROWS[:3])
    assert [ray_data._result(row) for row in answers] == [
        Prediction("row-0", "sentence 0", "stop"),
        Failure("row-1", "ValueError: odd row"),
        Failure("row-2", "ValueError: odd row"),
    ]


def test_what_a_worker_cannot_load_is_the_users_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_data, "load_engine", Breaking)
    worker = ray_data._Worker("hf", ModelSpec(TINY, None, "unknown"), 0)
    with pytest.raises(UserError, match="a Ray worker cannot answer: no template 'unknown'"):
        ray_data._result(call(worker, ROWS[:3])[0])


def test_a_system_turn_reaches_the_worker() -> None:
    rows = [Request("a", "p", "s"), Request("b", "p")]
    (chunk,) = ray_data._chunks(rows, 2)
    assert [Request(**row) for row in chunk.to_pylist()] == rows


class Sure:
    """Answers with log-probabilities."""

    def __init__(self, name: str, spec: ModelSpec) -> None:
        pass

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[Result]]:
        yield [Prediction(row.id, "x", "stop", TokenLogprobs([1], [-0.5], -0.25)) for row in requests]


def test_log_probabilities_come_back_from_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_data, "load_engine", Sure)
    (answer,) = call(ray_data._Worker("hf", spec(), 0), ROWS[:1])
    assert ray_data._result(answer) == Prediction("row-0", "x", "stop", TokenLogprobs([1], [-0.5], -0.25))


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> Any:
    module = pytest.importorskip("ray", reason="needs the ray extra")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    return module


# Ray warns of its own settings.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.slow
@pytest.mark.train
def test_two_workers_answer_as_one_process_does(ray: Any, tmp_path: Path) -> None:
    place_slots(SlotOptions(600), DatasetOptions(tmp_path, prompt="short"))
    rows = list(read_requests(tmp_path, "test"))
    answers: dict[str, list[Result]] = {}
    for name in ("hf", "ray"):
        engine = load_engine(name, spec(data_parallel=2))
        answers[name] = sorted(result for group in engine.predict(rows, 0) for result in group)
    assert len(rows) == 60
    assert answers["ray"] == answers["hf"]
    assert [result.id for result in answers["ray"]] == sorted(row.id for row in rows)
    assert not ray.is_initialized()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.slow
def test_a_row_that_kills_its_worker_costs_its_chunk_only(
    ray: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ray_data, "_Worker", Dying)
    monkeypatch.setattr(ray_data, "_RETRIES", 1)
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    results = [result for group in RayEngine(spec(data_parallel=2)).predict(ROWS, 0) for result in group]
    failures = {result for result in results if isinstance(result, Failure)}
    assert sorted(result.id for result in results) == sorted(row.id for row in ROWS)
    # The rows are handed out by 16, the longest first.
    assert failures == {Failure(row.id, "the worker died", 2) for row in (*ROWS[:10], *ROWS[-2:])}
    assert capsys.readouterr().out == ""
    assert not ray.is_initialized()
