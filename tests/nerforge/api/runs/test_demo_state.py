from pathlib import Path

import pytest

from nerforge.api.runs.demo_state import STAGES, open_demo
from nerforge.foundation.errors import UserError


def test_a_demo_that_was_killed_resumes_behind_its_last_complete_stage(tmp_path: Path) -> None:
    notices: list[str] = []
    with open_demo(tmp_path, "a", notices.append).stage("generate") as is_complete:
        assert not is_complete
    (tmp_path / "data").mkdir()
    state = open_demo(tmp_path, "a", notices.append)
    assert notices == [f"{tmp_path}: resuming an incomplete demo; complete: generate"]
    with state.stage("generate") as is_complete:
        assert is_complete
    with state.stage("train") as is_complete:
        assert not is_complete
    assert (tmp_path / "data").exists()
    assert list(state.seconds) == ["generate", "train"]


def test_a_stage_that_fails_is_not_complete(tmp_path: Path) -> None:
    state = open_demo(tmp_path, "a", print)
    with pytest.raises(ZeroDivisionError), state.stage("generate"):
        raise ZeroDivisionError
    assert open_demo(tmp_path, "a", print).seconds == {}


def test_a_complete_stage_keeps_its_seconds(tmp_path: Path) -> None:
    state = open_demo(tmp_path, "a", print)
    state.seconds["train"] = 123.0
    with state.stage("train"):
        pass
    assert open_demo(tmp_path, "a", print).seconds == {"train": 123.0}


@pytest.mark.parametrize(
    ("settings", "stages", "reason"),
    [
        ("b", STAGES[:1], "of other settings or another version"),
        ("a", STAGES, "holds a complete demo"),
    ],
    ids=["other-settings", "complete"],
)
def test_what_cannot_be_resumed_starts_over_and_says_so(
    tmp_path: Path, settings: str, stages: tuple[str, ...], reason: str
) -> None:
    state = open_demo(tmp_path, "a", print)
    for stage in stages:
        with state.stage(stage):
            pass
    for name in ("data", "run", "mine"):
        (tmp_path / name).mkdir()
    notices: list[str] = []
    assert open_demo(tmp_path, settings, notices.append).seconds == {}
    assert len(notices) == 1
    assert reason in notices[0] and notices[0].endswith("; starting over")
    assert {path.name for path in tmp_path.iterdir()} == {"demo.json", "mine"}


def test_a_demo_of_a_version_that_did_not_resume_starts_over(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text('{"nerforge_demo": {"generate": 3.0}}')
    notices: list[str] = []
    assert open_demo(tmp_path, "a", notices.append).seconds == {}
    assert "starting over" in notices[0]


def test_a_folder_that_is_no_demo_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").touch()
    with pytest.raises(UserError, match="is not empty and not an earlier demo"):
        open_demo(tmp_path, "a", print)
