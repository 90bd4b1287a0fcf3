"""Options that take one value are refused when they are repeated: no command keeps the last in silence."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from nerforge.cli import COMMANDS, load_command, main
from nerforge.cli.options.repeated_options import refuse_repeats


def single_options() -> Iterator[tuple[list[str], click.Option]]:
    """Yield every option that takes one value, with its command."""
    for name in COMMANDS:
        command = load_command(name)
        for leaf, words in _with_words(command, [name]):
            for option in leaf.params:
                if isinstance(option, click.Option) and not (option.is_flag or option.multiple):
                    yield words, option


def _with_words(command: click.Command, words: list[str]) -> Iterator[tuple[click.Command, list[str]]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            subcommand = command.get_command(context, name)
            assert subcommand is not None
            yield from _with_words(subcommand, [*words, name])
    else:
        yield command, words


FOUND = list(single_options())
ONE_OF_EACH = {tuple(words): option for words, option in FOUND}


def test_every_command_is_looked_at() -> None:
    assert len(ONE_OF_EACH) >= len(COMMANDS)
    assert len(FOUND) > 100


@pytest.mark.parametrize(("words", "option"), FOUND, ids=lambda x: getattr(x, "name", None) or " ".join(x))
def test_a_repeated_option_is_a_usage_error_that_names_it(words: list[str], option: click.Option) -> None:
    name = max(option.opts, key=len)
    done = CliRunner().invoke(main, [*words, name, "1", name, "1"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"Error: {name}: given 2 times, and takes one value" in done.stderr


@click.command()
@click.option("--many", multiple=True)
@click.option("--flag", is_flag=True)
@click.option("--on/--off", default=None)
@click.option("-x", "kind", flag_value="x")
@click.option("-y", "kind", flag_value="y")
def sample(**given: object) -> None:
    click.echo(given)


refuse_repeats(sample)


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["--many", "a", "--many", "b"], 0),
        (["--flag", "--flag"], 0),
        (["--on", "--off"], 2),
        (["-x", "-y"], 2),
        (["-x"], 0),
    ],
    ids=["many", "flag", "on and off", "one of two", "once"],
)
def test_only_what_would_be_overwritten_is_refused(args: list[str], code: int) -> None:
    assert CliRunner().invoke(sample, args).exit_code == code


def test_files_behind_an_option_are_told_to_repeat_it() -> None:
    done = CliRunner().invoke(main, ["generate", "corpus", "--input", "a.jsonl", "b.jsonl", "--out", "o"])
    message = "unexpected b.jsonl; repeat the option for each: --input A --input B"
    assert (done.exit_code, message in done.stderr) == (2, True)


def test_a_key_that_is_set_twice_is_refused() -> None:
    pairs = ["--set", "lora_rank=8", "--set", "lora_rank=16"]
    done = CliRunner().invoke(main, ["config", "cmeee_phi4", "--data", "nowhere", *pairs])
    assert (done.exit_code, "'lora_rank=16': lora_rank is set twice" in done.stderr) == (2, True)


def test_a_table_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    pairs = ["--table", "names=a.csv", "--table", "names=b.csv"]
    done = CliRunner().invoke(
        main, ["generate", "domain", str(tmp_path), "--rows", "1", "--out", "o", *pairs]
    )
    assert (done.exit_code, "--table names: given twice, as a.csv and b.csv" in done.stderr) == (2, True)
