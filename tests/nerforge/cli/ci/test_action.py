"""The GitHub Action and the pre-commit hooks: their shell steps and commands are run as they are there."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from tests.first_minute import GOLD, PREDICTIONS

ROOT = Path(__file__).parents[4]
BIN = str(Path(sys.executable).parent)
SCORED = {
    "gold": str(GOLD),
    "pred": str(PREDICTIONS),
    "score-args": "--task ccfbdci --bootstrap 50",
}


def read_yaml(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def run_action(folder: Path, given: Mapping[str, str]) -> dict[str, int]:
    """Run the steps that the action has after its installation, as the runner does; give their exit codes."""
    action = read_yaml("action.yml")
    inputs = {name: given.get(name, x["default"]) for name, x in action["inputs"].items()}
    assert set(given) <= set(inputs)
    codes: dict[str, int] = {}
    for step in action["runs"]["steps"]:
        wanted = {"doctor": inputs["paths"], "score": inputs["gold"]}.get(step.get("id"))
        if wanted:
            codes[step["id"]] = run_step(step, inputs, folder)
    return codes


def run_step(step: dict[str, Any], inputs: dict[str, str], folder: Path) -> int:
    values = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: inputs[found[1]], text)
        for name, text in step["env"].items()
    }
    assert "${{" not in "".join(values.values())
    environment = (
        os.environ
        | values
        | {
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
            "GITHUB_OUTPUT": str(folder / "output"),
        }
    )
    script = folder / "step.sh"
    script.write_text(step["run"], encoding="utf-8")
    # https://docs.github.com/actions/reference/workflow-syntax-for-github-actions: `shell: bash`
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
    done = subprocess.run(shell, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    (folder / "log").write_text(done.stdout + done.stderr, encoding="utf-8")
    return done.returncode


@pytest.mark.parametrize("page", ["docs/ci.md", "docs/ci.zh-CN.md"])
def test_the_page_has_a_row_for_each_input(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`([\w-]+)`", row)}
    assert set(read_yaml("action.yml")["inputs"]) <= named
    assert {hook["id"] for hook in read_yaml(".pre-commit-hooks.yaml")} <= set(
        re.findall(r"id: ([\w-]+)", text)
    )


def test_no_input_is_put_into_a_shell_script() -> None:
    for step in read_yaml("action.yml")["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


@pytest.mark.whole
def test_the_action_examines_scores_and_writes_its_reports(tmp_path: Path) -> None:
    codes = run_action(tmp_path, SCORED | {"paths": SCORED["gold"], "fail-under": "0.8"})
    assert codes == {"doctor": 0, "score": 0}, (tmp_path / "log").read_text(encoding="utf-8")
    reports = tmp_path / "nerforge-reports"
    assert sorted(path.name for path in reports.iterdir()) == ["doctor.xml", "scores.json", "scores.xml"]
    f1 = json.loads((reports / "scores.json").read_text())["criteria"]["strict"]["micro"]["f1"]
    assert (tmp_path / "output").read_text() == f"f1={f1}\n"
    shown = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert shown.index("### ✅ nerforge doctor: 0 errors") < shown.index(
        "### ✅ nerforge score: strict micro F1 84.4 %"
    )


@pytest.mark.whole
def test_a_missed_limit_fails_the_step_and_keeps_its_reports(tmp_path: Path) -> None:
    assert run_action(tmp_path, SCORED | {"fail-under": "0.9"}) == {"score": 3}
    assert (tmp_path / "output").read_text().startswith("f1=0.84")
    suite = ElementTree.parse(tmp_path / "nerforge-reports" / "scores.xml").getroot()
    assert suite.get("failures") == "1"


@pytest.mark.whole
def test_words_of_inputs_are_arguments_and_nothing_more(tmp_path: Path) -> None:
    assert run_action(tmp_path, {"paths": "$(touch a) ; touch b * --fix"}) == {"doctor": 1}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "nerforge-reports", "step.sh"]


def test_hooks_take_the_files_that_the_doctor_examines() -> None:
    hooks = {hook["id"]: hook for hook in read_yaml(".pre-commit-hooks.yaml")}
    assert set(hooks) == {"nerforge-doctor", "nerforge-score"}
    pattern = re.compile(hooks["nerforge-doctor"]["files"])
    for path in ("data_mine/dataset_info.json", "dataset_info.json", "d/gold/test.jsonl", "d/manifest.json"):
        assert pattern.search(path), path
    for path in ("d/ner.json", "gold.jsonl", "d/gold/readme.md", "my_dataset_info.json"):
        assert not pattern.search(path), path


def git(folder: Path, *args: str) -> None:
    author = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *author, *args], cwd=folder, check=True, capture_output=True)


@pytest.mark.whole
@pytest.mark.parametrize(("label", "code"), [("PER", 0), ("PERSON", 1)], ids=["good", "bad"])
def test_pre_commit_stops_a_commit_of_faulty_gold(label: str, code: int, tmp_path: Path) -> None:
    """Run the hook from the commands that are installed: an environment of its own takes a network."""
    pre_commit = Path(BIN) / "pre-commit"
    if not pre_commit.exists():
        pytest.skip("pre-commit is not in this environment; `make env` installs it")
    hook = next(x for x in read_yaml(".pre-commit-hooks.yaml") if x["id"] == "nerforge-doctor")
    program, *args = shlex.split(hook["entry"])
    hook |= {"language": "system", "entry": shlex.join([f"{BIN}/{program}", *args])}
    gold = tmp_path / "data_mine" / "gold"
    gold.mkdir(parents=True)
    entity = {"label": label, "text": "王芳", "start": 0, "end": 2}
    (gold / "test.jsonl").write_text(
        json.dumps({"id": "a", "text": "王芳来了", "entities": [entity], "meta": {"task": "ccfbdci"}}) + "\n",
        encoding="utf-8",
    )
    manifest = {"task": "ccfbdci", "answer_format": "json"}
    (tmp_path / "data_mine" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    config = {"repos": [{"repo": "local", "hooks": [hook | {"files": "gold/"}]}]}
    (tmp_path / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    environment = os.environ | {"PRE_COMMIT_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [pre_commit, "run", "--all-files"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "nerforge doctor" in done.stdout
