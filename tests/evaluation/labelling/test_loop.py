"""The loop of docs/labelling.md runs, line by line, with simulated annotators and answers."""

import json
import random
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nerforge.cli import main

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.whole
_FIRST = "王李张刘陈杨赵黄周吴"
NAMES = {
    "PER": [a + b for a in _FIRST for b in ("海", "梅", "伟", "小芳", "建国", "静")],
    "GPE": ["上海", "青岛市", "烟台", "北京", "大连市", "法国", "武威", "菏泽市"],
    "ORG": ["第一人民医院", "晨光出版社", "供电公司", "海洋大学", "铁路局"],
    "LOC": ["祁连山", "黄河", "渤海湾", "崂山"],
}
SENTENCES = (
    ("PER", "昨天从", "GPE", "到了", "GPE", "。"),
    ("ORG", "将在下月邀请", "PER", "和", "PER", "。"),
    ("队伍翻过", "LOC", "，在", "GPE", "休整了两天，", "PER", "说。"),
    ("PER", "在", "GPE", "的", "ORG", "工作。"),
    ("今天有大雨，", "GPE", "停课。"),
    ("GPE", "的", "ORG", "在", "LOC", "边上，", "PER", "去过。"),
)


def lines_of_docs() -> list[list[str]]:
    page = (ROOT / "docs" / "labelling.md").read_text("utf-8")
    section = page.partition("## From sentences to a model")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines()]


def known_gold(n: int = 300) -> dict[str, list[dict[str, Any]]]:
    """Give entities by text, which is what annotators know."""
    rng = random.Random(4)
    found: dict[str, list[dict[str, Any]]] = {}
    while len(found) < n:
        parts = [(rng.choice(NAMES[x]), x) if x in NAMES else (x, "") for x in rng.choice(SENTENCES)]
        text, entities = "", []
        for said, label in parts:
            if label:
                start, end = len(text), len(text) + len(said)
                entities.append({"label": label, "text": said, "start": start, "end": end})
            text += said
        found[text] = entities
    return found


def annotate(tasks: Path, out: Path, gold: dict[str, list[dict[str, Any]]]) -> None:
    """Let two people label tasks; the second one overlooks the last entity of every third sentence."""
    rows = json.loads(tasks.read_text("utf-8"))
    for number, task in enumerate(rows, start=1):
        assert "annotations" not in task
        results = [
            {
                "type": "labels", "from_name": "label", "to_name": "text",
                "value": {"start": e["start"], "end": e["end"], "text": e["text"], "labels": [e["label"]]},
            }
            for e in gold[task["data"]["text"]]
        ]  # fmt: skip
        seen = results[:-1] if number % 3 == 0 else results
        task["id"] = number
        task["annotations"] = [
            {"id": 2 * number, "completed_by": {"email": "anna@x.org"}, "result": results},
            {"id": 2 * number + 1, "completed_by": {"email": "ben@x.org"}, "result": seen},
        ]
    out.write_text(json.dumps(rows), "utf-8")


def answer(data: Path, out: Path, gold: dict[str, list[dict[str, Any]]]) -> None:
    """Answer as a model does that is unsure of organisations."""
    rows = [json.loads(line) for line in (data / "gold" / "test.jsonl").read_text("utf-8").splitlines()]
    with out.open("w", encoding="utf-8") as file:
        for row in rows:
            entities = [e | {"score": 0.4 if e["label"] == "ORG" else 0.95} for e in gold[row["text"]]]
            file.write(json.dumps({"id": row["id"], "entities": entities}, ensure_ascii=False) + "\n")


def test_every_line_of_the_loop_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pycrfsuite", reason="needs the baselines extra")
    monkeypatch.chdir(tmp_path)
    gold = known_gold()
    (tmp_path / "pool.txt").write_text("".join(text + "\n" for text in gold), "utf-8")
    said = {}
    for command, *args in lines_of_docs():
        assert command == "nerforge"
        for number in "13":
            tasks, export = tmp_path / f"tasks{number}" / "tasks.json", tmp_path / f"export{number}.json"
            if export.name in args and not export.exists():
                annotate(tasks, export, gold)
        if args[0] == "predict":
            answer(tmp_path / "data_pool", tmp_path / "answers.jsonl", gold)
            continue
        done = CliRunner().invoke(main, args)
        assert done.exit_code == 0, (args, done.stderr)
        said[" ".join(args[:3])] = done.stdout
    assert "2 annotators" in said["label agree export1.json"]
    suggested = json.loads((tmp_path / "tasks3" / "tasks.json").read_text("utf-8"))
    predictions = [task["predictions"][0] for task in suggested]
    assert all(one["model_version"] == "answers" for one in predictions)
    # The least sure entities come first, and their scores are those of the answers.
    assert [r["score"] for r in predictions[0]["result"]].count(0.4) >= 1
    assert all(0.4 <= one["score"] <= 0.95 for one in predictions if one["result"])
    labelled = [json.loads(line) for line in (tmp_path / "labelled.jsonl").read_text("utf-8").splitlines()]
    first = [json.loads(line)["id"] for line in (tmp_path / "batch1.jsonl").read_text("utf-8").splitlines()]
    third = [json.loads(line)["id"] for line in (tmp_path / "batch3.jsonl").read_text("utf-8").splitlines()]
    assert {row["id"] for row in labelled} == {*first, *third}
    assert all(row["meta"]["annotators"] == ["anna@x.org", "ben@x.org"] for row in labelled)
    texts = [row["text"] for row in labelled]
    assert len(set(texts)) == len(texts)
