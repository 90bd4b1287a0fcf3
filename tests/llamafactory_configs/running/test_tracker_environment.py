import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from nerforge.foundation.errors import UserError
from nerforge.foundation.trackers.settings import read_tracking
from nerforge.llamafactory_configs.checking.config_check import check_config
from nerforge.llamafactory_configs.checking.tracker_login import CODE, require_logins
from nerforge.llamafactory_configs.running.launch import prepare_run
from nerforge.llamafactory_configs.running.tracker_environment import begin_tracking


def begin(
    run: Path, config: dict[str, Any], *, resumed: bool = False, environment: dict[str, str] | None = None
) -> tuple[dict[str, str], list[str]]:
    run.mkdir(exist_ok=True)
    path = run / "train.yaml"
    path.write_text(yaml.safe_dump(config))
    notices: list[str] = []
    variables = begin_tracking(
        path, config, notices.append, is_resumed=resumed, environment=environment or {}
    )
    return variables, notices


def test_a_run_without_a_tracker_sets_and_writes_nothing(tmp_path: Path) -> None:
    assert begin(tmp_path / "run", {"report_to": "none"}) == ({}, [])
    assert not (tmp_path / "run" / "tracking.json").exists()


def test_logs_lie_in_the_run_and_the_id_is_known_before_the_training(tmp_path: Path) -> None:
    run = tmp_path / "run"
    config = {"report_to": ["wandb", "tensorboard"], "use_swanlab": True, "swanlab_mode": "local"}
    variables, _ = begin(run, config)
    assert variables["SWANLAB_LOG_DIR"] == str(run / "swanlog")
    assert variables["WANDB_DIR"] == str(run)
    assert variables["TENSORBOARD_LOGGING_DIR"] == str(run / "tensorboard")
    tracking = read_tracking(run)
    ids = {known.tracker: known.run_id for known in tracking.trackers}
    assert ids["swanlab"] == variables["SWANLAB_RUN_ID"]
    assert ids["wandb"] == variables["WANDB_RUN_ID"]
    assert [known.folder for known in tracking.trackers] == ["swanlog", "wandb", "tensorboard"]
    assert (variables["SWANLAB_INTERACTIVE"], variables["WANDB_RESUME"]) == ("false", "allow")


def test_a_resumed_training_goes_on_in_its_run_and_one_that_begins_anew_does_not(tmp_path: Path) -> None:
    config = {"report_to": "wandb"}
    first, _ = begin(tmp_path / "run", config)
    again, _ = begin(tmp_path / "run", config, resumed=True)
    anew, _ = begin(tmp_path / "run", config)
    assert again["WANDB_RUN_ID"] == first["WANDB_RUN_ID"] != anew["WANDB_RUN_ID"]


def test_a_broken_file_of_the_run_does_not_stop_a_resumed_training(tmp_path: Path) -> None:
    config = {"report_to": "wandb"}
    first, _ = begin(tmp_path / "run", config)
    (tmp_path / "run" / "tracking.json").write_text("[]")
    again, (notice,) = begin(tmp_path / "run", config, resumed=True)
    assert again["WANDB_RUN_ID"] != first["WANDB_RUN_ID"]
    assert notice.endswith("the trackers get new runs")


def test_a_name_that_swanlab_would_take_for_json_is_taken_away(tmp_path: Path) -> None:
    environment = {"SWANLAB_PROJECT": "my-project"}
    variables, _ = begin(tmp_path / "run", {"use_swanlab": True}, environment=environment)
    assert (variables["SWANLAB_PROJECT"], variables["SWANLAB_PROJ_NAME"]) == ("{}", "nerforge")
    assert "SWANLAB_PROJECT" not in begin(tmp_path / "run", {"use_swanlab": True})[0]


def test_what_the_user_set_stays(tmp_path: Path) -> None:
    environment = {
        "WANDB_DIR": "/logs", "WANDB_RUN_ID": "mine", "WANDB_PROJECT": "p", "TENSORBOARD_LOGGING_DIR": "/tb",
        "MLFLOW_TRACKING_URI": "http://user:secret@server", "MLFLOW_TAGS": '{"team": "a"}',
    }  # fmt: skip
    config = {"report_to": ["wandb", "tensorboard", "mlflow"]}
    variables, _ = begin(tmp_path / "run", config, environment=environment)
    for name in ("WANDB_DIR", "WANDB_RUN_ID", "WANDB_PROJECT", "TENSORBOARD_LOGGING_DIR"):
        assert variables[name] == environment[name]
    assert variables["MLFLOW_TRACKING_URI"] == environment["MLFLOW_TRACKING_URI"]
    assert json.loads(variables["MLFLOW_TAGS"])["team"] == "a"
    assert "MLFLOW_ALLOW_FILE_STORE" not in variables
    assert "secret" not in (tmp_path / "run" / "tracking.json").read_text()


