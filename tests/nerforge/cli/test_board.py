"""``nerforge board`` from a corpus to a page."""

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main

pytestmark = pytest.mark.whole

ROOT = Path(__file__).parents[3]
COMPARED = re.compile(r"```sh\nnerforge (board compare .*)\n```\n\n```\n(.*?)```\n", re.DOTALL)


def run(*args: object) -> Result:
    return CliRunner().invoke(main, ["board", *map(str, args)])


def write_corpus(path: Path) -> Path:
    rows = [
        {
            "text": f"王芳在第{n}天去了上海。",
            "entities": [{"label": "PER", "start": 0, "end": 2, "text": "王芳"}],
        }
        for n in range(40)
    ]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_from_a_corpus_of_ones_own_to_a_page(tmp_path: Path) -> None:
    corpus, split, board = write_corpus(tmp_path / "own.jsonl"), tmp_path / "split", tmp_path / "board"
    done = run("split", "corpus", "--input", corpus, "--out", split)
    assert done.exit_code == 0, done.output
    assert [line.split()[:4] for line in done.stdout.splitlines()[2:5]] == [
        ["train", "32", "0", "32"],
        ["dev", "4", "0", "4"],
        ["test", "4", "0", "4"],
    ]
    done = run(
        *("add", split / "gold" / "test.jsonl", "--data", split, "--board", board, "--set", "own"),
        *("--kind", "other", "--model", "People", "--train-rows", 3),
    )
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("own/other-people-3 (other), in ")
    assert done.stdout.splitlines()[-1].split() == "test 4 100.0 100.0-100.0 100.0 100.0 clean 4".split()
    done = run("check", split, "--board", board)
    assert done.stdout == "own/other-people-3: 4 sentences, the same figures\n"
    done = run("page", "--board", board, "--out", tmp_path / "docs")
    assert done.stdout.splitlines() == [str(tmp_path / "docs" / f"board{x}.md") for x in ("", ".zh-CN")]


def test_split_prints_its_description_as_json(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "own.jsonl")
    done = run("split", "corpus", "--input", corpus, "--out", tmp_path / "split", "--json")
    assert json.loads(done.stdout) == json.loads((tmp_path / "split" / "split.json").read_text())


def test_a_folder_that_no_row_answers_has_nothing_to_check(tmp_path: Path) -> None:
    (tmp_path / "gold").mkdir()
    done = run("check", tmp_path, "--board", Path(__file__).parents[3] / "data" / "board")
    assert done.exit_code == 1
    assert "is the gold of none of the" in done.stderr


@pytest.mark.parametrize("page", ["board.md", "board.zh-CN.md", "settings.md", "settings.zh-CN.md"])
def test_the_pages_show_what_compare_prints_of_the_rows_that_are_kept(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    shown = COMPARED.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))
    assert shown
    for command, expected in shown:
        done = CliRunner().invoke(main, shlex.split(command))
        assert [line.rstrip() for line in done.stdout.splitlines()] == expected.splitlines()
