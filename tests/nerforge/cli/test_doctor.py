"""``nerforge doctor`` on the command line: what it prints, and how it ends."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from tests.slot_sets import place_slots


def run(*args: object) -> Result:
    return CliRunner().invoke(main, ["doctor", *map(str, args)])


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("power") / "data"
    place_slots(SlotOptions(100, n_workers=1), DatasetOptions(folder))
    return folder


@pytest.fixture
def data(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "data"))


def spoil(data: Path, **values: object) -> None:
    path = data / "ner.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    rows[0].update(values)
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=0), encoding="utf-8")


@pytest.mark.whole
def test_good_data_gives_one_line_and_exit_0(data: Path) -> None:
    done = run(data)
    assert (done.exit_code, done.stdout) == (0, "100 rows examined: 0 errors, 0 warnings, 0 notes\n")
    assert done.stderr == f"next: nerforge config power_qwen3_4b --data {data} --out train.yaml\n"


@pytest.mark.whole
def test_an_error_is_printed_with_code_place_and_remedy_and_ends_with_1(data: Path) -> None:
    spoil(data, output="")
    done = run(data)
    assert done.exit_code == 1
    assert f"error D303 {data / 'ner.json'}:2: the answer is empty" in done.output
    assert "\n    give an answer that says there is nothing\n" in done.output
    assert "1 error," in done.stdout.splitlines()[-1]
    assert done.stderr == "next: nerforge explain D303\n"


@pytest.mark.parametrize(("args", "exit_code"), [([], 0), (["--strict"], 1)], ids=["plain", "strict"])
def test_a_warning_ends_with_1_only_if_strict(args: list[str], exit_code: int, data: Path) -> None:
    (data / "ner.jsonl").write_bytes(
        b"\xef\xbb\xbf"
        + b"".join(json.dumps(x).encode() + b"\n" for x in json.loads((data / "ner.json").read_bytes()))
    )
    (data / "ner.json").unlink()
    info = data / "dataset_info.json"
    info.write_text(info.read_text(encoding="ascii").replace('"ner.json"', '"ner.jsonl"'), encoding="ascii")
    done = run(data, *args)
    assert "warning D204" in done.output
    assert done.exit_code == exit_code


def test_json_holds_findings_and_counts(data: Path) -> None:
    spoil(data, output=["a"])
    done = run(data, "--json")
    found = json.loads(done.stdout)
    assert found["counts"]["error"] == len([x for x in found["findings"] if x["severity"] == "error"]) > 0
    assert {x["code"] for x in found["findings"]} >= {"D301", "D315"}
    assert done.exit_code == 1


def test_fix_says_what_it_wrote(data: Path) -> None:
    path = data / "ner.json"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    done = run(data, "--fix")
    assert f"wrote {path}: GBK became UTF-8; the file as it was is {path}.bak" in done.output
    assert done.exit_code == 0


@pytest.mark.parametrize(
    ("args", "exit_code", "message"),
    [([], 2, "nothing to examine"), (["none"], 1, "none: no such file or folder")],
    ids=["no path", "no such path"],
)
def test_a_wrong_call_is_one_message(args: list[str], exit_code: int, message: str) -> None:
    done = run(*args)
    assert done.exit_code == exit_code
    assert message in done.output
    assert "Traceback" not in done.output


@pytest.mark.whole
def test_a_data_set_alone_is_examined_without_heavy_imports(data: Path) -> None:
    code = (
        "import sys; from nerforge.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([x for x in ('torch', 'transformers', 'pandas', 'llamafactory') if x in sys.modules])"
    )
    call = [sys.executable, "-c", code, "doctor", str(data)]
    done = subprocess.run(call, capture_output=True, text=True, check=True)
    assert "100 rows examined" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.train
@pytest.mark.filterwarnings("ignore")
def test_tokens_are_counted_where_a_model_is_named(data: Path) -> None:
    pytest.importorskip("llamafactory", reason="needs the train extra")
    args = ("--model", "tiny", "--template", "qwen", "--cutoff-len", 64)
    done = run(data, *args, "--json")
    table = json.loads(done.stdout)["tokens"][0]
    assert (table["cutoff_len"], table["n_rows"]) == (64, 80)
    assert table["lengths"]["row"]["100"] == table["cutoff_for_all"] > 64
    assert "truncated: 80 prompts" in run(data, *args).stdout
    assert "tokens" not in run(data, *args, "--no-tokens").stdout


GOLD = (
    '{"id": "1", "text": "张伟来访", "entities": [{"label": "PER", "text": "张", "start": 0, "end": 2}]}\n'
    '{"id": "2", "text": "下雨了。", "entities": []}\n'
)


def test_gold_alone_is_counted_and_a_value_that_its_span_does_not_say_is_a_warning(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text(GOLD, encoding="utf-8")
    done = run(gold)
    assert done.exit_code == 0
    assert f"warning D515 {gold}:1: " in done.output
    assert "'张' (PER), where the text says '张伟'" in done.output
    assert done.output.splitlines()[-1] == "2 samples of gold examined: 0 errors, 1 warning, 0 notes"
    assert json.loads(run(gold, "--json").output)["n_gold"] == 2


def test_gold_alone_is_held_against_the_task_that_is_named(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text(GOLD.replace('"PER"', '"PRE"'), encoding="utf-8")
    assert "D509" in run(gold, "--task", "ccfbdci").output
    gold.write_text(GOLD, encoding="utf-8")
    done = run(gold, "--task", "ccfbdci")
    assert done.exit_code == 1
    assert "error D507" in done.output


def test_gold_alone_takes_a_task_as_other_commands_do(data: Path, tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text(GOLD, encoding="utf-8")
    assert "D507" in run(gold, "--task", "labels:PER,ORG").output
    assert "D508" in run(gold, "--task", "labels:天气").output
    copy = shutil.copy(data / "gold" / "test.jsonl", tmp_path / "copy.jsonl")
    assert run(copy, "--task", data).exit_code == 0


def test_an_empty_gold_file_is_an_error(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text("\n", encoding="utf-8")
    done = run(gold)
    assert done.exit_code == 1
    assert f"error D516 {gold}: there are no samples" in done.output
