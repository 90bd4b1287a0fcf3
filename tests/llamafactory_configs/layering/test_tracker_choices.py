from pathlib import Path

import pytest
import yaml

from nerforge.foundation.errors import UsageError
from nerforge.foundation.trackers.yaml_head import read_head
from nerforge.llamafactory_configs.layering.recipe_files import Choices
from nerforge.llamafactory_configs.layering.tracker_choices import TrackerChoices
from nerforge.llamafactory_configs.rendering.training_yaml import render
from nerforge.llamafactory_configs.running.preparing import write_run


def rendered(
    data: Path, tmp_path: Path, track: str, overrides: dict[str, object] | None = None, **names: str
) -> Path:
    choices = Choices({"track": track}, tracker=TrackerChoices(**names))
    path = tmp_path / "train.yaml"
    path.write_text(
        render("tiny_cpu", data, tmp_path / "run", overrides or {}, choices).text, encoding="utf-8"
    )
    return path


def test_swanlab_takes_project_and_name_as_keys(data: Path, tmp_path: Path) -> None:
    path = rendered(data, tmp_path, "swanlab", project="ner", name="第一次", description="说明\n二")
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert (config["swanlab_project"], config["swanlab_run_name"]) == ("ner", "第一次")
    assert config["swanlab_logdir"] == str(tmp_path / "run" / "swanlog")
    assert "run_name" not in config
    assert read_head(path) == {"SWANLAB_DESCRIPTION": "说明\n二"}


@pytest.mark.parametrize(
    ("track", "expected"),
    [
        ("wandb", {"WANDB_PROJECT": "ner", "WANDB_NOTES": "d"}),
        ("mlflow", {"MLFLOW_EXPERIMENT_NAME": "ner", "MLFLOW_TAGS": '{"mlflow.note.content": "d"}'}),
    ],
)
def test_the_others_take_them_from_the_environment(
    track: str, expected: dict[str, str], data: Path, tmp_path: Path
) -> None:
    path = rendered(data, tmp_path, track, project="ner", name="first", description="d")
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["run_name"] == "first"
    assert read_head(path) == expected
    kept = write_run(path, {}, overwrite=False)
    assert read_head(kept) == expected


def test_without_choices_the_head_states_nothing(data: Path, tmp_path: Path) -> None:
    path = rendered(data, tmp_path, "wandb")
    assert read_head(path) == {}
    assert "Environment of the tracker" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("track", "names", "message"),
    [
        ("none", {"project": "ner"}, "--track-project goes with a tracker"),
        ("none", {"description": "d"}, "--track-description goes with a tracker"),
        ("swanlab", {"project": "实体"}, "SwanLab takes 1 to 100 Latin letters"),
        ("wandb", {"name": " "}, "--track-name: is empty"),
        ("tensorboard", {"project": "ner"}, "--track-project: TensorBoard has none"),
    ],
)
def test_choices_that_a_tracker_cannot_take_are_refused(
    track: str, names: dict[str, str], message: str, data: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=message):
        rendered(data, tmp_path, track, **names)


def test_a_yaml_of_somebody_else_sets_nothing_but_a_trackers_words(tmp_path: Path) -> None:
    path = tmp_path / "train.yaml"
    head = "# Environment of the tracker, which nerforge train sets: "
    path.write_text(
        f'{head}{{"WANDB_PROJECT": "p", "LD_PRELOAD": "x", "WANDB_BASE_URL": "http://x"}}\na: 1\n'
    )
    assert read_head(path) == {"WANDB_PROJECT": "p"}
    path.write_text(f"{head}[1]\n")
    assert read_head(path) == {}
    path.write_text(f"{head}nothing\n")
    assert read_head(path) == {}
