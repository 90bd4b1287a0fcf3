"""``--recipe`` makes data as a recipe states; options on the command line win."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main

NAMES = ["王芳", "李伟", "张娜", "刘敏", "陈静", "杨磊", "黄强", "周洁", "吴勇", "徐丽"]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    rows = [
        {
            "text": f"{name}来访。",
            "entities": [{"start_idx": 0, "end_idx": 2, "entity_text": name, "entity_label": "PER"}],
        }
        for name in NAMES
    ]
    path = tmp_path / "corpus.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def generate(corpus: Path, *args: str, task: str = "ccfbdci") -> Result:
    out = str(corpus.parent / "data")
    return CliRunner().invoke(main, ["generate", task, *args, "--input", str(corpus), "--out", out])


def read(corpus: Path, name: str) -> Any:
    return json.loads((corpus.parent / "data" / name).read_text(encoding="utf-8"))


def own_recipe(tmp_path: Path, data: str) -> str:
    path = tmp_path / "mine.yaml"
    path.write_text(f"task: ccfbdci\ntrain: {{}}\ndata: {data}\n", encoding="utf-8")
    return str(path)


def test_a_published_recipe_gives_the_published_rows(corpus: Path) -> None:
    done = generate(corpus, "--recipe", "ccfbdci_qwen2_1.5b")
    assert done.exit_code == 0, done.output
    [row] = read(corpus, "ner_test.json")
    assert row["instruction"] == "文本:王芳来访。" and row["input"] == ""
    assert row["system"].startswith("找出句子里的命名实体") and "句子：" not in row["system"]
    assert row["output"] == '{"entity_text": "王芳", "entity_label": "人名"}'
    settings = read(corpus, "manifest.json")["settings"]
    assert (settings["split"], settings["dev"], settings["test"]) == ("head", 0.0, 0.1)
    assert (settings["near_duplicates"], settings["max_tokens"]) == ("drop", 384)


def test_options_on_the_command_line_win(corpus: Path) -> None:
    done = generate(
        corpus, "--recipe", "ccfbdci_qwen2_1.5b", "--turn", "user", "--test", "0.2", "--prefix", "问："
    )
    assert done.exit_code == 0, done.output
    rows = read(corpus, "ner_test.json")
    assert len(rows) == 2
    assert all("system" not in row and "\n问：" in row["instruction"] for row in rows)


def test_the_language_of_a_recipe_is_that_of_its_data(corpus: Path) -> None:
    assert generate(corpus, "--recipe", "ccfbdci_en_qwen2_1.5b").exit_code == 0
    assert read(corpus, "manifest.json")["language"] == "en"
    assert '"Person Name"' in read(corpus, "ner.json")[0]["output"]


def test_a_recipe_of_ones_own_may_state_data_and_give_a_share_or_a_switch(corpus: Path) -> None:
    recipe = own_recipe(corpus.parent, "{dev: 0.2, test: 0.1, jsonl: true, format: xml}")
    assert generate(corpus, "--recipe", recipe).exit_code == 0
    manifest = read(corpus, "manifest.json")
    assert {name: split["samples"] for name, split in manifest["splits"].items()} == {
        "train": 7,
        "dev": 2,
        "test": 1,
    }
    assert manifest["answer_format"] == "xml" and (corpus.parent / "data" / "ner.jsonl").is_file()


def test_an_unknown_data_option_is_refused_with_the_known_ones(corpus: Path) -> None:
    done = generate(corpus, "--recipe", own_recipe(corpus.parent, "{max_chars: 30}"))
    assert done.exit_code == 1
    assert "data: max_chars: nerforge generate ccfbdci knows" in done.output and "max-chars" in done.output


def test_a_recipe_of_another_task_names_its_command(corpus: Path) -> None:
    done = generate(corpus, "--recipe", "cmeee_phi4")
    assert done.exit_code == 2
    assert "--recipe cmeee_phi4: is for task cmeee; use nerforge generate cmeee" in done.output


def test_an_unknown_recipe_lists_the_known_ones(corpus: Path) -> None:
    done = generate(corpus, "--recipe", "ccfbdci_qwen9")
    assert done.exit_code == 2 and "ccfbdci_qwen2_1.5b" in done.output
