from pathlib import Path

import pytest

from nerforge.evaluation.tracking.targets import TrackOptions, fault_of, find_targets, require_target
from nerforge.foundation.errors import UserError
from nerforge.foundation.trackers.settings import RunTracking, TrackerSettings, write_tracking


def make_run(folder: Path, keys: str, *known: TrackerSettings, **evaluations: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "train.yaml").write_text(f"model_name_or_path: m\noutput_dir: {folder}\n{keys}")
    if known or evaluations:
        write_tracking(folder, RunTracking(trackers=list(known), evaluations=evaluations))
    return folder


def find(
    run: Path | None, tmp_path: Path, environment: dict[str, str] | None = None, **options: str
) -> list[TrackerSettings]:
    given = TrackOptions(**options)
    return [x.settings for x in find_targets(run, tmp_path / "beside", given, environment or {})]


def test_what_training_wrote_down_is_used(tmp_path: Path) -> None:
    known = TrackerSettings(tracker="wandb", project="p", name="n", folder="wandb", run_id="abc")
    run = make_run(tmp_path / "run", "report_to: wandb\n", known, mlflow="other", wandb="ev")
    (target,) = find_targets(run, tmp_path, TrackOptions(), {"WANDB_PROJECT": "changed since"})
    settings = target.settings
    assert (settings.project, settings.name, settings.run_id) == ("p", "n", "abc")
    assert (settings.folder, target.evaluation_id) == (str(run / "wandb"), "ev")
    assert target.output_dir == str(run)


def test_a_run_without_a_tracker_has_no_target_and_none_can_be_asked_for(tmp_path: Path) -> None:
    assert find(make_run(tmp_path / "run", "report_to: none\n"), tmp_path) == []
    assert find(None, tmp_path) == []
    assert find(make_run(tmp_path / "run", "report_to: wandb\n"), tmp_path, tracker="none") == []
    assert find(make_run(tmp_path / "run", "report_to: wandb\n"), tmp_path, {"WANDB_MODE": "disabled"}) == []


def test_of_a_training_by_llamafactory_cli_the_libraries_files_tell_the_id(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", "report_to: wandb\nuse_swanlab: true\n", wandb="later")
    (run / "swanlab_public_config.json").write_text(
        '{"cloud": {"experiment_url": "https://swanlab.cn/@me/ner/runs/k3x9/chart"}}'
    )
    for name in ("run-20260101_000000-first", "offline-run-20260102_000000-second"):
        (run / "wandb" / name).mkdir(parents=True)
    (run / "wandb" / "run-20260103_000000-later").mkdir()
    swanlab, wandb = find(run, tmp_path)
    assert (swanlab.run_id, swanlab.name) == ("k3x9", "run")
    assert wandb.run_id == "second"


def test_tensorboards_newest_events_are_found(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", "report_to: tensorboard\n")
    assert find(run, tmp_path)[0].folder == str(run / "tensorboard")
    events = run / "runs" / "Jan01_host"
    events.mkdir(parents=True)
    (events / "events.out.tfevents.1.host").touch()
    assert find(run, tmp_path)[0].folder == str(events)


def test_the_environment_may_keep_it_on_the_machine(tmp_path: Path) -> None:
    known = TrackerSettings(tracker="swanlab", mode="cloud", run_id="abc")
    run = make_run(tmp_path / "run", "use_swanlab: true\n", known)
    (settings,) = find(run, tmp_path, {"SWANLAB_MODE": "local"})
    assert not settings.is_online


def test_names_make_it_a_run_of_its_own(tmp_path: Path) -> None:
    known = TrackerSettings(tracker="wandb", project="p", name="n", run_id="abc")
    run = make_run(tmp_path / "run", "report_to: wandb\n", known)
    (target,) = find_targets(run, tmp_path, TrackOptions(name="mine"), {})
    assert (target.settings.run_id, target.settings.project) == (None, "p")
    assert target.sibling_name("score") == "mine"
    (target,) = find_targets(run, tmp_path, TrackOptions(project="q"), {})
    assert (target.settings.project, target.sibling_name("score")) == ("q", "n-score")


def test_another_tracker_writes_to_the_run_or_beside_the_predictions(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", "report_to: none\n")
    assert find(run, tmp_path, tracker="mlflow")[0].folder == str(run / "mlruns")
    (settings,) = find(None, tmp_path, tracker="tensorboard")
    assert settings.folder == str(tmp_path / "beside" / "tensorboard")


def test_a_tracker_that_is_asked_for_is_checked_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nerforge.evaluation.tracking.targets.missing_package", lambda settings: None)
    for name in ("WANDB_API_KEY", "WANDB_MODE", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(UserError, match=r"--track wandb: nobody is logged in .*WANDB_MODE=offline"):
        require_target(None, TrackOptions("wandb"))
    run = make_run(tmp_path / "run", "report_to: wandb\n")
    (run / "tracking.json").write_text("[]")
    require_target(run, TrackOptions())
    (run / "tracking.json").unlink()
    (target,) = find_targets(run, tmp_path, TrackOptions())
    assert "nobody is logged in" in str(fault_of(target))
    with pytest.raises(UserError, match="there is none; give --track"):
        require_target(None, TrackOptions(project="p"))
