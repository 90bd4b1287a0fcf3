"""The commands in a recipe's head, run on real corpora, give what the doctor finds no fault with."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nerforge.cli import main
from nerforge.llamafactory_configs.layering.recipe_files import load_recipe, recipe_names

SHARED = Path(__file__).parents[4] / "shared"
TOKENIZER = SHARED / "models" / "qwen2-tokenizer"
REAL = {
    "ccfbdci.jsonl": "ccfbdci.jsonl",
    "cmeee.jsonl": "cmeee.jsonl",
    "train.jsonl": "fudan_news.jsonl",
}
"""The files that heads name, and what stands for them."""
COUNTED_BY_ANOTHER = ("power_qwen3_4b",)
"""The same kind of rows as another recipe's, with the same prompt, and many."""
N_ROWS = "5000"
"""As many as say every name and every template."""
CONLL = "\n".join(
    f"{name[0]} B-PER\n{name[1]} I-PER\n到 O\n{place[0]} B-GPE\n{place[1]} I-GPE\n。 O\n"
    for name in ("王芳", "李伟", "张娜", "刘敏", "陈静")
    for place in ("青岛", "济南", "烟台", "威海", "潍坊")
)

pytestmark = [
    pytest.mark.train,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(not SHARED.is_dir(), reason="needs the real corpora in ../shared"),
]


def head_commands(recipe: str) -> list[list[str]]:
    """Give the commands of a recipe's head, split into arguments."""
    _, head = load_recipe(recipe)
    lines = [line[4:] for line in head.splitlines() if line.startswith("#   ")]
    return [shlex.split(line) for line in re.sub(r"\\\n +", "", "\n".join(lines)).splitlines()]


def placed(args: list[str], folder: Path) -> list[str]:
    """Put what a command reads and writes into a folder, but for the real corpora."""
    written = {"--out", "--data", "-o"}
    names = {name: str(SHARED / "real" / real) for name, real in REAL.items()}
    names["my.conll"] = str(folder / "my.conll")
    return [
        str(folder / arg) if before in written else names.get(arg, arg)
        for before, arg in zip(["", *args[:-1]], args, strict=True)
    ]


def fewer_rows(generate: list[str]) -> list[str]:
    """Let a command make ``N_ROWS`` of a domain, whatever number it or its recipe names."""
    if generate[1] != "power":
        return generate
    at = generate.index("--rows") if "--rows" in generate else len(generate)
    return [*generate[:at], "--rows", N_ROWS, *generate[at + 2 :]]


def run(args: list[str]) -> str:
    done = CliRunner().invoke(main, args)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize("recipe", recipe_names())
def test_the_doctor_is_content_with_what_the_commands_in_a_head_give(recipe: str, tmp_path: Path) -> None:
    pytest.importorskip("llamafactory", reason="needs the train extra")
    (tmp_path / "my.conll").write_text(CONLL, encoding="utf-8")
    generate, config, train = head_commands(recipe)
    assert [args[:2] for args in (generate, config, train)] == [
        ["nerforge", "generate"],
        ["nerforge", "config"],
        ["nerforge", "train"],
    ]
    run(placed(fewer_rows(generate[1:]), tmp_path))
    # The models are not on this machine; the tokenizer of Qwen2 stands for those of the others.
    stand_in = (
        [] if recipe == "tiny_cpu" else ["--set", f"model_name_or_path={TOKENIZER}", "--set", "template=qwen"]
    )
    run([*placed(config[1:], tmp_path), *stand_in])
    data = placed(["--data", config[config.index("--data") + 1]], tmp_path)[1]
    counted = [] if recipe in COUNTED_BY_ANOTHER else ["ner"]
    options = ["--json"] if counted else ["--json", "--no-tokens"]
    found: dict[str, Any] = json.loads(run(["doctor", data, str(tmp_path / "train.yaml"), *options]))
    loud = [x for x in found["findings"] if x["severity"] != "note"]
    assert loud == [], loud
    assert found["n_rows"] and [table["data_set"] for table in found["tokens"]] == counted
