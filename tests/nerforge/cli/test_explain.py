"""``nerforge explain``: a code in full, all codes in a list, examples to try."""

import json
import re
from pathlib import Path

from click.testing import CliRunner, Result

from nerforge.cli import main
from nerforge.llamafactory_configs.doctor.faults import FAULTS


def run(*args: object) -> Result:
    return CliRunner().invoke(main, ["explain", *map(str, args)])


def test_a_code_is_explained_with_both_examples() -> None:
    told = run("d301").stdout
    assert told.startswith("error D301 the answer is not a string; LLaMA-Factory drops such rows\n")
    assert "\nwrong: nerforge doctor data\n" in told
    assert '"output": {"人名": ["王芳"]}' in told
    assert told.index("wrong:") < told.index("right:")


def test_a_code_is_explained_in_chinese() -> None:
    assert (
        "error D301 答案不是字符串，LLaMA-Factory 会丢掉这样的行\n  做法: 写成 JSON 字符串\n"
        in run("D301", "--lang", "zh").stdout
    )


def test_without_a_code_all_are_listed() -> None:
    assert re.findall(r"^ *(D\d{3}) ", run().stdout, re.MULTILINE) == sorted(FAULTS)
    listed = [x["code"] for x in json.loads(run("--json").stdout)]
    assert set(FAULTS) < set(listed)


def test_findings_on_keys_of_a_yaml_have_names() -> None:
    assert run("Packing-Leaks").stdout.startswith("warning packing-leaks rows in one pack see each other")


def test_json_holds_the_files_of_the_examples() -> None:
    (told,) = json.loads(run("D201", "--json").stdout)
    assert told["doctor"] == ["data"]
    assert told["wrong"]["data/ner.json"]["encoding"] == "gbk"
    assert set(told["right"]) == {"data/ner.json", "data/dataset_info.json"}


def test_a_code_without_an_example_says_why() -> None:
    assert "\nno small example: it takes LLaMA-Factory and a tokenizer" in run("D701").stdout


def test_the_examples_are_written_to_be_tried(tmp_path: Path) -> None:
    done = run("D201", "--out", tmp_path)
    assert done.exit_code == 0
    wrong = tmp_path / "D201" / "wrong" / "data" / "ner.json"
    assert f"wrote {wrong}" in done.stderr
    assert "人名" in wrong.read_bytes().decode("gbk")
    assert "人名" in (tmp_path / "D201" / "right" / "data" / "ner.json").read_text(encoding="utf-8")


def test_an_unknown_code_is_told_the_nearest() -> None:
    done = run("D4033")
    assert done.exit_code == 2
    assert done.stderr.endswith("did you mean 'D403'?\n")
