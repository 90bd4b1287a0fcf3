"""Every example of ``--help`` is run on a small data set, or parsed where it would take a model."""

import json
import shlex
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from nerforge.cli import main
from nerforge.cli.help.examples import Example, all_examples

ROOT = Path(__file__).parents[4]
PARSED = (
    *(
        "demo",
        "config",
        "train",
        "new-model",
        "export",
        "predict",
        "fetch-data",
        "fetch-model",
        "chat",
        "sweep",
    ),
    *("doctor train.yaml", "board split ccfbdci", "board check", "board compare"),
)
"""These need a model, a hub, LLaMA-Factory or the public ccfbdci; the command's parser checks each."""
SMALLER = {"--rows 50000": "--rows 300", "--rows 2000": "--rows 300", "--rows 4000": "--rows 300"}
QUICKER = {"curve": "--sizes 4 --draws 1 --resamples 100", "audit": "--folds 2 --rounds 5"}


def write_lines(path: Path, *rows: object) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def filled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["entities"]]


def with_scores(row: dict[str, Any]) -> dict[str, Any]:
    """Make answers of gold: each first entity of a sentence has another label, and a lower score."""
    first, *others = row["entities"]
    wrong = first | {"label": "Date" if first["label"] != "Date" else "City", "score": 0.4}
    return row | {"entities": [wrong, *(entity | {"score": 0.9} for entity in others)]}


def call(*args: str) -> None:
    done = CliRunner().invoke(main, list(args))
    assert done.exit_code == 0, (args, done.stderr)


def span(text: str, start: int, label: str) -> dict[str, object]:
    return {"start_idx": start, "end_idx": start + len(text), "entity_text": text, "entity_label": label}


def doccano(i: int, label: str) -> dict[str, object]:
    return {"id": i, "text": f"第{i}次会议由王芳主持。", "label": [[5 + len(str(i)), 7 + len(str(i)), label]]}


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the files that the examples name."""
    folder = tmp_path_factory.mktemp("examples")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        power = ("generate", "power", "--rows", "300", "--city", "菏泽市", "--dev", "0.2", "--test", "0.2")
        call(*power, "--out", "data_power")
        call("baseline", "dictionary", "--data", "data_power", "--out", "answers.jsonl")
        write_lines(
            Path("dev.jsonl"), *map(with_scores, filled(read_lines(Path("data_power/gold/dev.jsonl"))))
        )
        shutil.copy("answers.jsonl", "generated_predictions.jsonl")
        shutil.copy("data_power/gold/test.jsonl", "gold.jsonl")
        shutil.copy("data_power/gold/train.jsonl", "pool.jsonl")
        for name in ("a", "b", "c"):
            shutil.copy("answers.jsonl", f"{name}.jsonl")
            call("score", "--gold", "data_power", "--pred", "answers.jsonl", "--out", f"{name}.json")
    shutil.copytree(ROOT / "data" / "examples", folder / "data" / "examples")
    write_corpora(folder)
    topics = ("--train", f"{folder}/fudan/train.jsonl", "--test", f"{folder}/fudan/test.jsonl")
    call("generate", "fudan", *topics, "--out", f"{folder}/data_topics")
    return folder


def write_corpora(folder: Path) -> None:
    news = [
        {"text": f"第{i}次会议由王芳主持。", "entities": [span("王芳", 5 + len(str(i)), "PER")]}
        for i in range(40)
    ]
    write_lines(folder / "ccfbdci.jsonl", *news)
    ill = [
        {"text": f"第{i}例：发热。", "entities": [span("发热", 3 + len(str(i)), "sym")]} for i in range(40)
    ]
    write_lines(folder / "cmeee.jsonl", *ill)
    labels = ["体育", "政治", "经济"]
    topics = [
        {"text": f"类别：{'，'.join(labels)}\n文本：第{i}篇", "output": labels[i % 3]} for i in range(30)
    ]
    topics = [{"text": f"第{i}篇", "category": labels, "output": labels[i % 3]} for i in range(30)]
    (folder / "fudan").mkdir()
    write_lines(folder / "fudan" / "train.jsonl", *topics[3:])
    write_lines(folder / "fudan" / "test.jsonl", *topics[:3])
    rows = "".join(f"第 O\n{i} O\n王 B-人名\n芳 I-人名\n\n" for i in range(40))
    for name in ("my", "train", "test"):
        (folder / f"{name}.conll").write_text(rows.replace("第 O", f"{name} O"), encoding="utf-8")
    task = "title: 我的任务\nlabels:\n  - {name: 人名, definition: 人的名字}\ndefault_format: xml\n"
    (folder / "my_task.yaml").write_text(task, encoding="utf-8")
    for name in ("anna", "ben"):
        write_lines(folder / f"{name}.jsonl", *(doccano(i, "人名") for i in range(10)))
    tasks = [doccano(i, "人名") for i in range(10)]
    write_lines(folder / "export.json", *tasks)
    write_lines(folder / "verdicts.jsonl", verdict(read_lines(folder / "gold.jsonl")[0]))


def verdict(row: dict[str, Any]) -> dict[str, object]:
    digest = sha256(row["text"].encode()).hexdigest()
    return {"schema_version": 1, "id": row["id"], "text_sha256": digest, "verdict": "model", "error": None}


def parse(args: list[str]) -> None:
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group):
        found = command.get_command(context, name := args.pop(0))
        assert found is not None
        command = found
    command.make_context(name, args)


@pytest.mark.whole
@pytest.mark.parametrize("example", all_examples(), ids=lambda example: example.line[9:60])
def test_an_example_works(example: Example, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workplace)
    line = example.line
    if line.startswith("nerforge generate"):
        line = line.replace("--out ", "--out another_")
    for large, small in SMALLER.items():
        line = line.replace(large, small)
    program, *args = shlex.split(f"{line} {QUICKER.get(line.split()[1], '')}")
    assert program == "nerforge"
    if line.removeprefix("nerforge ").startswith(PARSED):
        parse(args)
        return
    done = CliRunner().invoke(main, args)
    assert done.exit_code in ((0, 3) if "--fail-under" in args else (0,)), done.stderr
