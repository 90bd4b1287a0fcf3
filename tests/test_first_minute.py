"""The first minute of the READMEs: what it prints, and a command for each thing that people come with."""

import re
import shlex
from pathlib import Path

import click
import pytest

from docs.website.recording import ARGUMENTS, PICTURE, SHOWN, draw, record
from nerforge.cli import main

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh-CN.md")
SCORE = re.compile(r"^uvx --from \. nerforge (score .*?)\n```\n", re.MULTILINE | re.DOTALL)
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


@pytest.mark.whole
def test_the_picture_of_the_first_command_shows_what_it_prints() -> None:
    for page in READMES:
        text = (ROOT / page).read_text(encoding="utf-8")
        shown = SCORE.search(text)
        assert shown is not None
        assert tuple(shlex.split(shown[1].replace("\\\n", " "))) == ARGUMENTS
        assert "](docs/first-minute.svg)" in text
    assert PICTURE.read_text(encoding="utf-8") == draw(SHOWN, record(ARGUMENTS))


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
