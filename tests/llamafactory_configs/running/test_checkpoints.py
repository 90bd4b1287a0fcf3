import json
import re
import struct
import zipfile
from pathlib import Path

import pytest

from nerforge.llamafactory_configs.running.checkpoints import (
    find_fault,
    last_checkpoint,
    list_checkpoints,
    remove_set_aside,
    set_final_aside,
    set_incomplete_aside,
)


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


def cut(path: Path) -> None:
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
        ("trainer_state.json", "trainer_state.json is cut"),
        ("adapter_model.safetensors", "adapter_model.safetensors: .* bytes, its header says"),
        ("optimizer.pt", r"optimizer\.pt: cut before its end"),
        ("rng_state.pth", r"rng_state\.pth: cut before its end"),
    ],
)
def test_a_cut_file_is_a_fault(name: str, fault: str, tmp_path: Path) -> None:
    checkpoint = write_checkpoint(tmp_path, 5)
    assert find_fault(checkpoint) is None
    cut(checkpoint / name)
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
        (b"", "cut in its header"),
        (b"\xff" * 8, "cut in its header"),
        (struct.pack("<Q", 2) + b"[]", "cut in its header"),
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
    assert find_fault(checkpoint) == "trainer_state.json is cut, or of another step"


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


def test_incomplete_checkpoints_are_set_aside_and_the_one_before_is_used(tmp_path: Path) -> None:
    for step in (5, 10, 15):
        write_checkpoint(tmp_path, step)
    (tmp_path / "checkpoint-15" / "trainer_state.json").unlink()
    cut(tmp_path / "checkpoint-10" / "adapter_model.safetensors")
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


def test_final_weights_that_may_be_cut_are_set_aside(tmp_path: Path) -> None:
    assert set_final_aside(tmp_path) is None
    (tmp_path / "adapter_model.safetensors").write_bytes(b"x")
    aside = set_final_aside(tmp_path)
    assert aside is not None
    assert (aside.moved_to / "adapter_model.safetensors").read_bytes() == b"x"
    assert not (tmp_path / "adapter_model.safetensors").exists()
