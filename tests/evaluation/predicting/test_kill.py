"""A prediction that is killed at any moment loses at most a group of answers, and no row for good."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nerforge.evaluation.predicting.answer_log import GROUP_ROWS
from nerforge.evaluation.predicting.predictions import read_predictions, read_requests

N_ROWS = 300
N_KILLS = 20

# Forks what it kills, so that the imports are paid for once.
PREDICTING = """
import json, os, random, signal, sys, time
from pathlib import Path
from nerforge.evaluation.engines import ModelSpec, Prediction
from nerforge.evaluation.predicting.predictions import predict

data, folder, n_kills = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
spec = ModelSpec("stub", None, "qwen")


class Stub:
    def __init__(self, log):
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def predict(self, requests, batch_size):
        for request in requests:
            time.sleep(0.001)
            os.write(self.log, request.id.encode() + b"\\n")
            yield [Prediction(request.id, request.prompt[::-1], "stop")]


def run(out, log):
    pid = os.fork()
    if pid:
        return pid
    try:
        predict(data, "test", spec, out, engine="stub", loaded=Stub(log))
    except BaseException:
        os._exit(1)
    os._exit(0)


rng = random.Random(20)
file = kill = 0
while kill < n_kills:
    out = folder / f"{file}.jsonl"
    while True:
        pid = run(out, folder / f"{file}.{kill}.asked")
        time.sleep(rng.uniform(0, 0.5))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        if not os.WIFSIGNALED(status):
            assert os.WEXITSTATUS(status) == 0
            break
        (folder / f"{file}.{kill}.left").write_bytes(out.read_bytes() if out.exists() else b"")
        kill += 1
        if kill == n_kills:
            _, status = os.waitpid(run(out, folder / f"{file}.{kill}.asked"), 0)
            assert status == 0
            break
    file += 1
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "gold").mkdir(parents=True)
    texts = [f"第{i}句" for i in range(N_ROWS)]
    rows = [{"instruction": "标注：", "input": text, "output": "x"} for text in texts]
    (folder / "ner_test.json").write_text(json.dumps(rows))
    gold = (json.dumps({"id": f"t-{i}", "text": text, "entities": []}) for i, text in enumerate(texts))
    (folder / "gold" / "test.jsonl").write_text("\n".join(gold) + "\n")
    return folder


def whole_lines(path: Path) -> set[str]:
    lines = path.read_bytes().splitlines(keepends=True)
    return {json.loads(line)["id"] for line in lines if line.endswith(b"\n")}


@pytest.mark.whole
def test_killed_at_any_moment_every_row_is_answered_once(data: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", PREDICTING, str(data), str(tmp_path), str(N_KILLS)]
    subprocess.run(command, check=True, timeout=60)
    expected = {request.id: request.prompt[::-1] for request in read_requests(data, "test")}
    finished = sorted(tmp_path.glob("*.jsonl"))
    assert finished
    for out in finished:
        assert read_predictions(out) == expected
        assert len(out.read_bytes().splitlines()) == N_ROWS
    killed = sorted(tmp_path.glob("*.left"))
    assert len(killed) == N_KILLS
    n_lost = []
    for left in killed:
        asked_log = left.with_suffix(".asked")
        asked = set(asked_log.read_text().split()) if asked_log.exists() else set()
        n_lost.append(len(asked - whole_lines(left)))
    assert max(n_lost) <= GROUP_ROWS
    assert sum(n > 0 for n in n_lost) > N_KILLS // 2
