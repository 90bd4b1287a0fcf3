import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from nerforge.cli.options.everywhere import everywhere_options
from nerforge.cli.printing.volume import usual_volume
from nerforge.cli.settings.filling import isolate, take_settings
from nerforge.cli.settings.settings_file import find_settings

COMMANDS = ("score", "train")
Run = Callable[..., Result]


def make_group() -> click.Group:
    @click.group()
    @click.option("--isolated", is_flag=True, expose_value=False, callback=isolate)
    def group() -> None:
        pass

    @group.command()
    @click.option("--bootstrap", "n_bootstrap", type=click.IntRange(min=0), default=1000)
    @click.option("--at-precision", "precisions", type=float, multiple=True)
    @click.option("--set", "pairs", multiple=True)
    @click.option("--gold", type=click.Path(path_type=Path))
    @click.option("--task", metavar="NAME|FILE.yaml")
    @click.option("--shown", is_flag=False, flag_value="10")
    @click.option("--why", is_flag=True)
    @click.option("--seed", type=int, default=0)
    @click.option("--url")
    @click.option("--key-variable")
    def score(**values: object) -> None:
        click.echo(json.dumps(values, default=str))

    found = group.commands["score"]
    found.params += everywhere_options()
    take_settings(found, "score", COMMANDS)
    return group


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    group = make_group()

    def call(*args: str, toml: str | None = None, env: dict[str, str] | None = None) -> Result:
        if toml is not None:
            Path("nerforge.toml").write_text(toml, encoding="utf-8")
        with usual_volume():
            return CliRunner().invoke(group, args, env=env)

    return call


def test_what_is_typed_wins_over_the_environment_and_that_over_the_file(run: Run) -> None:
    toml = "[score]\nbootstrap = 1\n"
    env = {"NERFORGE_SCORE_BOOTSTRAP": "2"}
    read = [
        run("score"),
        run("score", toml=toml),
        run("score", env=env),
        run("score", "--bootstrap", "3", env=env),
        run("--isolated", "score", env=env),
    ]
    assert [json.loads(done.stdout)["n_bootstrap"] for done in read] == [1000, 1, 2, 3, 1000]


def test_every_type_of_value_may_stand_in_a_file(run: Run) -> None:
    toml = """\
seed = 7
[score]
at_precision = [0.9, 0.95]
set = "lora_rank=4"
why = true
shown = true
"""
    values = json.loads(run("score", toml=toml).stdout)
    assert values["precisions"] == [0.9, 0.95]
    assert (values["pairs"], values["why"], values["shown"]) == (["lora_rank=4"], True, "10")
    assert values["seed"] == 7
    assert json.loads(run("score", toml="seed = 7\n[score]\nseed = 8").stdout)["seed"] == 8


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[score]\n\nbootstrpa = 1", "nerforge.toml:3: 'bootstrpa' is not an option of nerforge score; did"),
        ("[scoer]\nbootstrap = 1", "nerforge.toml:1: 'scoer' is not a command; did you mean 'score'?"),
        ("sed = 1", "nerforge.toml:1: 'sed' is not an option of all commands; did you mean 'seed'?"),
        ("[score]\nbootstrap = 'x'", "nerforge.toml:2: bootstrap: 'x' is not a valid integer range."),
        ("[score]\nbootstrap = -1", "nerforge.toml:2: bootstrap: -1 is not in the range x>=0."),
        ("[score]\nbootstrap = true", "nerforge.toml:2: bootstrap: expected one value; found true or false"),
        ("[score]\nbootstrap = [1]", "nerforge.toml:2: bootstrap: expected one value; found a list, [1]"),
        ("[score]\nwhy = 'yes'", "nerforge.toml:2: why: expected true or false; found a text, 'yes'"),
        ("score = 1", "'score' is not an option of all commands"),
        ("[score]\nx = = 1", "nerforge.toml:2: no TOML: "),
        ("[score]\napi_key = 'sk-1'", "nerforge.toml:2: api_key: secrets may not stand in a file"),
        ("[score]\nset = ['hub_token=hf_1']", "nerforge.toml:2: hub_token is a secret and may not stand in"),
        ("[score]\nkey-variable = 'HOME'", "nerforge.toml:2: key-variable may not stand in a file: it"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_told_by_its_line(run: Run, toml: str, message: str) -> None:
    done = run("score", toml=toml)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr
    assert "sk-1" not in done.stderr
    assert "hf_1" not in done.stderr
    assert run("score", "--help").exit_code == 0


def test_paths_of_a_file_are_meant_from_where_it_is(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "task.yaml").touch()
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "nerforge.toml").write_text("[score]\ngold = 'gold.jsonl'\ntask = 'task.yaml'\n")
    assert json.loads(run("score").stdout)["gold"] == "gold.jsonl"
    monkeypatch.chdir(tmp_path / "deep" / "er")
    values = json.loads(run("score").stdout)
    assert (values["gold"], values["task"]) == ("../../gold.jsonl", "../../task.yaml")
    (tmp_path / "nerforge.toml").write_text("[score]\ntask = 'ccfbdci'\n")
    assert json.loads(run("score").stdout)["task"] == "ccfbdci"


