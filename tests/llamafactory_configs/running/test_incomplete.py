import json
import struct
from pathlib import Path

from nerforge.foundation.run_folder.contents import list_checkpoints
from nerforge.llamafactory_configs.running.incomplete import (
    remove_set_aside,
    set_final_aside,
    set_incomplete_aside,
)


def write_checkpoint(run: Path, step: int) -> Path:
    folder = run / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    header = json.dumps({"lora_A": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    weights = struct.pack("<Q", len(header)) + header + bytes(16)
    (folder / "adapter_model.safetensors").write_bytes(weights)
    (folder / "trainer_state.json").write_text(json.dumps({"global_step": step}))
    (folder / "optimizer.pt").write_bytes(b"\x80 a pickle")
    return folder


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def test_incomplete_checkpoints_are_set_aside_and_the_one_before_is_used(tmp_path: Path) -> None:
    for step in (5, 10, 15):
        write_checkpoint(tmp_path, step)
    (tmp_path / "checkpoint-15" / "trainer_state.json").unlink()
    truncate(tmp_path / "checkpoint-10" / "adapter_model.safetensors")
    moved = set_incomplete_aside(tmp_path)
    assert [(aside.name, aside.moved_to.name) for aside in moved] == [
        ("checkpoint-15", "incomplete-checkpoint-15"),
        ("checkpoint-10", "incomplete-checkpoint-10"),
    ]
    assert list_checkpoints(tmp_path) == [tmp_path / "checkpoint-5"]
    assert set_incomplete_aside(tmp_path) == []


def test_setting_aside_never_replaces_what_was_set_aside_before(tmp_path: Path) -> None:
    (write_checkpoint(tmp_path, 5) / "optimizer.pt").unlink()
    set_incomplete_aside(tmp_path)
    (write_checkpoint(tmp_path, 5) / "optimizer.pt").unlink()
    assert [aside.moved_to.name for aside in set_incomplete_aside(tmp_path)] == ["incomplete-checkpoint-5.2"]
    remove_set_aside(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_final_weights_that_may_be_truncated_are_set_aside(tmp_path: Path) -> None:
    assert set_final_aside(tmp_path) is None
    (tmp_path / "adapter_model.safetensors").write_bytes(b"x")
    aside = set_final_aside(tmp_path)
    assert aside is not None
    assert (aside.moved_to / "adapter_model.safetensors").read_bytes() == b"x"
    assert not (tmp_path / "adapter_model.safetensors").exists()
