import json
from pathlib import Path

import pytest

from nerforge.foundation.run_folder.training_log import read_log
from nerforge.llamafactory_configs.running.loss_curve import draw_loss, smooth
from nerforge.llamafactory_configs.running.progress import TrainerLog


def row(step: int, **more: object) -> str:
    return json.dumps({"current_steps": step, "total_steps": 40, "loss": 1.0, **more})


def write(path: Path, *rows: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in rows), encoding="utf-8")
    return path


def test_a_row_that_a_kill_cut_does_not_spoil_the_next(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(f"{row(5)}\n{row(10)[:20]}")
    reader = TrainerLog(log)
    with log.open("a") as file:
        file.write(f"{row(15)}\n")
    assert [progress.step for progress in reader.new_rows()] == [15]
    assert [row.step for row in read_log(log)] == [5, 15]


@pytest.mark.parametrize(
    ("line", "more", "speed"),
    [
        ("", {}, "0.40 s/step"),
        ("  Total train batch size (w. parallel, distributed & accumulation) = 1,024", {}, "2,560.0 rows/s"),
        ("", {"total_tokens": 1}, "1,000 tokens/s"),
    ],
    ids=["steps", "rows", "tokens"],
)
def test_speed_and_time_left_are_those_of_this_attempt(
    line: str, more: dict[str, int], speed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter((100.0, 104.0))
    monkeypatch.setattr("nerforge.llamafactory_configs.running.progress.time.monotonic", lambda: next(now))
    reader = TrainerLog(tmp_path / "log")
    reader.read_output(line)
    later = {key: 4001 for key in more}
    write(tmp_path / "log", row(10, remaining_time="0:09:00", **more), row(20, **later))
    first, second = reader.new_rows()
    assert (first.remaining, first.speed) == ("0:09:00", "")
    assert (second.remaining, second.speed) == ("0:00:08", speed)


def test_a_row_without_the_number_of_steps_shows_no_progress(tmp_path: Path) -> None:
    reader = TrainerLog(tmp_path / "log")
    write(tmp_path / "log", row(5, total_steps=None), row(10))
    assert [progress.step for progress in reader.new_rows()] == [10]


def test_a_loss_of_several_attempts_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    write(tmp_path / "trainer_log.jsonl", *(row(n, loss=1 / n) for n in range(1, 9)), row(8, loss=None))
    assert [path.name for path in draw_loss(tmp_path, [3, 5])] == ["loss.png", "loss.svg"]
    text = (tmp_path / "loss.svg").read_text(encoding="utf-8")
    assert ">step<" in text
    assert ">resumed<" in text


def test_nothing_is_drawn_of_one_loss_or_without_matplotlib(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "trainer_log.jsonl", row(1), row(2, loss=float("nan")))
    assert draw_loss(tmp_path) == []
    write(tmp_path / "trainer_log.jsonl", row(1), row(2))
    monkeypatch.setattr("nerforge.llamafactory_configs.running.loss_curve.find_spec", lambda name: None)
    assert draw_loss(tmp_path) == []


def test_smoothing_keeps_the_first_value_and_a_constant() -> None:
    assert smooth([1.0, 1.0, 1.0]) == [1.0, 1.0, 1.0]
    assert smooth([2.0, 1.0]) == pytest.approx([2.0, 1.6])
