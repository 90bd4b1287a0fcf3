"""The first minute of the READMEs: what it prints, and a command for each thing that people come with."""

import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from nerforge.cli import main

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh-CN.md")
SCORE = re.compile(r"^uvx --from \. nerforge (score .*?)\n```\n.*?```\n(.*?)```", re.MULTILINE | re.DOTALL)
JOB = re.compile(r"^\| (.+?) \| (.+?) \| `nerforge (.+?)` \|$", re.MULTILINE)
WANTED = {
    *(
        "score",
        "generate corpus",
        "generate domain",
        "config",
        "doctor",
        "train",
        "sweep",
        "predict",
        "compare",
    ),
    *("baseline crf", "chat", "convert", "curve", "board add", "report", "audit", "label next"),
}


@pytest.mark.parametrize("page", READMES)
def test_the_first_command_prints_what_the_page_shows(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    shown = SCORE.search((ROOT / page).read_text(encoding="utf-8"))
    assert shown is not None
    command, text = shown.groups()
    done = CliRunner().invoke(main, shlex.split(command.replace("\\\n", " ")))
    assert done.exit_code == 0, done.stderr
    printed = iter(line.rstrip() for line in done.stdout.splitlines())
    assert [line for line in text.splitlines() if line != "…" and line not in printed] == []


def test_both_languages_have_a_command_for_each_thing_that_people_come_with() -> None:
    english, chinese = (
        [job[2] for job in JOB.findall((ROOT / page).read_text(encoding="utf-8"))] for page in READMES
    )
    assert english == chinese
    found = set()
    for line in english:
        names, args = [], shlex.split(line)
        command: click.Command = main
        context = click.Context(main)
        while isinstance(command, click.Group):
            names.append(args.pop(0))
            child = command.get_command(context, names[-1])
            assert child is not None
            command = child
        command.make_context("nerforge", args)
        found.add(" ".join(names if names[0] in ("generate", "board", "baseline", "label") else names[:1]))
    assert found == WANTED
