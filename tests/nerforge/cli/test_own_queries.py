"""Twelve real queries of one's own become a test set, are answered and are scored: three commands."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main
from nerforge.foundation.files.shipped import DATA_DIR

SHARED = Path(__file__).parents[4] / "shared" / "cases"
TAGGED = [
    "<Province>山东省</Province><City>聊城</City><Company>东昌府区供电公司</Company><Indicator>投诉</Indicator>个数",
    "<Province>山东省</Province><City>济南</City><Company>市中供电中心</Company><Indicator>意见</Indicator>总数",
    "<Date>上月</Date><Province>山东省</Province><City>菏泽</City><Indicator>投诉</Indicator>数量",
    "停电了找谁",
]
QUERIES = ["东昌府投诉个数", "济南市中供电中心意见总数", "上月菏泽市投诉数量", "停电了找谁"]
# Right; another company; a city that is not normalised; an entity where there is none.
ANSWERS = [
    TAGGED[0],
    TAGGED[1].replace("市中供电中心", "历下供电中心"),
    TAGGED[2].replace("菏泽", "菏泽市"),
    "停电了找<Company>谁</Company>",
]


def run(*args: object) -> Result:
    done = CliRunner().invoke(main, [str(arg) for arg in args])
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text("".join(f"{q},{a}\n" for q, a in zip(QUERIES, TAGGED, strict=True)), encoding="utf-8")
    return path


def test_queries_of_ones_own_become_a_test_set_that_answers_are_scored_on(
    tmp_path: Path, pairs: Path
) -> None:
    data = tmp_path / "data_mine"
    run("generate", "corpus", "--input", pairs, "--task", "power", "--test", 1, "--out", data)
    gold = data / "gold" / "test.jsonl"
    ids = [json.loads(line)["id"] for line in gold.read_text(encoding="utf-8").splitlines()]
    answers = tmp_path / "pred.jsonl"
    rows = (json.dumps({"id": i, "output": o}, ensure_ascii=False) for i, o in zip(ids, ANSWERS, strict=True))
    answers.write_text("\n".join(rows), encoding="utf-8")
    scores = json.loads(run("score", "--gold", gold, "--pred", answers, "--json").stdout)
    assert (scores["n_samples"], scores["outcomes"]["missing"]) == (4, 0)
    assert scores["sample_exact_match"] == 1 / 4


def test_a_bare_gold_file_is_scored_with_the_built_in_task_alone(tmp_path: Path) -> None:
    """Short names of the embedded table are understood without any table beside the file."""
    city = {"label": "City", "text": "菏泽", "start": 0, "end": 2}
    station = {"label": "Substation", "text": "麒麟供电所", "start": 2, "end": 4}
    company = {"label": "Company", "text": "巨野县供电公司", "start": None, "end": None}
    indicator = {"label": "Indicator", "text": "意见", "start": 4, "end": 6}
    gold, answers = tmp_path / "gold.jsonl", tmp_path / "pred.jsonl"
    sample = {"id": "a", "text": "菏泽麒麟意见", "entities": [city, company, station, indicator], "meta": {}}
    gold.write_text(json.dumps(sample, ensure_ascii=False), encoding="utf-8")
    output = (
        "<City>菏泽</City><Company>巨野县供电公司</Company><Substation>麒麟供电所</Substation>"
        "<Indicator>意见</Indicator>"
    )
    answers.write_text(json.dumps({"id": "a", "output": output}, ensure_ascii=False), encoding="utf-8")
    how = ("--task", "power", "--format", "xml", "--json")
    scores = json.loads(run("score", "--gold", gold, "--pred", answers, *how).stdout)
    assert scores["criteria"]["strict"]["micro"]["f1"] == 1
    assert scores["outcomes"]["clean"] == 1


@pytest.mark.whole
def test_the_published_queries_are_a_test_set_whatever_file_they_are_kept_in(tmp_path: Path) -> None:
    if not SHARED.is_dir():
        pytest.skip("the published queries are not on this machine")
    found = {}
    for name in ("power_gold.jsonl", "qa.jsonl", "two.csv", "sharegpt.jsonl", "onechat.jsonl"):
        data = tmp_path / name
        source = SHARED / "chats" / name
        run("generate", "corpus", "--input", source, "--task", "power", "--test", 1, "--out", data)
        lines = (data / "gold" / "test.jsonl").read_text(encoding="utf-8").splitlines()
        found[name] = [json.loads(line)["text"] for line in lines]
    cases = json.loads((SHARED / "power_chat_cases.json").read_text(encoding="utf-8"))
    assert list(found.values()) == [[case["query"] for case in cases]] * len(found)
    rows = json.loads((tmp_path / "power_gold.jsonl" / "ner_test.json").read_text(encoding="utf-8"))
    assert [row["output"] for row in rows] == [case["expected"] for case in cases]


@pytest.mark.train
@pytest.mark.filterwarnings("ignore")
def test_three_commands_go_from_queries_to_a_score(tmp_path: Path, pairs: Path) -> None:
    pytest.importorskip("llamafactory", reason="needs the train extra")
    data, base, answers = tmp_path / "data_mine", tmp_path / "base", tmp_path / "pred.jsonl"
    shutil.copytree(DATA_DIR / "tiny_base", base)
    how = ("--data", data, "--split", "test", "--max-new-tokens", 16, "--out", answers)
    prompt = ("--prompt", "short", "--test", 1, "--out", data)
    run("generate", "corpus", "--input", pairs, "--task", "power", *prompt)
    run("predict", "--model", base, "--template", "qwen", *how)
    scores = json.loads(
        run("score", "--gold", data / "gold" / "test.jsonl", "--pred", answers, "--json").stdout
    )
    assert scores["n_samples"] == len(QUERIES)
    assert scores["outcomes"]["missing"] == 0
