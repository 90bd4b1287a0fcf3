"""The main job for real: generate, llamafactory-cli, predict, score, on the tiny base."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from tests.slot_sets import place_slots

pytestmark = [pytest.mark.train, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

SHARED = Path(__file__).parents[4] / "shared" / "real"


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.mark.usefixtures("forked_llamafactory")
@pytest.mark.parametrize("task", ["ccfbdci", "cmeee"])
def test_a_real_corpus_goes_all_the_way(task: str, tmp_path: Path) -> None:
    corpus = SHARED / f"{task}.jsonl"
    if not corpus.is_file():
        pytest.skip(f"the real {task} corpus is not on this machine")
    data, config, run_dir = tmp_path / "data", tmp_path / "train.yaml", tmp_path / "run"
    steps = (
        (
            "generate",
            task,
            "--input",
            corpus,
            "--limit",
            300,
            "--test",
            "0.05",
            "--prompt",
            "short",
            "--out",
            data,
        ),
        ("config", "tiny_cpu", "--data", data, "--run", run_dir, "--set", "max_steps=4", "-o", config),
        ("train", config, "per_device_train_batch_size=8"),
        ("predict", "--run", run_dir, "--data", data, "--max-new-tokens", 48),
    )
    for step in steps:
        done = run(*step)
        assert done.exit_code == 0, done.output
    predictions = run_dir / "predictions" / "final" / "test.jsonl"
    done = run("score", "--gold", data / "gold" / "test.jsonl", "--pred", predictions, "--json")
    scores = json.loads(done.stdout)
    assert (scores["n_samples"], sum(scores["outcomes"].values())) == (15, 15)
    assert scores["outcomes"]["missing"] == 0
    assert 0 <= scores["criteria"]["strict"]["micro"]["f1"] <= 1


@pytest.mark.usefixtures("forked_llamafactory")
def test_a_failing_training_shows_llamafactorys_own_error(tmp_path: Path) -> None:
    place_slots(SlotOptions(60), DatasetOptions(tmp_path / "data"))
    run(
        "config",
        "tiny_cpu",
        "--data",
        tmp_path / "data",
        "--run",
        tmp_path / "run",
        "-o",
        tmp_path / "t.yaml",
    )
    done = run("train", tmp_path / "t.yaml", "--no-check", "lora_rnak=3")
    assert done.exit_code == 1
    assert "llamafactory-cli ended with exit code 1" in done.stderr
    assert "lora_rnak" in done.stderr
    assert "lora_rnak" in (tmp_path / "run" / "train.log").read_text()


def test_batches_give_the_same_answers_as_one_row_at_a_time(tmp_path: Path) -> None:
    from nerforge.evaluation.engines import ModelSpec
    from nerforge.evaluation.engines.local.hf import HfEngine
    from nerforge.evaluation.predicting.predictions import read_requests
    from nerforge.llamafactory_configs.rendering.training_yaml import TINY_BASE

    place_slots(SlotOptions(120), DatasetOptions(tmp_path / "data", prompt="short"))
    engine = HfEngine(ModelSpec(str(TINY_BASE), None, "qwen", max_new_tokens=40))
    requests = list(read_requests(tmp_path / "data", "test"))
    batched = {p.id: p for batch in engine.predict(requests, 12) for p in batch}
    single = {p.id: p for batch in engine.predict(requests, 1) for p in batch}
    assert batched == single
    assert {p.finish for p in single.values()} <= {"stop", "length"}
