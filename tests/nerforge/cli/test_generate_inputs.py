"""``nerforge generate``: files that are divided, and published splits, as the command line names them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main

N_TRAIN = 20


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def row(number: int) -> dict[str, object]:
    text = f"小林第{number}次去北京"
    start = text.index("北京")
    entity = {"start_idx": start, "end_idx": start + 2, "entity_text": "北京", "entity_label": "GPE"}
    return {"text": text, "entities": [entity]}


def write(path: Path, numbers: range) -> Path:
    lines = (json.dumps(row(number), ensure_ascii=False) for number in numbers)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "train.jsonl", range(N_TRAIN))
    write(tmp_path / "dev.jsonl", range(100, 103))
    write(tmp_path / "test.jsonl", range(200, 205))
    write(tmp_path / "0.1", range(300, 302))


def sizes(*args: object) -> list[int]:
    done = run("generate", "corpus", *args, "--out", "out", "--json")
    assert done.exit_code == 0, done.stderr
    return [split["samples"] for split in json.loads(done.stdout)["splits"].values()]


@pytest.mark.whole
@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ("--input train.jsonl", [16, 2, 2]),
        ("--input train.jsonl --input test.jsonl --dev 0.2 --test 0", [20, 5, 0]),
        ("--train train.jsonl --dev dev.jsonl --test test.jsonl", [20, 3, 5]),
        ("--train train.jsonl --train dev.jsonl --test test.jsonl", [23, 0, 5]),
        ("--train train.jsonl --test test.jsonl --dev 0.1", [18, 2, 5]),
        ("--train train.jsonl", [20, 0, 0]),
        ("--input train.jsonl --test test.jsonl", [18, 2, 5]),
        ("--input train.jsonl --test test.jsonl --test dev.jsonl --dev 0", [20, 0, 8]),
        ("--input train.jsonl --test 1", [0, 0, 20]),
        ("--input train.jsonl --dev 1", [0, 20, 0]),
        ("--test test.jsonl", [0, 0, 5]),
        ("--train train.jsonl --test ./0.1", [20, 0, 2]),
        ("--train train.jsonl --dev dev.jsonl --test test.jsonl --limit 4 --head", [4, 3, 5]),
    ],
)
@pytest.mark.usefixtures("files")
def test_rows_go_where_the_options_say(args: str, expected: list[int]) -> None:
    assert sizes(*args.split()) == expected


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        ("", 2, "no corpus; give --input FILE, or published splits: --train, --dev, --test FILE"),
        ("--input train.jsonl --train dev.jsonl", 2, "--input and --train: give one of them"),
        ("--train train.jsonl --test test.jsonl --test 0.1", 2, "--test test.jsonl and --test 0.1: give one"),
        ("--input train.jsonl --dev 0.1 --dev 0.2", 2, "--dev 0.1 and --dev 0.2: give one share, or files"),
        ("--input train.jsonl --dev 0,1", 1, "0,1: no such file or folder; --dev takes a share such as 0.1"),
        ("--train train.jsonl --test train.jsonl", 2, "train.jsonl: is given twice, with --train and --test"),
        ("--train train.jsonl --test nan", 2, "each must be at least 0, and together at most 1"),
    ],
)
@pytest.mark.usefixtures("files")
def test_files_that_make_no_sense_are_refused(args: str, code: int, message: str) -> None:
    done = run("generate", "corpus", *args.split(), "--out", "out")
    assert (done.exit_code, done.stdout, message in done.stderr) == (code, "", True), done.stderr
    assert not Path("out").exists()


@pytest.mark.usefixtures("files")
def test_every_file_is_told_with_its_rows_and_splits() -> None:
    write(Path("same.jsonl"), range(3))
    done = run("generate", "ccfbdci", "--train", "train.jsonl", "--test", "same.jsonl", "--out", "out")
    lines = done.stdout.splitlines()
    of_test = "samples 3 (train 0, dev 0, test 3), 3 of a text that another file has too"
    assert f"same.jsonl (test): layout span_jsonl, rows 3, {of_test}" in lines
    assert "texts also in train: dev 0, test 3" in lines
    assert "dev: no samples, so there are no files for it" in lines


@pytest.mark.usefixtures("files")
def test_several_formats_hold_the_same_published_splits() -> None:
    args = ("--train", "train.jsonl", "--test", "test.jsonl", "--formats", "json,xml", "--out", "out")
    assert run("generate", "corpus", *args).exit_code == 0
    golds = [Path("out", name, "gold", "test.jsonl").read_bytes() for name in ("json", "xml")]
    assert golds[0] == golds[1]
    assert len(golds[0].splitlines()) == 5


@pytest.mark.usefixtures("files")
def test_published_splits_of_news_are_kept() -> None:
    for name, n in (("a.jsonl", 4), ("b.jsonl", 2)):
        rows = [
            {"text": f"{name}{i}球赛", "category": ["Art", "Sports"], "output": "Sports"} for i in range(n)
        ]
        Path(name).write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    done = run("generate", "fudan", "--train", "a.jsonl", "--test", "b.jsonl", "--out", "out")
    assert done.exit_code == 0, done.stderr
    assert "b.jsonl (test): rows 2, samples 2 (train 0, dev 0, test 2)" in done.stdout
    assert len(Path("out/gold/test.jsonl").read_bytes().splitlines()) == 2
