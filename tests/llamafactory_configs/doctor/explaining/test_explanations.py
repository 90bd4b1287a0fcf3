"""Each code is explained; its wrong example gives the code, its right one does not."""

import ast
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from nerforge.cli import main
from nerforge.foundation.errors import UsageError
from nerforge.llamafactory_configs.checking import config_check
from nerforge.llamafactory_configs.checking.arguments import Lookup
from nerforge.llamafactory_configs.doctor.explaining.explanations import (
    Explanation,
    Files,
    explain,
    explained_codes,
    write_example,
)
from nerforge.llamafactory_configs.doctor.faults import FAULTS

CHECKS = Path(__file__).parents[4] / "llamafactory_configs" / "checking"
DOCS = Path(__file__).parents[4] / "docs"
EXPLAINED = {code: explain(code) for code in explained_codes()}
TRIED = [code for code, explained in EXPLAINED.items() if explained.wrong is not None]


def found(
    explained: Explanation, files: Files, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Run the doctor on an example; give the severity of each code."""
    write_example(explained, files, folder)
    monkeypatch.chdir(folder)
    done = CliRunner().invoke(main, ["doctor", *explained.call, "--json"])
    assert done.stdout.startswith("{"), done.output
    listed = re.findall(r'"code": "([\w-]+)",\s*"severity": "(\w+)"', done.stdout)
    return dict(listed)


@pytest.fixture(autouse=True)
def without_llamafactory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave keys of a YAML unchecked, which takes ten seconds and is not the point."""
    monkeypatch.setattr(config_check, "known_arguments", lambda: Lookup(None, "it is not asked here"))


def codes_of_keys() -> set[str]:
    """Find the names that checks of a training YAML give their findings."""
    found = {"no-login", *re.findall(r'"(known-fault)"', (CHECKS / "known_faults.py").read_text("utf-8"))}
    for path in CHECKS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Finding", "error") and node.args:
                found |= {node.args[0].value} if isinstance(node.args[0], ast.Constant) else set()
    return found


def test_every_code_of_the_doctor_is_explained_and_no_other() -> None:
    # The doctor says these itself, as D105, D406 and D802.
    named = codes_of_keys() - {"no-data", "unknown-data-set", "first-rows"}
    assert set(explained_codes()) == {*FAULTS, *named}
    assert len(TRIED) >= 75


@pytest.mark.parametrize("code", EXPLAINED)
def test_an_explanation_is_whole(code: str) -> None:
    explained = EXPLAINED[code]
    assert explained.why.endswith(".")
    assert re.search(r"[一-龥]", explained.zh.why)
    assert bool(explained.zh.remedy) == bool(explained.kind.remedy)
    assert bool(explained.untested) == (explained.wrong is None)
    # A note may have nothing to do about it, and then no right way.
    assert explained.right is not None or explained.untested or explained.kind.severity == "note"


@pytest.mark.parametrize("code", TRIED)
def test_the_wrong_example_gives_the_code(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    explained = EXPLAINED[code]
    assert explained.wrong is not None
    assert found(explained, explained.wrong, tmp_path, monkeypatch)[code] == explained.kind.severity


@pytest.mark.parametrize("code", TRIED)
def test_the_right_example_gives_neither_the_code_nor_errors(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    explained = EXPLAINED[code]
    if explained.right is None:
        # D101 and the like: the right way is what any example has; D502: a note.
        return
    codes = found(explained, explained.right, tmp_path, monkeypatch)
    assert code not in codes
    loud = {name for name, severity in codes.items() if severity != "note"}
    assert loud <= set(explained.allowed)


@pytest.mark.parametrize(("page", "language"), [("doctor.md", "en"), ("doctor.zh-CN.md", "zh")])
def test_the_tables_of_the_pages_say_what_the_explanations_say(page: str, language: str) -> None:
    rows = re.findall(r"^\| `(D\d{3})` \| \S+ \| (.*?) \|", (DOCS / page).read_text("utf-8"), re.MULTILINE)
    explained = [explain(code) for code in FAULTS]
    told = {x.code: x.zh.message if language == "zh" else x.kind.message for x in explained}
    assert dict(rows) == told


def test_a_code_may_be_in_small_letters_and_a_misspelt_one_is_told_the_nearest() -> None:
    assert explain("d403").code == "D403"
    with pytest.raises(UsageError, match="did you mean 'D403'"):
        explain("D4033")
