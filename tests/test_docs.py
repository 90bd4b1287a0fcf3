"""The READMEs name only what exists, and the two say the same."""

import re
import shlex
from pathlib import Path

import click
import pytest

from llamafactory_configs.rendering import recipe_names
from nerforge.cli import main

ROOT = Path(__file__).parents[1]
DOCS = ("README.md", "README.zh-CN.md")


def command_lines(text: str) -> list[str]:
    blocks = re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith(("nerforge ", "make ", ".venv/bin/", "pip "))]


@pytest.mark.parametrize("doc", DOCS)
def test_every_command_of_a_readme_is_one_that_there_is(doc: str) -> None:
    lines = [line for line in command_lines((ROOT / doc).read_text(encoding="utf-8"))]
    nerforge = [shlex.split(line)[1:] for line in lines if line.startswith("nerforge ")]
    assert len(nerforge) >= 7
    for args in nerforge:
        command: click.Command = main
        context = click.Context(main)
        while isinstance(command, click.Group):
            found = command.get_command(context, args.pop(0))
            assert found is not None
            command = found
        command.make_context("nerforge", args)


@pytest.mark.parametrize("doc", DOCS)
def test_the_make_targets_and_recipes_of_a_readme_exist(doc: str) -> None:
    text = (ROOT / doc).read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^make (\w+)", text, re.MULTILINE))
    assert targets == {"demo", "test"}
    assert all(f"\n{target}:" in makefile for target in targets)
    assert all(f"`{name}`" in text for name in recipe_names())


@pytest.mark.parametrize("doc", [*DOCS, "CONTRIBUTING.md", "data/README.md"])
def test_the_links_of_a_page_lead_to_files(doc: str) -> None:
    page = ROOT / doc
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8"))
    for link in links:
        assert (page.parent / link).exists(), link


def test_the_two_readmes_give_the_same_commands() -> None:
    english, chinese = (command_lines((ROOT / doc).read_text(encoding="utf-8")) for doc in DOCS)
    strip = [[line.partition("#")[0].strip() for line in lines] for lines in (english, chinese)]
    assert strip[0] == strip[1]
