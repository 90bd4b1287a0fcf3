from pathlib import Path

import pytest

from nerforge.foundation.run_folder.contents import (
    checkpoint_step,
    has_adapter,
    has_adapter_weights,
    has_model,
    list_checkpoints,
    step_of,
    weight_files,
)


def test_only_checkpoint_n_is_a_checkpoint(tmp_path: Path) -> None:
    for name in (
        "checkpoint-100",
        "checkpoint-20",
        "checkpoint-x",
        "checkpoint-5.2",
        "incomplete-checkpoint-7",
    ):
        (tmp_path / name).mkdir()
    (tmp_path / "checkpoint-9").touch()
    assert [step_of(path) for path in list_checkpoints(tmp_path)] == [20, 100]
    assert checkpoint_step("checkpoint-x") is None
    with pytest.raises(ValueError, match="is not called checkpoint-N"):
        step_of(tmp_path / "checkpoint-x")


@pytest.mark.parametrize(
    ("names", "adapter", "loadable", "model"),
    [
        (["adapter_config.json"], True, False, False),
        (["adapter_config.json", "adapter_model.safetensors"], True, True, False),
        (["adapter_config.json", "adapter_model.bin"], True, True, False),
        (["config.json", "model-00001-of-00002.safetensors"], False, False, True),
        (["config.json", "pytorch_model.bin"], False, False, True),
        (["config.json", "adapter_model.safetensors"], False, False, False),
        (["config.json", "training_args.bin"], False, False, False),
        (["model.safetensors"], False, False, False),
    ],
)
def test_adapters_and_models_are_told_by_configuration_and_weights(
    names: list[str], adapter: bool, loadable: bool, model: bool, tmp_path: Path
) -> None:
    for name in names:
        (tmp_path / name).touch()
    assert (has_adapter(tmp_path), has_adapter_weights(tmp_path), has_model(tmp_path)) == (
        adapter,
        loadable,
        model,
    )


def test_weights_are_listed_by_name_with_their_shards(tmp_path: Path) -> None:
    for name in ("model-2.safetensors", "model-1.safetensors", "optimizer.bin", "tokenizer.json"):
        (tmp_path / name).touch()
    assert [path.name for path in weight_files(tmp_path)] == ["model-1.safetensors", "model-2.safetensors"]
