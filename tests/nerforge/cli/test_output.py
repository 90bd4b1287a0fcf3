import io

import pytest
from rich.console import Console

from nerforge.cli.printing import output
from nerforge.cli.printing.output import bar, json_text


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(output, "time", clock)
    return clock


def test_a_log_gets_a_line_a_tenth_with_the_time_left(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with bar("predicting") as shown:
        # 500 rows stood there before: they say nothing of the speed.
        for done in (500, 510, 590, 600, 1000):
            shown.update(done, 1000)
            clock.now += 2
    assert capsys.readouterr().err.splitlines() == [
        "predicting: 500/1000",
        "predicting: 600/1000  0:00:24 left",
        "predicting: 1000/1000",
    ]


def test_a_log_gets_a_line_a_minute_however_slow_it_is(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with bar("predicting") as shown:
        for done in range(5):
            shown.update(done, 100_000, "final")
            clock.now += 40
    assert capsys.readouterr().err.splitlines() == [
        "predicting: 0/100000  final",
        "predicting: 2/100000  final  46 days, 7:05:20 left",
        "predicting: 4/100000  final  46 days, 7:04:00 left",
    ]


def test_json_for_a_closed_stdout_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    assert json_text('{"王": 1}') == '{"\\u738b": 1}'


def test_a_status_of_a_training_is_no_markup() -> None:
    with bar("training") as shown:
        shown.status("[INFO|x] [/b] load")
        shown.show_phase("reading [/x]")
        table = Console(file=io.StringIO(), width=120)
        table.print(shown.progress.get_renderable())
    assert isinstance(table.file, io.StringIO)
    assert "[INFO|x] [/b] load" in table.file.getvalue()
    assert "reading [/x]" in table.file.getvalue()
