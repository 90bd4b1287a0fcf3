import json
import re
import struct
import zipfile
from pathlib import Path

import pytest

from nerforge.foundation.run_folder.contents import list_checkpoints
from nerforge.foundation.run_folder.wholeness import find_fault, last_checkpoint


def write_safetensors(path: Path) -> None:
    header = json.dumps({"lora_A": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(16))


def write_torch(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", b"x" * 100)


def write_checkpoint(run: Path, step: int) -> Path:
    folder = run / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    write_safetensors(folder / "adapter_model.safetensors")
    for name in ("optimizer.pt", "scheduler.pt", "rng_state.pth"):
        write_torch(folder / name)
    (folder / "trainer_state.json").write_text(json.dumps({"global_step": step}))
    return folder


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def test_checkpoints_are_ordered_by_step(tmp_path: Path) -> None:
    for step in (100, 20):
        write_checkpoint(tmp_path, step)
    (tmp_path / "checkpoint-old").mkdir()
    (tmp_path / "checkpoint-300").touch()
    assert [path.name for path in list_checkpoints(tmp_path)] == ["checkpoint-20", "checkpoint-100"]
    assert last_checkpoint(tmp_path) == tmp_path / "checkpoint-100"


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("trainer_state.json", "trainer_state.json is truncated"),
        ("adapter_model.safetensors", "adapter_model.safetensors: .* bytes, its header says"),
        ("optimizer.pt", r"optimizer\.pt: truncated"),
        ("rng_state.pth", r"rng_state\.pth: truncated"),
    ],
)
def test_a_truncated_file_is_a_fault(name: str, fault: str, tmp_path: Path) -> None:
    checkpoint = write_checkpoint(tmp_path, 5)
    assert find_fault(checkpoint) is None
    truncate(checkpoint / name)
    assert (found := find_fault(checkpoint)) is not None
    assert re.search(fault, found)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("trainer_state.json", "lacks trainer_state.json"),
        ("adapter_model.safetensors", "holds no weights"),
        ("optimizer.pt", "lacks optimizer.pt"),
    ],
)
def test_a_missing_file_is_a_fault(name: str, fault: str, tmp_path: Path) -> None:
    checkpoint = write_checkpoint(tmp_path, 5)
    (checkpoint / name).unlink()
    assert find_fault(checkpoint) == fault


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "truncated in its header"),
        (b"\xff" * 8, "truncated in its header"),
        (struct.pack("<Q", 2) + b"[]", "truncated in its header"),
        (struct.pack("<Q", 8) + b'{"a": 1}', "its header is no header of safetensors"),
    ],
    ids=["empty", "huge", "list", "number"],
)
def test_weights_of_another_form_are_a_fault(content: bytes, fault: str, tmp_path: Path) -> None:
    checkpoint = write_checkpoint(tmp_path, 5)
    (checkpoint / "adapter_model.safetensors").write_bytes(content)
    assert find_fault(checkpoint) == f"adapter_model.safetensors: {fault}"


def test_a_state_of_another_step_is_a_fault(tmp_path: Path) -> None:
    checkpoint = write_checkpoint(tmp_path, 5)
    (checkpoint / "trainer_state.json").write_text('{"global_step": 4}')
    assert find_fault(checkpoint) == "trainer_state.json is truncated, or of another step"


def test_an_optimiser_may_be_missing_where_only_the_model_is_saved(tmp_path: Path) -> None:
    checkpoint = write_checkpoint(tmp_path, 5)
    (checkpoint / "optimizer.pt").unlink()
    assert find_fault(checkpoint, only_model=True) is None


def test_a_missing_shard_is_a_fault(tmp_path: Path) -> None:
    checkpoint = write_checkpoint(tmp_path, 5)
    index = {"weight_map": {"a": "model-1.safetensors"}}
    (checkpoint / "model.safetensors.index.json").write_text(json.dumps(index))
    assert find_fault(checkpoint) == "model.safetensors.index.json: model-1.safetensors is missing"
    write_safetensors(checkpoint / "model-1.safetensors")
    assert find_fault(checkpoint) is None


def test_a_checkpoint_of_deepspeed_needs_the_folder_that_it_names(tmp_path: Path) -> None:
    checkpoint = write_checkpoint(tmp_path, 5)
    (checkpoint / "optimizer.pt").unlink()
    (checkpoint / "global_step5").mkdir()
    (checkpoint / "latest").write_text("global_step5")
    assert find_fault(checkpoint) is None
    (checkpoint / "latest").write_text("global_step6")
    assert find_fault(checkpoint) == "latest: names 'global_step6', which is not there"