def test_mlflow_writes_to_a_folder_of_the_run(tmp_path: Path) -> None:
    variables, _ = begin(tmp_path / "run", {"report_to": "mlflow"})
    assert variables["MLFLOW_TRACKING_URI"] == (tmp_path / "run" / "mlruns").as_uri()
    assert variables["MLFLOW_ALLOW_FILE_STORE"] == "true"
    assert variables["MLFLOW_EXPERIMENT_NAME"] == "nerforge"
    (known,) = read_tracking(tmp_path / "run").trackers
    assert json.loads(variables["MLFLOW_TAGS"]) == {"nerforge.run_id": known.run_id}


def test_a_resumed_training_finds_its_run_in_mlflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def find(*args: str) -> str | None:
        asked.append(args)
        return "their-id" if len(asked) == 1 else None

    monkeypatch.setattr("nerforge.llamafactory_configs.running.tracker_environment.find_run", find)
    config = {"report_to": "mlflow"}
    begin(tmp_path / "run", config)
    assert asked == []
    (known,) = read_tracking(tmp_path / "run").trackers
    variables, notices = begin(tmp_path / "run", config, resumed=True)
    assert (variables["MLFLOW_RUN_ID"], variables["MLFLOW_MAX_LOG_PARAMS"]) == ("their-id", "0")
    assert asked[0][1:] == ("nerforge", "nerforge.run_id", known.run_id)
    assert notices == []
    variables, notices = begin(tmp_path / "run", config, resumed=True)
    assert "MLFLOW_RUN_ID" not in variables
    assert notices == ["mlflow: the run of the attempt before was not found; the training logs to a new one"]


@pytest.fixture
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Log everybody out."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("SWANLAB_API_KEY", "WANDB_API_KEY", "WANDB_MODE", "SWANLAB_SAVE_DIR", "NETRC"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.whole
@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize(
    ("config", "key", "ways"),
    [
        ({"use_swanlab": True}, "swanlab_mode", ("swanlab login", "SWANLAB_API_KEY", "swanlab_mode: local")),
        ({"report_to": "wandb"}, "report_to", ("wandb login", "WANDB_API_KEY", "WANDB_MODE=offline")),
    ],
    ids=["swanlab", "wandb"],
)
def test_a_missing_login_is_a_note_of_the_check_and_an_error_of_the_training(
    config: dict[str, Any], key: str, ways: tuple[str, ...], tmp_path: Path
) -> None:
    (note,) = [finding for finding in check_config(config) if finding.code == CODE]
    assert (note.severity, note.place) == ("note", key)
    assert all(way in note.remedy for way in ways)
    with pytest.raises(UserError, match="has no terminal to ask for the key") as caught:
        require_logins(config, {"HOME": str(tmp_path)})
    assert all(way in str(caught.value) for way in ways)


@pytest.mark.usefixtures("nobody")
def test_a_key_in_the_yaml_is_a_login_and_local_modes_need_none(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    require_logins({"use_swanlab": True}, {**home, "SWANLAB_API_KEY": "k"})
    require_logins({"use_swanlab": True, "swanlab_mode": "local"}, home)
    require_logins({"report_to": "wandb"}, {**home, "WANDB_MODE": "offline"})
    require_logins({"report_to": ["tensorboard", "mlflow"]}, home)


@pytest.mark.usefixtures("nobody")
def test_a_training_is_refused_before_its_folder_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nerforge.llamafactory_configs.running.launch.require_training", lambda: None)
    path = tmp_path / "train.yaml"
    path.write_text(yaml.safe_dump({"use_swanlab": True, "output_dir": str(tmp_path / "run")}))
    with pytest.raises(UserError, match="nobody is logged in to SwanLab"):
        prepare_run(path, {}, overwrite=False)
    assert not (tmp_path / "run").exists()
