import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main
from nerforge.evaluation.engines import Devices, Failure, ModelSpec, Prediction, Request
from nerforge.evaluation.engines import Result as RowResult
from nerforge.evaluation.predicting.predictions import read_predictions
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from tests.slot_sets import place_slots

URL = "http://localhost:1/v1"


class StubEngine:
    """Answers all rows but the first ``n_failing``."""

    specs: ClassVar[list[ModelSpec]] = []
    n_failing = 0
    finish = "stop"

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[RowResult]]:
        yield [Failure(request.id, "HTTP 400: too long") for request in requests[: self.n_failing]]
        yield [Prediction(request.id, "x", self.finish) for request in requests[self.n_failing :]]


@pytest.fixture(autouse=True)
def stub_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str, spec: ModelSpec) -> StubEngine:
        StubEngine.specs.append(spec)
        return StubEngine()

    monkeypatch.setattr("nerforge.evaluation.predicting.predictions.load_engine", load)
    monkeypatch.setattr(StubEngine, "specs", [])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("power") / "data"
    place_slots(SlotOptions(60), DatasetOptions(folder, prompt="short"))
    return folder


def run(*args: object) -> Result:
    return CliRunner().invoke(main, ["predict", *map(str, args)])


def local(data: Path, out: Path, *args: object) -> Result:
    return run("--model", "m", "--template", "qwen", "--data", data, "--out", out, *args)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "give either --run or --model"),
        (("--run", "r", "--model", "m"), "give either --run or --model"),
        (("--run", "r", "--adapter", "a"), "go with --model"),
        (("--model", "m", "--checkpoint", "base"), "--checkpoint goes with --run"),
        (("--model", "m"), "--model needs --template and --out too"),
        (("--model", "m", "--engine", "openai"), "--engine openai and --url go together"),
        (("--model", "m", "--url", URL), "--engine openai and --url go together"),
        (("--model", "m", "--engine", "openai", "--url", URL), "--url needs --model"),
        (("--run", "r", "--engine", "openai", "--url", URL), "--url needs --model"),
        (("--model", "m", "--url", URL, "--engine", "openai", "--template", "qwen"), "and --out"),
        (("--run", "r", "--concurrency", "3"), "--concurrency goes with --engine openai, not hf"),
        (("--run", "r", "--key-variable", "K"), "--key-variable goes with --engine openai, not hf"),
        (("--run", "r", "--tensor-parallel", "2"), "--tensor-parallel goes with --engine ray or ray-vllm or"),
        (
            ("--run", "r", "--engine", "vllm", "--data-parallel", "2"),
            "--data-parallel goes with --engine ray",
        ),
        (
            ("--run", "r", "--engine", "ray", "--gpu-memory", "0.5"),
            "--gpu-memory goes with --engine ray-vllm",
        ),
        (("--model", "m", "--concurrency", "0"), "0 is not in the range x>=1"),
        (("--model", "m", "--timeout", "0"), "0.0 is not in the range x>0"),
    ],
)
def test_wrong_calls_are_usage_errors(args: tuple[str, ...], message: str, data: Path) -> None:
    done = run(*args, "--data", data)
    assert done.exit_code == 2
    assert message in done.stderr


def test_the_file_is_the_result_and_the_counts_are_messages(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "p.jsonl"
    done = local(data, out)
    assert done.exit_code == 0
    assert done.stdout == f"{out}\n"
    assert re.search(r"(\d+) rows, \1 answered now", done.stderr)
    assert set(read_predictions(out).values()) == {"x"}
    assert "rows, 0 answered now" in local(data, out).stderr


def test_rows_that_failed_are_an_error_and_the_others_are_kept(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StubEngine, "n_failing", 2)
    out = tmp_path / "p.jsonl"
    done = local(data, out)
    assert done.exit_code == 1
    assert f"2 rows could not be answered, see {out}.failures.jsonl; run the same command" in done.stderr
    n_answered = len(read_predictions(out))
    monkeypatch.setattr(StubEngine, "n_failing", 0)
    assert local(data, out).exit_code == 0
    assert len(read_predictions(out)) == n_answered + 2


def test_answers_that_were_cut_are_said(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StubEngine, "finish", "length")
    assert (
        "answers were truncated at --max-new-tokens 9; raise it"
        in local(data, tmp_path / "p.jsonl", "--max-new-tokens", 9).stderr
    )


def test_a_server_gets_its_options(data: Path, tmp_path: Path) -> None:
    options = ("--key-variable", "K", "--concurrency", 3, "--per-minute", 90, "--timeout", 7)
    out = ("--data", data, "--out", tmp_path / "p.jsonl")
    assert run("--engine", "openai", "--url", URL, "--model", "ner", *options, *out).exit_code == 0
    [spec] = StubEngine.specs
    assert spec.server is not None
    assert (spec.model, spec.server.url, spec.server.key_variable) == ("ner", URL, "K")
    assert (spec.server.concurrency, spec.server.per_minute, spec.server.timeout) == (3, 90, 7.0)


def test_an_engine_of_several_gpus_gets_its_options(data: Path, tmp_path: Path) -> None:
    options = ("--tensor-parallel", 2, "--data-parallel", 3, "--gpu-memory", 0.5)
    assert local(data, tmp_path / "p.jsonl", "--engine", "ray-vllm", *options).exit_code == 0
    [spec] = StubEngine.specs
    assert spec.devices == Devices(tensor_parallel=2, data_parallel=3, memory=0.5)


@pytest.mark.whole
def test_help_imports_no_http_client() -> None:
    script = (
        "import sys; from click.testing import CliRunner; from nerforge.cli import main;"
        "assert CliRunner().invoke(main, ['predict', '--help']).exit_code == 0;"
        "print(sorted({'httpx', 'asyncio', 'torch', 'llamafactory'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_answers_are_grounded_in_a_file_beside_them(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "test.jsonl"
    done = local(data, out, "--ground")
    assert done.exit_code == 0, done.output
    grounded = tmp_path / "test.grounded.jsonl"
    assert done.stdout.strip() == str(grounded)
    assert read_predictions(grounded) == read_predictions(out)
    assert "answers, 0 changed" in done.stderr


def test_tables_are_looked_for_before_the_model_is_loaded(data: Path, tmp_path: Path) -> None:
    done = local(data, tmp_path / "test.jsonl", "--ground", "nowhere")
    assert done.exit_code == 2 and "nowhere: has no tables" in done.output
    assert not StubEngine.specs
