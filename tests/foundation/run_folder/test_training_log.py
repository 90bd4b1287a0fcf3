import json
from pathlib import Path

import pytest

from nerforge.foundation.run_folder.training_log import last_step, loss_at, read_log, read_losses, read_row


def row(step: int, **more: object) -> str:
    return json.dumps({"current_steps": step, "total_steps": 40, "loss": 1.0, **more})


def write(path: Path, *rows: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in rows), encoding="utf-8")
    return path


def steps(path: Path) -> list[int]:
    return [row.step for row in read_log(path)]


def test_steps_that_were_done_again_count_once_the_last_time(tmp_path: Path) -> None:
    rows = (row(5), row(10), row(15, loss=9.0), row(15, loss=2.0), row(20))
    log = write(tmp_path / "log", *rows)
    assert steps(log) == [5, 10, 15, 20]
    assert read_log(log)[2].loss == 2.0
    assert steps(write(log, row(5), row(10), row(15), row(10), row(15))) == [5, 10, 15]


def test_a_step_with_an_evaluation_has_two_rows(tmp_path: Path) -> None:
    log = write(tmp_path / "log", row(5), row(5, loss=None, eval_loss=0.5), row(10))
    assert steps(log) == [5, 5, 10]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"7",
        b'{"loss": 1.0}',
        b'{"current_steps": "x"}',
        b'{"current_steps": 4, "lo',
        b"[" * 10_000,
    ],
    ids=["empty", "list", "number", "no-step", "text", "truncated", "deep"],
)
def test_a_row_of_another_shape_is_none(line: bytes) -> None:
    assert read_row(line) is None


def test_a_loss_that_is_not_finite_is_no_loss_of_a_step(tmp_path: Path) -> None:
    write(tmp_path / "trainer_log.jsonl", row(5), row(10, loss=float("nan")), row(15, loss=float("inf")))
    assert read_losses(tmp_path) == [(5, 1.0)]


def test_losses_of_a_resumed_training_are_read_once(tmp_path: Path) -> None:
    rows = [(1, 3.0), (2, 2.0), (3, 1.5), (2, 1.9), (3, 1.4)]
    lines = [json.dumps({"current_steps": step, "loss": loss}) for step, loss in rows]
    (tmp_path / "trainer_log.jsonl").write_text("\n".join([*lines, '{"current_steps": 4, "lo']))
    losses = read_losses(tmp_path)
    assert losses == [(1, 3.0), (2, 1.9), (3, 1.4)]
    assert [loss_at(losses, step) for step in (0, 2, 9, None)] == [None, 1.9, 1.4, None]


def test_losses_are_read_from_the_trainers_state_where_there_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-20").mkdir()
    history = [{"step": 10, "loss": 0.5}, {"step": 20, "eval_loss": 0.1}]
    state = {"global_step": 20, "log_history": history}
    (tmp_path / "checkpoint-20" / "trainer_state.json").write_text(json.dumps(state))
    assert read_losses(tmp_path) == [(10, 0.5)]


def test_the_last_step_is_that_of_the_state(tmp_path: Path) -> None:
    assert last_step(tmp_path) is None
    (tmp_path / "trainer_state.json").write_text('{"global_step": 8, "epoch": 1.0}')
    assert last_step(tmp_path) == 8
