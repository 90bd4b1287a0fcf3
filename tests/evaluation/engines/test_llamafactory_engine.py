"""LLaMA-Factory's own prediction and its server answer as the engine ``hf`` does."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from nerforge.evaluation.engines import ModelSpec, Prediction, Request, Server, load_engine
from nerforge.evaluation.predicting.requests import read_requests
from nerforge.foundation.errors import UserError
from nerforge.foundation.llamafactory import command
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from tests.slot_sets import place_slots

TINY_BASE = str(Path(__file__).parents[3] / "data" / "tiny_base")
LIMIT = 24
httpx = pytest.importorskip("httpx", reason="needs the openai extra")


def spec(**changes: Any) -> ModelSpec:
    return ModelSpec(
        **{"model": TINY_BASE, "adapter": None, "template": "qwen", "max_new_tokens": LIMIT, **changes}
    )


def answers(engine: str, rows: list[Request], **changes: Any) -> dict[str, Prediction]:
    groups = load_engine(engine, spec(**changes)).predict(rows, 0)
    return {row.id: row for group in groups for row in group if isinstance(row, Prediction)}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Request]:
    data = tmp_path_factory.mktemp("power") / "data"
    place_slots(SlotOptions(400), DatasetOptions(data, prompt="short"))
    return list(read_requests(data, "test"))


@pytest.fixture(scope="module")
def of_hf(rows: list[Request]) -> dict[str, Prediction]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        return answers("hf", rows)


@pytest.fixture(scope="module")
def llamafactory_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    config = folder / "api.yaml"
    config.write_text(f"model_name_or_path: {TINY_BASE}\ntemplate: qwen\ninfer_backend: huggingface\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "API_HOST": "127.0.0.1",
        "API_PORT": str(port),
        "API_KEY": "secret",
        "API_MODEL_NAME": "ner",
        "OMP_NUM_THREADS": "1",
    }
    cli = str(Path(sys.executable).parent / "llamafactory-cli")
    log = folder / "log"
    with log.open("wb") as file:
        server = subprocess.Popen([cli, "api", str(config)], env=environment, stdout=file, stderr=file)
    url = f"http://127.0.0.1:{port}/v1"
    try:
        for _ in range(600):
            assert server.poll() is None, log.read_text()[-2000:]
            with suppress(httpx.TransportError):
                httpx.get(f"{url}/models", trust_env=False)
                break
            time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        server.wait(20)


@pytest.mark.train
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("forked_llamafactory")
def test_llamafactorys_own_prediction_answers_as_hf_does(
    rows: list[Request], of_hf: dict[str, Prediction], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert len(of_hf) == len(rows) == 40
    assert {row.finish for row in of_hf.values()} == {"stop", "length"}
    assert answers("llamafactory", rows) == of_hf


@pytest.mark.train
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_llamafactorys_server_answers_as_hf_does(
    rows: list[Request],
    of_hf: dict[str, Prediction],
    llamafactory_server: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TINY_KEY", "secret")
    server = Server(llamafactory_server, "TINY_KEY", concurrency=4)
    found = answers("openai", rows[:20], model="ner", server=server)
    assert found == {row.id: of_hf[row.id] for row in rows[:20]}
    monkeypatch.setenv("TINY_KEY", "wrong")
    with pytest.raises(UserError, match=r"HTTP 401: Invalid API key; .* TINY_KEY, which does not fit"):
        answers("openai", rows[:20], model="ner", server=server)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A llamafactory-cli whose script a test writes."""
    monkeypatch.setattr("nerforge.foundation.optional.find_spec", lambda name: object())
    path = tmp_path / "llamafactory-cli"
    monkeypatch.setattr(command, "find_cli", lambda: str(path))
    path.touch(mode=0o755)
    return path


@pytest.mark.whole
def test_a_failure_of_llamafactory_is_explained_by_its_last_errors(
    stand_in: Path, rows: list[Request]
) -> None:
    stand_in.write_text("#!/bin/sh\necho loading\necho 'ValueError: no such template' >&2\nexit 3\n")
    with pytest.raises(UserError, match=r"exit code 3\. Its errors:\n  ValueError: no such template$"):
        answers("llamafactory", rows[:2])


@pytest.mark.whole
def test_a_missing_llamafactory_cli_is_said(stand_in: Path, rows: list[Request]) -> None:
    stand_in.unlink()
    with pytest.raises(UserError, match="cannot be started; reinstall the train extra"):
        answers("llamafactory", rows[:2])


def test_rows_that_are_not_those_asked_about_are_refused(stand_in: Path, rows: list[Request]) -> None:
    lines = json.dumps({"prompt": "another question", "predict": "x", "label": "-"})
    stand_in.write_text(
        f"#!/bin/sh\nout=$(sed -n 's/^output_dir: //p' $2)\nmkdir $out\n"
        f"echo '{lines}' > $out/generated_predictions.jsonl\n"
    )
    with pytest.raises(UserError, match="the prompt does not tell which"):
        answers("llamafactory", rows[:1])


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "nerforge.foundation.optional.find_spec", lambda name: None if name == "jieba" else object()
    )
    with pytest.raises(
        UserError, match=re.escape("jieba is not installed; run: pip install 'nerforge[train]'")
    ):
        load_engine("llamafactory", spec())


def test_no_rows_start_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nerforge.foundation.optional.find_spec", lambda name: object())
    monkeypatch.setattr(subprocess, "Popen", None)
    assert answers("llamafactory", []) == {}


def test_llamafactory_does_not_outlive_a_kill(tmp_path: Path, pid_file: Any) -> None:
    cli = tmp_path / "llamafactory-cli"
    cli.write_text(f"#!/bin/sh\necho $$ > {pid_file.path}\nexec sleep 60\n")
    cli.chmod(0o755)
    script = (
        "from nerforge.evaluation.engines import ModelSpec, Request, llamafactory_cli\n"
        f"llamafactory_cli.command.find_cli = lambda: {str(cli)!r}\n"
        "engine = llamafactory_cli.LlamaFactoryEngine(ModelSpec('m', None, 'qwen'))\n"
        "list(engine.predict([Request('r0', 'p')], 0))\n"
    )
    ours = subprocess.Popen([sys.executable, "-c", script])
    pid_file.wait()
    ours.kill()
    ours.wait()
    pid_file.wait_for_end()
