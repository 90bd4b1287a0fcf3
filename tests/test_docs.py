"""The pages name only what exists, and the two languages say the same."""

import re
import shlex
from pathlib import Path

import click
import pytest

from nerforge.cli import main
from nerforge.generators.corpora.layouts import LAYOUTS
from nerforge.llamafactory_configs.layering.recipe_files import recipe_names

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh-CN.md")
PAGES = [*READMES, *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))]
ENGLISH = [page for page in PAGES if not page.endswith(".zh-CN.md")]
OTHERS = ["CONTRIBUTING.md", "CHANGELOG.md", "data/README.md"]


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(text: str) -> list[str]:
    """Give the fenced blocks, without the remarks behind a command."""
    return [
        re.sub(r" +#.*", "", block)
        for block in re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    ]


def command_lines(text: str) -> list[str]:
    lines = "\n".join(blocks(text)).replace("\\\n", " ").splitlines()
    return [line for line in lines if re.match(r"(\S+/bin/\S+|nerforge|make|pip|sed) ", line)]


def links(text: str) -> list[str]:
    # `[王毅](人名)` in code shows an answer and is no link.
    return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", text))


def anchors(text: str) -> set[str]:
    """Give the anchors that GitHub makes of the headings."""
    titles = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def in_english(link: str) -> str:
    """Name the page or file that a link of either language leads to."""
    return link if link.startswith("http") else link.partition("#")[0].replace(".zh-CN", "")


def test_there_are_pages_and_each_has_its_twin() -> None:
    assert len(ENGLISH) >= 2
    assert sorted(PAGES) == sorted([*ENGLISH, *(page.replace(".md", ".zh-CN.md") for page in ENGLISH)])


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_is_one_that_there_is(page: str) -> None:
    lines = command_lines(read(page))
    nerforge = [shlex.split(line)[1:] for line in lines if re.match(r"(\S+/bin/)?nerforge ", line)]
    assert len(nerforge) >= (7 if page in READMES else 1)
    for args in nerforge:
        command: click.Command = main
        context = click.Context(main)
        while isinstance(command, click.Group):
            found = command.get_command(context, args.pop(0))
            assert found is not None
            command = found
        command.make_context("nerforge", args)


@pytest.mark.parametrize("page", READMES)
def test_the_make_targets_and_recipes_of_a_readme_exist(page: str) -> None:
    text = read(page)
    makefile = read("Makefile")
    targets = set(re.findall(r"^make (\w+)", text, re.MULTILINE))
    assert targets == {"demo", "test"}
    assert all(f"\n{target}:" in makefile for target in targets)
    assert all(f"`{name}`" in text for name in recipe_names())


@pytest.mark.parametrize("page", [*PAGES, *OTHERS])
def test_the_links_of_a_page_lead_to_files_and_headings(page: str) -> None:
    for link in links(read(page)):
        if link.startswith(("http:", "https:")):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), link


@pytest.mark.parametrize("page", ENGLISH)
def test_two_twins_give_the_same_commands_outputs_and_links(page: str) -> None:
    english, chinese = read(page), read(page.replace(".md", ".zh-CN.md"))
    assert command_lines(english) == command_lines(chinese)
    assert blocks(english) == blocks(chinese)
    assert sorted(map(in_english, links(english))) == sorted(map(in_english, links(chinese)))


@pytest.mark.parametrize("page", ENGLISH)
def test_two_twins_have_the_same_tables(page: str) -> None:
    english, chinese = (
        [row.count(" | ") for row in re.findall(r"^\|.*\|$", read(twin), re.MULTILINE)]
        for twin in (page, page.replace(".md", ".zh-CN.md"))
    )
    assert english == chinese


@pytest.mark.parametrize("page", ["docs/layouts.md", "docs/layouts.zh-CN.md"])
def test_the_page_of_layouts_has_a_row_for_each(page: str) -> None:
    rows = re.findall(r"^\| (`.*?) \|", read(page), re.MULTILINE)
    assert sorted(name for row in rows for name in re.findall(r"`(\w+)`", row)) == sorted(LAYOUTS)
