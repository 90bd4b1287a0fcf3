import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main
from nerforge.cli.printing.output import bar
from nerforge.cli.printing.printed_lines import print_detail, print_failure, print_message, print_next
from nerforge.cli.printing.volume import Volume, is_verbose, set_volume, usual_volume
from tests.first_minute import SCORE


def run(*args: object, **env: str) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args], env=env)


@pytest.mark.parametrize(
    ("volume", "lines"),
    [
        (Volume.QUIET, ["failed"]),
        (Volume.USUAL, ["note", "next: nerforge train 'my run.yaml'", "failed"]),
        (Volume.VERBOSE, ["note", "next: nerforge train 'my run.yaml'", "detail", "failed"]),
    ],
)
def test_what_is_said_follows_the_volume(
    volume: Volume, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with usual_volume():
        set_volume(volume)
        print_message("note")
        print_next("train", Path("my run.yaml"))
        print_detail("detail")
        print_failure("failed")
    assert capsys.readouterr().err.splitlines() == lines


def test_quiet_has_neither_bars_nor_notes(capsys: pytest.CaptureFixture[str]) -> None:
    with usual_volume():
        set_volume(Volume.QUIET)
        with bar("rows") as shown:
            shown.update(1, 1)
    assert capsys.readouterr().err == ""


@pytest.mark.whole
@pytest.mark.parametrize("before", [True, False], ids=["before the command", "behind it"])
def test_a_quiet_score_prints_its_result_alone(before: bool) -> None:
    args = ("--quiet", "score", *SCORE) if before else ("score", *SCORE, "--quiet")
    done = run(*args, "--bootstrap", 0)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "20 samples, exactly right: 60.0 %" in done.stdout
    # The next call begins anew.
    assert "answers are read as json" in run("score", *SCORE, "--bootstrap", 0).stderr


@pytest.mark.whole
def test_errors_are_printed_however_quiet() -> None:
    done = run("score", "--gold", "no.jsonl", "--pred", "no.jsonl", "-q")
    assert (done.exit_code, done.stderr) == (1, "Error: no.jsonl: no such file\n")


@pytest.mark.whole
def test_colours_are_forced_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    forced = run("score", *SCORE, "--bootstrap", 0, FORCE_COLOR="1")
    assert "\x1b[1m" in forced.stdout
    # A pipe is no terminal for a bar, whatever its colours.
    assert "\x1b[?25l" not in forced.stderr
    plain = run("score", *SCORE, "--bootstrap", 0, "--no-color", FORCE_COLOR="1")
    assert "\x1b" not in plain.stdout
    assert "NO_COLOR" not in os.environ
    assert "\x1b[3" not in run("score", *SCORE, "--errors", 3, FORCE_COLOR="1", NO_COLOR="1").stdout


def test_json_is_alone_on_stdout() -> None:
    done = run("score", *SCORE, "--bootstrap", 0, "--json", "--verbose")
    assert json.loads(done.stdout)["n_samples"] == 20


def test_a_command_that_is_only_parsed_leaves_the_volume_as_it_was() -> None:
    set_volume(Volume.VERBOSE)
    assert not is_verbose()
    with usual_volume():
        set_volume(Volume.VERBOSE)
        assert is_verbose()
    assert not is_verbose()
