import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main

CASES = Path(__file__).parents[3].parent / "shared" / "cases"
POWER = ["--task", "power", "--format", "xml"]
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="the cases of the shared folder are not here")


def score(gold: Path, pred: Path, *options: str) -> Result:
    command = ["score", "--gold", str(gold), "--pred", str(pred), "--bootstrap", "0", "--json", *options]
    return CliRunner().invoke(main, command)


def scores(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def n_right(result: Result) -> tuple[int, int]:
    found = scores(result)
    return round(found["sample_exact_match"] * found["n_samples"]), found["n_samples"]


@needs_cases
@pytest.mark.parametrize("name", ["chat_term.txt", "onechat.jsonl", "qa.jsonl", "sharegpt.jsonl", "two.csv"])
def test_the_published_chat_scores_the_same_however_it_was_kept(name: str) -> None:
    result = score(CASES / "chats" / "power_gold.jsonl", CASES / "chats" / name, *POWER)
    assert n_right(result) == (9, 12)
    assert scores(result)["criteria"]["strict"]["micro"]["f1"] == pytest.approx(53 / 58)
    assert scores(result)["predictions"]["notes"] == []


def published(epochs: int) -> list[tuple[str, str]]:
    """Give the twelve queries with a right answer, or with one that names another company."""
    cases = json.loads((CASES / "power_chat_cases.json").read_text(encoding="utf-8"))
    wrong = "<Province>山东省</Province><City>青岛</City><Company>平度市供电公司</Company>"
    return [
        (case["query"], case["expected"] if case[f"published_4b_{epochs}_epochs_correct"] else wrong)
        for case in cases
    ]


def as_terminal(pairs: list[tuple[str, str]]) -> str:
    cleared = "\nUser: clear\nHistory has been removed.\n"
    return "".join(f"\nUser: {query}\nAssistant: {answer}\n{cleared}" for query, answer in pairs)


def as_dialogue(pairs: list[tuple[str, str]]) -> str:
    turns = [({"role": "user", "content": q}, {"role": "assistant", "content": a}) for q, a in pairs]
    return json.dumps({"messages": [turn for both in turns for turn in both]}, ensure_ascii=False)


def as_csv(pairs: list[tuple[str, str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([("query", "answer"), *pairs])
    return text.getvalue()


@needs_cases
@pytest.mark.parametrize(("epochs", "right"), [(2, 9), (5, 8)])
@pytest.mark.parametrize("write", [as_terminal, as_dialogue, as_csv], ids=["terminal", "dialogue", "csv"])
def test_the_published_chats_of_both_epochs_score_what_was_published(
    write: Any, epochs: int, right: int, tmp_path: Path
) -> None:
    (tmp_path / "kept").write_text(write(published(epochs)), encoding="utf-8")
    result = score(CASES / "chats" / "power_gold.jsonl", tmp_path / "kept", *POWER)
    assert n_right(result) == (right, 12)


FIGURES = {
    "60-swift-infer-result": (4, 7, 7),
    "60b-swift-infer-old": (3, 5, 5),
    "61b-think-unclosed": (0, 0, 0),
    "61c-think-only-closing": (4, 7, 7),
    "64-opencompass": (4, 7, 7),
    "65b-text-predict": (4, 7, 7),
    "66-dict-entity-to-label": (3, 6, 6),
    "66b-other-keys": (4, 7, 7),
    "66e-lines-colon": (3, 6, 6),
    "67-tool-calls": (4, 7, 7),
    "68-lmeval-samples": (4, 7, 7),
}
"""Samples exactly right, entities matched and predicted, of 4 samples with 7 entities."""


@needs_cases
@pytest.mark.parametrize("name", FIGURES)
def test_what_other_programs_wrote_scores_what_it_holds(name: str) -> None:
    folder = CASES / "files" / name
    found = scores(score(folder / "data" / "gold" / "train.jsonl", folder / "pred.jsonl"))
    micro = found["criteria"]["strict"]["micro"]
    assert (round(found["sample_exact_match"] * 4), micro["tp"], micro["n_predicted"]) == FIGURES[name]


@needs_cases
def test_grouped_values_score_in_their_format() -> None:
    folder = CASES / "files" / "66d-grouped-string-values"
    gold, pred = folder / "data" / "gold" / "train.jsonl", folder / "pred.jsonl"
    assert scores(score(gold, pred, "--format", "grouped"))["criteria"]["strict"]["micro"]["tp"] == 7


@needs_cases
def test_a_batch_with_numbers_for_ids_is_refused_and_scored_by_position() -> None:
    folder = CASES / "files" / "62-openai-batch-request-n"
    gold, pred = folder / "data" / "gold" / "train.jsonl", folder / "pred.jsonl"
    refused = score(gold, pred)
    assert refused.exit_code == 1
    assert "'request-1'; gold and predictions must be of the same split, and" in refused.stderr
    assert "pass --by-position, or give --requests FILE" in refused.stderr
    by_position = score(gold, pred, "--by-position")
    assert scores(by_position)["criteria"]["strict"]["micro"]["tp"] == 7
    assert "request-1 being sample 1; nothing checks it" in by_position.stderr


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    texts = [f"第{i}天菏泽市投诉总数" for i in range(3_000)]
    entities = [{"label": "Indicator", "text": "投诉", "start": None, "end": None}]
    path = tmp_path / "gold.jsonl"
    rows = []
    for i, text in enumerate(texts):
        start = text.index("投诉")
        rows.append(
            {"id": f"g{i}", "text": text, "entities": [{**entities[0], "start": start, "end": start + 2}]}
        )
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def pred(tmp_path: Path, gold: Path) -> Path:
    path = tmp_path / "pred.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for line in gold.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            answer = row["text"].replace("投诉", "<Indicator>投诉</Indicator>")
            file.write(json.dumps({"id": row["id"], "output": answer}, ensure_ascii=False) + "\n")
    return path


def run(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of bash, in which ``$S`` scores power answers."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash")
    nerforge = f"{sys.executable} -m nerforge score {' '.join(POWER)} --bootstrap 0 --json"
    environment = {**os.environ, "S": nerforge}
    return subprocess.run(
        [bash, "-c", command], cwd=cwd, env=environment, capture_output=True, text=True, timeout=100
    )


@pytest.mark.whole
@pytest.mark.parametrize(
    "command",
    [
        "$S --gold gold.jsonl --pred <(cat pred.jsonl)",
        "cat pred.jsonl | $S --gold gold.jsonl --pred /dev/stdin",
        "cat pred.jsonl | $S --gold gold.jsonl --pred -",
        "$S --gold gold.jsonl --pred - < pred.jsonl",
        "$S --gold <(cat gold.jsonl) --pred <(cat pred.jsonl) --train <(cat gold.jsonl)",
        "mkfifo p; cat pred.jsonl > p & $S --gold gold.jsonl --pred p",
    ],
    ids=["substitution", "stdin", "dash", "redirected", "all", "fifo"],
)
def test_a_pipe_scores_as_the_file_does(command: str, gold: Path, pred: Path, tmp_path: Path) -> None:
    done = run(command, tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["n_samples"], found["criteria"]["strict"]["micro"]["f1"]) == (3_000, 1.0)
    assert "/tmp/nerforge-" not in done.stdout + done.stderr


@pytest.mark.whole
def test_notes_name_the_pipe_and_not_its_copy(gold: Path, pred: Path, tmp_path: Path) -> None:
    done = run("$S --gold gold.jsonl --pred <(head -9 pred.jsonl)", tmp_path)
    assert "2991 of 3000 samples have no prediction in /dev/fd/" in done.stderr
    assert "no prediction in /dev/fd/" in json.loads(done.stdout)["predictions"]["notes"][0]


@needs_cases
def test_the_rows_of_a_data_set_are_said_to_be_no_predictions() -> None:
    data = CASES / "files" / "64-opencompass" / "data"
    result = score(data / "gold" / "train.jsonl", data / "ner.json")
    assert scores(result)["criteria"]["strict"]["micro"]["f1"] == 1.0
    assert (
        "is a data set (dataset_info.json lists it): scored are its own answers, no model's" in result.stderr
    )


@pytest.mark.whole
def test_a_pipe_as_a_baseline_is_read_and_a_fault_names_the_pipe(
    gold: Path, pred: Path, tmp_path: Path
) -> None:
    first = "$S --gold gold.jsonl --pred pred.jsonl --out s.json"
    made = run(f"{first} && $S --gold gold.jsonl --pred pred.jsonl --baseline <(cat s.json)", tmp_path)
    assert made.returncode == 0, made.stderr
    broken = run("$S --gold gold.jsonl --pred <(head -3 pred.jsonl; echo '{')", tmp_path)
    assert broken.returncode == 1
    assert "Error: /dev/fd/" in broken.stderr


def test_a_device_without_an_end_is_refused_by_name(gold: Path, pred: Path) -> None:
    for result in (score(gold, Path("/dev/zero"), *POWER), score(Path("/dev/zero"), pred, *POWER)):
        assert result.exit_code == 1
        assert result.stderr.endswith("/dev/zero: is a device that may never end; give a file or a pipe\n")
    compared = CliRunner().invoke(main, ["compare", "/dev/zero", "/dev/zero"])
    assert "/dev/zero: is a device that may never end" in compared.stderr
