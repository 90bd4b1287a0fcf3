from pathlib import Path

import pytest

from nerforge.foundation.errors import UserError
from nerforge.foundation.trackers.settings import (
    RunTracking,
    TrackerSettings,
    inside,
    read_trackers,
    read_tracking,
    tracker_names,
    without_password,
    write_tracking,
)


@pytest.mark.parametrize(
    ("config", "names"),
    [
        ({}, []),
        ({"report_to": "none"}, []),
        ({"report_to": "wandb"}, ["wandb"]),
        ({"report_to": ["tensorboard", "mlflow"]}, ["tensorboard", "mlflow"]),
        ({"report_to": "mlflow, wandb"}, ["wandb", "mlflow"]),
        ({"report_to": "none", "use_swanlab": True}, ["swanlab"]),
        ({"report_to": ["swanlab"], "use_swanlab": True}, ["swanlab"]),
        ({"use_swanlab": False, "report_to": "trackio"}, []),
        ({"report_to": "all"}, ["swanlab", "wandb", "tensorboard", "mlflow"]),
        ({"report_to": 3}, []),
    ],
)
def test_the_trackers_of_a_yaml_are_those_that_it_turns_on(
    config: dict[str, object], names: list[str]
) -> None:
    assert tracker_names(config) == names


def test_swanlabs_keys_and_the_environment_say_the_rest() -> None:
    config = {"use_swanlab": True, "swanlab_project": "p", "swanlab_run_name": "r", "swanlab_mode": "local"}
    (settings,) = read_trackers(config, {"SWANLAB_DESCRIPTION": "d", "SWANLAB_MODE": "cloud"})
    assert (settings.project, settings.name, settings.description) == ("p", "r", "d")
    assert (settings.mode, settings.is_online) == ("local", False)
    assert read_trackers({"use_swanlab": True}, {})[0].is_online


def test_the_others_take_project_and_mode_from_the_environment() -> None:
    environment = {
        "WANDB_PROJECT": "w", "WANDB_MODE": "dryrun", "WANDB_DIR": "/logs", "MLFLOW_EXPERIMENT_NAME": "m",
        "MLFLOW_TRACKING_URI": "https://user:secret@server:5000/x?token=secret",
    }  # fmt: skip
    config = {"report_to": ["wandb", "mlflow"], "run_name": "r"}
    wandb, mlflow = read_trackers(config, environment)
    assert (wandb.project, wandb.mode, wandb.is_online) == ("w", "offline", False)
    assert (wandb.folder, wandb.name) == ("/logs/wandb", "r")
    assert (mlflow.project, mlflow.uri) == ("m", "https://server:5000/x")


def test_a_project_that_nobody_chose_is_ours() -> None:
    assert read_trackers({"report_to": "wandb", "project": "huggingface"}, {})[0].project == "nerforge"
    assert read_trackers({"report_to": "wandb", "project": "mine"}, {})[0].project == "mine"


@pytest.mark.parametrize("uri", ["/data/mlruns", "sqlite:////data/m.db", "file:///data/mlruns"])
def test_an_address_without_a_server_stays(uri: str) -> None:
    assert without_password(uri) == uri


def test_folders_in_the_run_are_named_relative_to_it(tmp_path: Path) -> None:
    assert inside(tmp_path, str(tmp_path / "swanlog")) == "swanlog"
    assert inside(tmp_path / "run", str(tmp_path / "logs")) == str(tmp_path / "logs")


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    assert read_tracking(tmp_path) == RunTracking()
    written = RunTracking(
        trackers=[TrackerSettings(tracker="wandb", run_id="abc")], evaluations={"mlflow": "d"}
    )
    write_tracking(tmp_path, written)
    assert read_tracking(tmp_path) == written
    found = read_tracking(tmp_path).find("wandb")
    assert found is not None
    assert found.run_id == "abc"
    (tmp_path / "tracking.json").write_text("[]")
    with pytest.raises(UserError, match=r"tracking\.json"):
        read_tracking(tmp_path)
