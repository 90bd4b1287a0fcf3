"""The reference holds all of the program: commands, options, keys, variables, public names, codes."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest

import nerforge
from nerforge.cli import COMMANDS, load_command
from nerforge.evaluation.scores.schema import schema_document
from nerforge.foundation.environment_variables import VARIABLES
from nerforge.foundation.llamafactory.environment import REFUSED, REMOVED
from nerforge.llamafactory_configs.doctor.explaining.explanations import explained_codes
from nerforge.llamafactory_configs.layering.recipe_files import recipe_names
from nerforge.llamafactory_configs.running.run_manifest import ENVIRONMENT

pytest.importorskip("griffe", reason="needs the docs extra; make env installs it")
from docs.website.pages import PageTree
from docs.website.reference import add_reference

pytestmark = pytest.mark.whole
ROOT = Path(__file__).parents[2]
CODE = (
    "nerforge/foundation",
    "nerforge/api",
    "nerforge/cli",
    *("evaluation", "generators", "templates", "llamafactory_configs"),
)
NO_VARIABLE_OF_A_USER = {"name", "variable", "_TAGS", "SWITCH"}
"""Expressions: variables of other tables, of an option, and two that VARIABLES names."""


@pytest.fixture(scope="module", params=["en", "zh"])
def pages(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("reference")
    add_reference(PageTree(request.param, folder))
    found = folder / "reference"
    return {str(path.relative_to(found)): path.read_text(encoding="utf-8") for path in found.rglob("*.*")}


def options(command: click.Command, words: str) -> Iterator[tuple[str, str]]:
    """Give each option with the words of its command."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            member = command.get_command(context, name)
            assert member is not None
            yield from options(member, f"{words}-{name}")
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            yield from ((words, name) for name in (*parameter.opts, *parameter.secondary_opts))


def test_every_command_and_option_has_its_place(pages: dict[str, str]) -> None:
    found = [option for name in COMMANDS for option in options(load_command(name), name)]
    assert len(found) > 200
    for words, option in found:
        assert re.search(rf"{re.escape(option)}[ ,`<]", pages[f"commands/{words}.md"]), (words, option)
        assert f"nerforge {words.replace('-', ' ')}" in pages[f"commands/{words}.md"] or "-" in words
    assert all(f"(commands/{name}.md)" in pages["commands.md"] for name in COMMANDS)


def test_every_recipe_stands_there_with_its_comments(pages: dict[str, str]) -> None:
    for name in recipe_names():
        text = (ROOT / "llamafactory_configs" / "recipes" / f"{name}.yaml").read_text(encoding="utf-8")
        assert text.rstrip() in pages["recipes.md"]


def variables_read() -> set[str]:
    """Find what code asks of an environment: a name between quotes, or an expression."""
    found = set()
    for path in (path for folder in CODE for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                is_read = node.func.attr in ("get", "pop") and "environ" in ast.unparse(node.func.value)
                found |= {ast.unparse(node.args[0])} if is_read else set()
            elif isinstance(node, ast.Subscript) and "environ" in ast.unparse(node.value):
                found.add(ast.unparse(node.slice))
    return {name.strip("'\"") for name in found}


def test_every_variable_that_the_code_reads_is_in_the_one_table() -> None:
    known = {variable.name for variable in VARIABLES}
    read = {name for name in variables_read() if re.fullmatch(r"[\w]+", name)} - NO_VARIABLE_OF_A_USER
    assert len(read) > 30
    assert read - known == set()
    assert set(ENVIRONMENT) - known == set()
    assert len(known) == len(VARIABLES)


def test_every_variable_has_its_place(pages: dict[str, str]) -> None:
    names = {*(variable.name for variable in VARIABLES), *REMOVED, *REFUSED}
    assert all(f"`{name}`" in pages["environment.md"] for name in names)


def test_every_key_of_a_score_file_has_its_place(pages: dict[str, str]) -> None:
    schema = schema_document()
    keys = {key for struct in schema["$defs"].values() for key in struct.get("properties", {})}
    assert len(keys) > 50
    assert all(f"`{key}`" in pages["scores.md"] for key in keys)
    assert msgspec.json.decode(pages["scores.schema.json"]) == schema
    assert msgspec.json.decode(pages["manifest.schema.json"])["anyOf"]


def test_every_public_name_has_its_place(pages: dict[str, str]) -> None:
    assert all(f"\n### {name}\n" in pages["python.md"] for name in nerforge.__all__)


def test_every_code_has_a_page(pages: dict[str, str]) -> None:
    assert all(f"# {code}\n" in pages[f"codes/{code}.md"] for code in explained_codes())
    assert all(f"(codes/{code}.md)" in pages["codes.md"] for code in explained_codes())