def test_the_nearest_file_up_to_the_root_of_the_repository_is_read(tmp_path: Path) -> None:
    (tmp_path / "nerforge.toml").write_text("seed = 1")
    inner = tmp_path / "repository" / "folder"
    inner.mkdir(parents=True)
    # Without a repository only the folder itself is looked at.
    assert find_settings(inner) is None
    (tmp_path / "repository" / ".git").mkdir()
    assert find_settings(inner) is None
    project = inner.parent / "pyproject.toml"
    project.write_text("[project]\nname = 'x'\n")
    assert find_settings(inner) is None
    project.write_text(
        "[project]\nname = 'x'\n\n[tool.nerforge]\nseed = 2\n[tool.nerforge.score]\nwhy = true\n"
    )
    found = find_settings(inner)
    assert found is not None
    assert found.values == {"seed": 2, "score": {"why": True}}
    assert found.place("score", "why") == f"{project}:7"
    (inner / "nerforge.toml").write_text("seed = 3")
    found = find_settings(inner)
    assert found is not None
    assert found.values == {"seed": 3}


def test_verbose_says_where_each_value_comes_from(run: Run) -> None:
    toml = "seed = 7\n[score]\nat-precision = [0.5]\n"
    done = run("score", "-v", "--why", toml=toml, env={"NERFORGE_SCORE_BOOTSTRAP": "2"})
    assert done.stderr.splitlines() == [
        "--bootstrap 2: NERFORGE_SCORE_BOOTSTRAP",
        "--at-precision 0.5: nerforge.toml:3",
        "--why true: command line",
        "--seed 7: nerforge.toml:1",
    ]
    assert run("score", "--why", toml=toml).stderr == ""


def test_an_address_that_a_file_names_is_always_told(run: Run) -> None:
    toml = "[score]\nurl = 'https://example.org/v1'\n"
    assert run("score", toml=toml).stderr == "--url https://example.org/v1: nerforge.toml:2\n"
    assert run("score", "--quiet", toml=toml).stderr == ""
    assert run("score", "--url", "http://localhost", toml=toml).stderr == ""


def test_a_variable_of_no_option_is_told(run: Run) -> None:
    done = run("score", env={"NERFORGE_SCORE_BOOTSTRPA": "2", "NERFORGE_CACHE": "x"})
    assert done.stderr == (
        "notice: NERFORGE_SCORE_BOOTSTRPA is no option of nerforge score and is ignored; did you mean "
        "NERFORGE_SCORE_BOOTSTRAP?\n"
    )


def test_a_wrong_value_of_a_variable_names_the_variable(run: Run) -> None:
    done = run("score", env={"NERFORGE_SCORE_BOOTSTRAP": "many"})
    assert done.exit_code == 2
    assert done.stderr == "Error: NERFORGE_SCORE_BOOTSTRAP: 'many' is not a valid integer range.\n"
    assert "Invalid value for '--bootstrap'" in run("score", "--bootstrap", "many").stderr


def test_a_file_may_ask_for_quiet_and_who_types_decides(run: Run) -> None:
    toml = "quiet = true\n[score]\nurl = 'https://example.org/v1'\n"
    assert run("score", toml=toml).stderr == ""
    assert "--url https://example.org/v1: nerforge.toml:3" in run("score", "--verbose", toml=toml).stderr
    assert "give one of them" in run("score", "--verbose", "--quiet").stderr
