"""``predict`` of the public API, with a stand-in for the model."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import nerforge as nf
from nerforge.evaluation.engines import Failure, ModelSpec, Prediction, Request

SAMPLES = Path(__file__).parents[3] / "data" / "samples" / "ccfbdci.jsonl"


class EmptyEngine:
    """Finds nothing."""

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[Prediction | Failure]]:
        for request in requests:
            yield [Prediction(request.id, "没有找到任何实体", "stop")]


@pytest.fixture
def data(tmp_path: Path) -> nf.DataFolder:
    return nf.generate("ccfbdci", tmp_path / "data", input=SAMPLES, format="json")


@pytest.fixture
def specs(monkeypatch: pytest.MonkeyPatch) -> list[ModelSpec]:
    loaded: list[ModelSpec] = []

    def load(name: str, spec: ModelSpec) -> EmptyEngine:
        loaded.append(spec)
        return EmptyEngine()

    monkeypatch.setattr("nerforge.evaluation.predicting.predictions.load_engine", load)
    return loaded


def test_a_split_is_answered_and_scored(data: nf.DataFolder, specs: list[ModelSpec], tmp_path: Path) -> None:
    out = tmp_path / "answers.jsonl"
    done = nf.predict(data.folder, model="m", template="qwen", out=out, max_new_tokens=9)
    assert (done.n_rows, done.n_failed, done.path) == (data.counts["test"], 0, out)
    assert set(done.answers()) == {sample.id for sample in data.samples("test")}
    assert (specs[0].model, specs[0].template, specs[0].max_new_tokens) == ("m", "qwen", 9)
    scores = nf.score(data.folder, done.path, bootstrap=0)
    assert isinstance(scores, nf.Scores)
    assert scores.outcomes["empty"] == done.n_rows


def test_a_run_has_a_place_for_its_predictions(
    data: nf.DataFolder, specs: list[ModelSpec], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "adapter_config.json").write_text("{}")
    (run / "train.yaml").write_text("model_name_or_path: m\ntemplate: qwen\n")
    done = nf.predict(data.folder, run=run, split="dev")
    assert done.path == run / "predictions" / "final" / "dev.jsonl"
    assert specs[0].adapter == str(run)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "give either --run or --model"),
        ({"model": "m", "template": "qwen"}, "--model needs --template and --out too"),
        ({"run": "r", "engine": "gpt"}, "unknown engine 'gpt'; known: hf"),
        ({"run": "r", "gpu_memory": 0.5}, "--gpu-memory goes with --engine"),
        ({"run": "r", "timeout": 3.0}, "--timeout goes with --engine openai"),
    ],
)
def test_arguments_that_contradict_each_other_are_refused(arguments, message) -> None:
    with pytest.raises(nf.UsageError, match=message):
        nf.predict("data", **arguments)
