import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nerforge.foundation.errors import UserError
from nerforge.llamafactory_configs.running.run_manifest import (
    BaseModel,
    GitState,
    RunManifest,
    TrainedFile,
    begin_attempt,
    describe_data,
    describe_hardware,
    end_attempt,
    git_state,
    read_run_manifest,
    versions,
)


@pytest.fixture
def config(tmp_path: Path) -> dict[str, Any]:
    data, run = tmp_path / "data", tmp_path / "run"
    data.mkdir()
    run.mkdir()
    info = {"ner": {"file_name": "ner.json"}, "hub": {"hf_hub_url": "some/set"}}
    (data / "dataset_info.json").write_text(json.dumps(info))
    (data / "ner.json").write_text("[]")
    (run / "train.yaml").write_text("lora_rank: 8\n")
    return {
        "model_name_or_path": "some/model",
        "dataset_dir": str(data),
        "dataset": "ner,hub",
        "output_dir": str(run),
    }


def begin(config: dict[str, Any], resumed_from: int | None = None) -> RunManifest:
    return begin_attempt(Path(config["output_dir"]) / "train.yaml", config, resumed_from=resumed_from)


def log_steps(run: Path, *steps: int) -> None:
    with (run / "trainer_log.jsonl").open("a") as file:
        for step in steps:
            file.write(json.dumps({"current_steps": step, "total_steps": 40, "loss": 1 / step}) + "\n")


def test_a_manifest_says_what_was_trained_with_what(config: dict[str, Any]) -> None:
    run = Path(config["output_dir"])
    manifest = begin(config)
    assert manifest.config.file == "train.yaml"
    assert len(manifest.config.sha256) == 64
    assert manifest.model == BaseModel("some/model")
    [ner, hub] = manifest.data.files
    assert (ner.name, ner.bytes, len(str(ner.sha256))) == ("ner", 2, 64)
    assert hub == TrainedFile("hub", None)
    assert manifest.attempts[0].outcome == "running"
    log_steps(run, 10, 40)
    end_attempt(run, manifest, "finished", seconds=12.34, exit_code=0)
    read = read_run_manifest(run)
    assert read == manifest
    assert (read.n_steps, read.final_loss, read.attempts[0].seconds) == (40, 1 / 40, 12.3)
    assert read.is_finished


def test_a_manifest_keeps_its_form_and_one_of_a_later_version_is_refused(
    config: dict[str, Any],
) -> None:
    run = Path(config["output_dir"])
    begin(config)
    written = json.loads((run / "manifest.json").read_text())
    assert written["nerforge_run"] == 1
    assert written["model"] == {"name": "some/model"}
    assert written["data"]["files"][1] == {"name": "hub", "file": None}
    assert set(written["data"]) == {"folder", "files", "dataset_info_sha256"}
    assert next(iter(written)) == "nerforge_run"
    read = read_run_manifest(run)
    assert read is not None and read.schema_version == 1
    (run / "manifest.json").write_text(json.dumps({**written, "nerforge_run": 2}))
    with pytest.raises(UserError, match=r"nerforge_run 2 is later than 1, .*upgrade nerforge"):
        read_run_manifest(run)


def test_an_attempt_that_never_said_how_it_ended_was_killed(config: dict[str, Any]) -> None:
    run = Path(config["output_dir"])
    begin(config)
    log_steps(run, 10, 20)
    manifest = begin(config, resumed_from=15)
    first, second = manifest.attempts
    assert (first.outcome, first.last_step, first.ended) == ("killed", 20, None)
    assert (second.number, second.outcome, second.resumed_from) == (2, "running", 15)


def test_a_failed_attempt_has_no_final_loss_and_names_the_failure(config: dict[str, Any]) -> None:
    run = Path(config["output_dir"])
    manifest = begin(config)
    log_steps(run, 10)
    end_attempt(run, manifest, "failed", seconds=1, exit_code=1, failures=["gpu-memory"])
    assert manifest.final_loss is None
    assert (manifest.attempts[0].failures, manifest.attempts[0].last_step) == (["gpu-memory"], 10)


def test_a_training_is_not_resumed_with_other_rows(config: dict[str, Any]) -> None:
    begin(config)
    (Path(config["dataset_dir"]) / "ner.json").write_text("[1]")
    with pytest.raises(UserError, match="data set ner changed since its checkpoints were made"):
        begin(config, resumed_from=5)
    assert begin(config).attempts[-1].resumed_from is None


def test_only_listed_variables_are_written_down(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HF_TOKEN", "SWANLAB_API_KEY", "AWS_SECRET_ACCESS_KEY", "HTTPS_PROXY", "MY_NPROC_PER_NODE"):
        monkeypatch.setenv(name, "SECRET")
    monkeypatch.setenv("NPROC_PER_NODE", "2")
    manifest = begin({**config, "hf_hub_token": "SECRET", "swanlab_api_key": "SECRET"})
    assert manifest.attempts[0].environment["NPROC_PER_NODE"] == "2"
    assert b"SECRET" not in (Path(config["output_dir"]) / "manifest.json").read_bytes()


def test_a_file_that_is_no_manifest_of_a_run_is_refused(config: dict[str, Any]) -> None:
    (Path(config["output_dir"]) / "manifest.json").write_text('{"task": "power"}')
    with pytest.raises(UserError, match="it is no manifest of a run"):
        begin(config)


def test_data_that_changes_changes_its_hash(config: dict[str, Any]) -> None:
    before = describe_data(config)
    (Path(config["dataset_dir"]) / "ner.json").write_text("[2]")
    assert describe_data(config).files[0].sha256 != before.files[0].sha256


def test_versions_and_hardware_are_those_of_this_machine() -> None:
    found = versions()
    assert {"python", "nerforge"} <= set(found)
    machine = describe_hardware()
    assert machine.n_cpus is not None and machine.n_cpus >= 1
    assert machine.memory_gb is not None and machine.memory_gb > 0


def test_the_state_of_a_repository_is_its_commit_and_whether_it_has_changes(tmp_path: Path) -> None:
    def git(*args: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *identity, "-C", str(tmp_path), *args], check=True, capture_output=True)

    git("init")
    assert git_state(tmp_path) is None
    git("commit", "--allow-empty", "-m", "first")
    state = git_state(tmp_path)
    assert state is not None
    assert (len(state.commit), state.is_dirty) == (40, False)
    (tmp_path / "new").touch()
    assert git_state(tmp_path) == GitState(state.commit, True)


def test_a_machine_without_git_is_no_reason_to_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_state(tmp_path) is None
    assert describe_hardware().gpus == []
