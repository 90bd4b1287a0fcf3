"""Each command ends with the one that usually follows, which can be pasted and parsed."""

import json
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main
from tests.first_minute import SCORE

QUICK = ("score", *SCORE, "--bootstrap", 0)


def run(*args: object) -> Result:
    done = CliRunner().invoke(main, [str(arg) for arg in args])
    assert done.exit_code == 0, done.stderr
    return done


def next_command(done: Result) -> list[str]:
    """Give the words of the last line of stderr, once its command's parser has taken them."""
    line = done.stderr.splitlines()[-1]
    assert line.startswith("next: nerforge ")
    words = shlex.split(line.removeprefix("next: nerforge "))
    command: click.Command = main
    context, args = click.Context(main), list(words)
    while isinstance(command, click.Group):
        found = command.get_command(context, args.pop(0))
        assert found is not None
        command = found
    command.make_context("nerforge", args)
    return words


def test_a_score_leads_to_the_report_and_says_so_to_people_alone(tmp_path: Path) -> None:
    out = tmp_path / "my scores.json"
    assert next_command(run(*QUICK, "--out", out)) == ["report", str(out), "--out", "report.html"]
    assert run(*QUICK).stderr.splitlines()[-1].startswith("next: the same with --errors 5")
    for silent in ("--json", "--quiet"):
        assert "next: " not in run(*QUICK, silent).stderr


@pytest.mark.whole
def test_data_leads_to_config_and_answers_to_score(tmp_path: Path) -> None:
    data, pred = tmp_path / "d", tmp_path / "p.jsonl"
    made = run(
        "generate", "power", "--rows", 60, "--city", "菏泽", "--dev", 0.2, "--test", 0.2, "--out", data
    )
    assert next_command(made)[:4] == ["config", "power_qwen3_4b", "--data", str(data)]
    assert next_command(run("doctor", data))[:2] == ["config", "power_qwen3_4b"]
    answered = run("baseline", "dictionary", "--data", data, "--split", "dev", "--out", pred)
    expected = ["score", "--gold", str(data), "--split", "dev", "--pred", str(pred)]
    assert next_command(answered) == expected
    assert answered.stdout == f"{pred}\n"
    grounded = run("ground", pred, "--gold", data, "--split", "dev", "--out", tmp_path / "g.jsonl")
    assert next_command(grounded)[:2] == ["score", "--gold"]
    told = run("baseline", "dictionary", "--data", data, "--out", tmp_path / "q.jsonl", "--json")
    assert json.loads(told.stdout).items() >= {"path": str(tmp_path / "q.jsonl"), "n_rows": 12}.items()


@pytest.mark.whole
def test_errors_of_the_doctor_lead_to_their_explanation(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"id": "a", "text": ', encoding="utf-8")
    done = CliRunner().invoke(main, ["doctor", str(gold)])
    assert done.exit_code == 1
    assert next_command(done)[0] == "explain"
