import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from nerforge.cli import main
from nerforge.cli.help.example_lines import cells, example_lines
from nerforge.cli.help.examples import Example
from nerforge.cli.help.exit_code_lines import EXIT_CODES, exit_codes_of
from nerforge.cli.help.headings import HEADINGS, OTHER, heading_of, long_name
from nerforge.cli.help.layout import help_parts
from nerforge.cli.settings.file_values import EVERYWHERE, SHARED, check_commands, checked_values
from nerforge.cli.settings.settings_file import find_settings


def leaves(command: click.Command, path: str = "") -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from leaves(found, f"{path} {name}".strip())
    else:
        yield path, command


def test_every_option_has_a_heading_and_every_command_examples() -> None:
    found = list(leaves(main))
    assert len(found) > 35
    bare = [
        f"{path} --{long_name(option)}"
        for path, command in found
        for options in help_parts(command, path).options.values()
        for option in options
        if len(command.params) > 10 and heading_of(path, long_name(option)) == OTHER
    ]
    assert [name for name in bare if not name.endswith((" --quiet", " --verbose", " --no-color"))] == []
    assert [path for path, command in found if not help_parts(command, path).examples] == []


def test_headings_stand_in_one_order_and_name_each_option_once() -> None:
    order = [*HEADINGS[:-1], OTHER, HEADINGS[-1], "Everywhere"]
    for path, command in leaves(main):
        groups = help_parts(command, path).options
        assert list(groups) == sorted(groups, key=order.index), path
        shown = [id(option) for options in groups.values() for option in options]
        options = [id(option) for option in command.params if isinstance(option, click.Option)]
        assert sorted(shown) == sorted(options), path


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_of_help_is_wider_than_the_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    for path, _ in [("", main), *leaves(main)]:
        done = CliRunner().invoke(main, [*path.split(), "--help"])
        wide = [line for line in done.stdout.splitlines() if cells(line) > width]
        assert wide == [], path
        assert "Examples:\n" in done.stdout, path
        assert "Exit codes: 0 done" in done.stdout, path


def test_long_examples_are_broken_before_options_by_cells() -> None:
    example = Example("One city", "nerforge generate power --rows 20 --city 菏泽市菏泽市 --out data")
    shown = list(example_lines([example], 48))
    assert shown == [
        "One city:",
        "  nerforge generate power --rows 20 \\",
        "    --city 菏泽市菏泽市 --out data",
    ]
    assert max(map(cells, shown)) <= 48


def test_choices_that_need_more_than_a_line_are_listed_in_the_text() -> None:
    shown = CliRunner().invoke(main, ["score", "--help"], env={"COLUMNS": "80"}).stdout
    assert "\n  --pred-layout NAME  " in shown
    assert "One\n" in shown or "One of:" in shown
    assert "anthropic_batch, bosonner" in shown
    assert "3 gate missed" in shown
    assert "3 gate missed" not in CliRunner().invoke(main, ["train", "--help"]).stdout


@pytest.mark.parametrize("page", ["configuration.md", "configuration.zh-CN.md"])
def test_the_page_names_every_exit_code(page: str) -> None:
    text = (Path(__file__).parents[4] / "docs" / page).read_text(encoding="utf-8")
    codes = [int(line.split("|")[1]) for line in text.splitlines() if re.match(r"\| \d+ \|", line)]
    assert codes == list(EXIT_CODES)
    used = {code for path, command in leaves(main) for code in exit_codes_of(path, command)}
    assert used == set(EXIT_CODES)


def test_every_command_can_be_scripted() -> None:
    found = [path for path, command in leaves(main) if not any("--json" in x.opts for x in command.params)]
    assert found == []


def test_a_wrong_option_of_any_command_is_a_wrong_call_and_told_the_nearest() -> None:
    for path, _ in leaves(main):
        done = CliRunner().invoke(main, [*path.split(), "--jsn"])
        assert (done.exit_code, done.stdout) == (2, ""), path
        assert "No such option '--jsn'" in done.stderr, path
        assert "--json" in done.stderr, path


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["generate", "pwoer"], "No such command 'pwoer'. Did you mean 'power'?"),
        (["board", "comapre"], "No such command 'comapre'. Did you mean 'compare'?"),
        (["score", "--gold", "g", "--pred", "p", "--format", "xlm"], "'auto'. Did you mean 'xml'?"),
        (["--quite", "score"], "No such option '--quite'. Did you mean '--quiet'?"),
    ],
)
def test_what_is_misspelt_is_told_the_nearest(args: list[str], message: str) -> None:
    done = CliRunner().invoke(main, args)
    assert (done.exit_code, message in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize("page", ["configuration.md", "configuration.zh-CN.md"])
def test_the_file_that_the_page_shows_is_accepted(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (Path(__file__).parents[4] / "docs" / page).read_text(encoding="utf-8")
    [shown] = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "nerforge.toml").write_text(shown, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    settings = find_settings(tmp_path)
    assert settings is not None
    commands = dict(leaves(main))
    check_commands(settings, {path.split()[0] for path in commands})
    for path in ("score", "generate power", "predict"):
        ctx = click.Context(commands[path])
        assert checked_values(settings, tuple(path.split()), commands[path], ctx)


def test_commands_of_a_group_are_described_whole() -> None:
    for name in ("baseline", "board", "generate", "label"):
        shown = CliRunner().invoke(main, [name, "--help"], env={"COLUMNS": "80"}).stdout
        assert not re.search(r"\w\.\.\.", shown), name
        assert shown.index("\nCommands:\n") < shown.index("\nEverywhere:\n") < shown.index("\nExamples:\n")


def test_options_for_all_commands_are_those_of_several() -> None:
    names = [{long_name(x) for x in c.params if isinstance(x, click.Option)} for _, c in leaves(main)]
    assert [name for name in (*SHARED, *EVERYWHERE) if sum(name in found for found in names) < 2] == []
