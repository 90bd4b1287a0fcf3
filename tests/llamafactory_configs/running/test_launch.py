import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from nerforge.foundation.errors import UserError
from nerforge.foundation.llamafactory import command
from nerforge.foundation.locks import run_lock
from nerforge.llamafactory_configs.running import launch
from nerforge.llamafactory_configs.running.launch import Progress, TrainingError, prepare_run, train
from nerforge.llamafactory_configs.running.run_manifest import read_run_manifest


class Recorder:
    def __init__(self) -> None:
        self.output = b""
        self.lines: list[str] = []
        self.steps: list[Progress] = []
        self.notices: list[str] = []

    def on_output(self, block: bytes) -> None:
        self.output += block

    def on_status(self, line: str) -> None:
        self.lines.append(line)

    def on_progress(self, progress: Progress) -> None:
        self.steps.append(progress)

    def on_notice(self, line: str) -> None:
        self.notices.append(line)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put a shell script in the place of llamafactory-cli, to provoke what a real one rarely does."""

    def install(script: str) -> None:
        path = tmp_path / "llamafactory-cli"
        path.write_text(f"#!/bin/sh\ncd {tmp_path}/run\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setattr(command, "find_cli", lambda: str(path))
        monkeypatch.setattr(launch, "require_extra", lambda package, extra: None)

    return install


def test_output_is_logged_and_steps_are_reported(config_path: Path, stand_in: Any) -> None:
    row = '{"current_steps": 5, "total_steps": 10, "loss": 0.5, "remaining_time": "0:00:09"}'
    stand_in(f"echo starting; echo '{row}' > trainer_log.jsonl; echo done >&2")
    recorder = Recorder()
    prepared = prepare_run(config_path, {}, overwrite=False)
    train(prepared, recorder)
    assert recorder.lines == ["starting", "done"]
    assert recorder.steps == [Progress(5, 10, 0.5, "0:00:09")]
    assert (prepared.parent / "train.log").read_bytes() == recorder.output == b"starting\ndone\n"


@pytest.mark.parametrize(("hub", "said"), [("modelscope", "1"), ("huggingface", "0"), (None, "x")])
def test_the_hub_chosen_wins_over_the_environment(
    hub: str | None, said: str, config_path: Path, stand_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USE_MODELSCOPE_HUB", "x")
    stand_in("echo $USE_MODELSCOPE_HUB")
    recorder = Recorder()
    train(prepare_run(config_path, {}, overwrite=False), recorder, hub=hub)
    assert recorder.lines == [said]


def test_steps_of_an_earlier_attempt_are_not_reported_again(config_path: Path, stand_in: Any) -> None:
    row = '{"current_steps": %d, "total_steps": 10, "remaining_time": ""}'
    stand_in(f"echo '{row % 6}' >> trainer_log.jsonl")
    prepared = prepare_run(config_path, {}, overwrite=False)
    (prepared.parent / "trainer_log.jsonl").write_text(row % 5 + "\n")
    recorder = Recorder()
    train(prepared, recorder)
    assert [progress.step for progress in recorder.steps] == [6]


@pytest.mark.whole
@pytest.mark.parametrize("row", ['{"current_steps": 1, "total_steps": 2, "loss": NaN}', "[]", "{}", "x"])
def test_a_strange_row_of_the_trainer_log_does_not_end_a_training(
    row: str, config_path: Path, stand_in: Any
) -> None:
    last = '{"current_steps": 2, "total_steps": 2, "loss": 0.5}'
    stand_in(f"echo '{row}' > trainer_log.jsonl\necho '{last}' >> trainer_log.jsonl")
    recorder = Recorder()
    train(prepare_run(config_path, {}, overwrite=False), recorder)
    assert recorder.steps[-1][:3] == (2, 2, 0.5)
    assert all(progress.loss is None for progress in recorder.steps[:-1])


def test_a_failure_gives_the_exit_code_and_the_last_traceback(config_path: Path, stand_in: Any) -> None:
    stand_in("echo loading\necho 'Traceback (most recent call last)\n  File x\nValueError: no'\nexit 3")
    with pytest.raises(TrainingError, match="exit code 3") as caught:
        train(prepare_run(config_path, {}, overwrite=False), Recorder())
    assert str(caught.value).endswith("Its errors:\n  ValueError: no")


def test_a_model_that_is_nowhere_is_said_in_words(config_path: Path, stand_in: Any) -> None:
    stand_in("echo 'OSError: Failed to load tokenizer.'\nexit 1")
    with pytest.raises(TrainingError, match=r"^model 'no/such' was found neither as a folder nor on the hub"):
        train(prepare_run(config_path, {"model_name_or_path": "no/such"}, overwrite=False), Recorder())


def test_overrides_stand_in_the_yaml_that_is_run(config_path: Path) -> None:
    pytest.importorskip("llamafactory", reason="needs the train extra")
    prepared = prepare_run(config_path, {"max_steps": 3}, overwrite=False)
    assert yaml.safe_load(prepared.read_text())["max_steps"] == 3


def test_a_missing_train_extra_says_which_command_installs_it(
    config_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nerforge.foundation.optional.find_spec", lambda package: None)
    with pytest.raises(UserError, match=r"pip install 'nerforge\[train\]'"):
        prepare_run(config_path, {}, overwrite=False)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"dataset": "nre"}, "data set 'nre' is not in .*; known: ner, ner_dev, ner_test"),
        ({"model_name_or_path": "./no/such"}, "model_name_or_path ./no/such: no such folder"),
        ({"dataset_dir": "no_such"}, r"no_such/dataset_info\.json: no such file"),
        ({"output_dir": ""}, "lacks output_dir"),
        ({"output_dir": 5}, "output_dir: expected a text, found 5"),
        ({"dataset": ["ner"]}, r"dataset: expected a text, found \['ner'\]"),
        ({"template": None}, "lacks template"),
    ],
    ids=["dataset", "model", "folder", "output", "number", "list", "template"],
)
def test_what_the_yaml_names_must_be_there(
    overrides: dict[str, Any], message: str, config_path: Path, stand_in: Any
) -> None:
    stand_in("exit 9")
    with pytest.raises(UserError, match=message):
        prepare_run(config_path, overrides, overwrite=False)


@pytest.mark.whole
@pytest.mark.parametrize(
    ("sent", "on_interrupt"),
    [
        (signal.SIGINT, "default_int_handler"),
        (signal.SIGTERM, "default_int_handler"),
        (signal.SIGTERM, "SIG_IGN"),
    ],
    ids=["interrupt", "terminate", "terminate-a-background-job"],
)
def test_a_signal_is_passed_on_and_nothing_is_left_running(
    sent: signal.Signals, on_interrupt: str, config_path: Path, tmp_path: Path
) -> None:
    child = tmp_path / "cli"
    child.write_text(
        f"#!{sys.executable}\nimport os, pathlib, time\nprint('up', flush=True)\n"
        f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid()))\n"
        "try:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n"
        f"    pathlib.Path({str(tmp_path / 'seen')!r}).touch()\n"
    )
    child.chmod(0o755)
    script = (
        f"import signal; signal.signal(signal.SIGINT, signal.{on_interrupt})\n"
        "import sys; from pathlib import Path; from nerforge.foundation.llamafactory import command\n"
        "from nerforge.llamafactory_configs.running import launch\n"
        f"command.find_cli = lambda: {str(child)!r}\n"
        "launch.require_extra = lambda package, extra: None\n"
        "from nerforge.cli import main; sys.argv = ['nerforge', 'train', sys.argv[1]]; main()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, str(config_path)], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.2)
    parent.send_signal(sent)
    _, stderr = parent.communicate(timeout=30)
    assert parent.returncode == 130
    assert b"interrupted; the log is" in stderr
    assert (tmp_path / "seen").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_second_training_in_a_folder_is_refused(config_path: Path, stand_in: Any, tmp_path: Path) -> None:
    stand_in("exit 0")
    prepared = prepare_run(config_path, {}, overwrite=False)
    with (
        run_lock(prepared.parent),
        pytest.raises(UserError, match="another training is running in this folder"),
    ):
        with run_lock(prepared.parent, patience=0):
            pass


@pytest.mark.parametrize(
    ("row", "notice"),
    [
        ('{"current_steps": 5, "total_steps": 10, "loss": NaN}', "the loss is NaN or inf from step 5 on"),
        ('{"current_steps": 5, "total_steps": 10, "loss": 0.0}', "the loss is exactly 0 at step 5"),
    ],
    ids=["nan", "zero"],
)
def test_a_loss_that_teaches_nothing_is_said_once(
    row: str, notice: str, config_path: Path, stand_in: Any
) -> None:
    stand_in(f"echo '{row}' >> trainer_log.jsonl\necho '{row}' >> trainer_log.jsonl")
    recorder = Recorder()
    train(prepare_run(config_path, {}, overwrite=False), recorder)
    [said] = recorder.notices
    assert said.startswith(notice)


def test_a_child_that_the_system_killed_is_explained_and_noted(config_path: Path, stand_in: Any) -> None:
    stand_in("kill -9 $$")
    prepared = prepare_run(config_path, {}, overwrite=False)
    with pytest.raises(TrainingError, match=r"^the system killed it \(SIGKILL\).*it resumes"):
        train(prepared, Recorder())
    manifest = read_run_manifest(prepared.parent)
    assert manifest is not None
    assert (manifest.attempts[-1].outcome, manifest.attempts[-1].failures) == ("killed", ["killed"])


def test_what_a_child_leaves_behind_is_ended_with_it(config_path: Path, stand_in: Any, pid_file: Any) -> None:
    stand_in(f"sleep 60 &\necho $! > {pid_file.path}\nexit 1")
    with pytest.raises(TrainingError, match="exit code 1"):
        train(prepare_run(config_path, {}, overwrite=False), Recorder())
    assert not pid_file.is_running()
