from pathlib import Path

import pytest

from nerforge.evaluation.predicting.runs import read_run
from nerforge.foundation.errors import UsageError, UserError


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "train.yaml").write_text("model_name_or_path: some/model\ntemplate: qwen\n")
    for folder in (tmp_path, tmp_path / "checkpoint-100", tmp_path / "checkpoint-20"):
        folder.mkdir(exist_ok=True)
        (folder / "adapter_config.json").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("checkpoint", "adapter"),
    [(None, "."), ("final", "."), ("checkpoint-20", "checkpoint-20"), ("base", None)],
    ids=["default", "final", "checkpoint", "base"],
)
def test_a_run_names_its_model_and_the_adapter_asked_for(
    run: Path, checkpoint: str | None, adapter: str | None
) -> None:
    found = read_run(run, checkpoint)
    assert (found.model, found.template) == ("some/model", "qwen")
    assert found.adapter == (None if adapter is None else str(run / adapter))


def test_predictions_and_scores_belong_to_the_checkpoint(run: Path) -> None:
    found = read_run(run, "checkpoint-20")
    assert found.predictions("dev") == run / "predictions" / "checkpoint-20" / "dev.jsonl"
    assert found.scores("dev") == run / "scores" / "checkpoint-20" / "dev.json"


def test_a_missing_checkpoint_lists_those_there_are(run: Path) -> None:
    with pytest.raises(UsageError, match="holds no adapter"):
        read_run(run, "checkpoint-20/../checkpoint-100")
    with pytest.raises(UsageError, match=r"the run has: base, checkpoint-20, checkpoint-100, final$"):
        read_run(run, "checkpoint-7")


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is no training run, it holds no train\.yaml"):
        read_run(tmp_path)
    (tmp_path / "train.yaml").write_text("stage: sft\n")
    with pytest.raises(UserError, match="lacks model_name_or_path, template"):
        read_run(tmp_path)
