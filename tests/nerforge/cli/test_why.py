"""``score --why``: what the errors come from, in the table, beside each error, in the file and in JSON."""

import io
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

import nerforge as nf
from nerforge.cli import main
from nerforge.cli.printing.scores.why_output import why_table
from nerforge.evaluation.scores.schema import Scores

TEXT = "张伟从上海到北京大学"
CITY = {"label": "GPE", "text": "上海", "start": 3, "end": 5}
GOLD = [
    {"id": "a", "text": TEXT, "entities": [CITY]},
    {"id": "b", "text": "我在上海", "entities": [{"label": "GPE", "text": "上海", "start": 2, "end": 4}]},
    {"id": "c", "text": "今天下雨", "entities": []},
]
ANSWERS = [
    {"id": "a", "output": '{"entity_text": "上海", "entity_label": "地点"}'},
    {"id": "b", "output": "没有找到任何实体"},
    {"id": "c", "output": '{"entity_text": "李\\u001b[31m雷", "entity_label": "人名"}'},
]
TRAINING = [
    {
        "id": "t",
        "text": "她在上海",
        "entities": [{"label": "LOC", "text": "上海", "start": 2, "end": 4}],
    },
    {"id": "u\u001b[2J", "text": "张伟从上海到北京大学了", "entities": []},
]


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    return path


def score(folder: Path, *options: str, training: bool = True) -> Result:
    gold = write(folder / "gold/test.jsonl", GOLD)
    if training:
        write(folder / "gold/train.jsonl", TRAINING)
    pred = write(folder / "answers.jsonl", ANSWERS)
    files = ["--gold", str(gold), "--pred", str(pred), "--task", "ccfbdci", "--format", "json"]
    return CliRunner().invoke(main, ["score", *files, *options])


def test_the_table_has_a_row_for_each_cause_that_there_is(tmp_path: Path) -> None:
    result = score(tmp_path, "--why")
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    (head,) = [number for number, line in enumerate(lines) if line.startswith("cause of errors")]
    table = [line.split()[:6] for line in lines[head + 1 : head + 4]]
    assert table == [
        ["not_in_text", "1", "33.3", "0", "1", "0"],
        ["near_duplicate", "1", "33.3", "0", "0", "1"],
        ["labelled_otherwise", "1", "33.3", "1", "0", "0"],
    ]
    assert [line.split(": ")[0] for line in lines[head + 5 :]] == [row[0] for row in table]
    assert "not_in_text: the sentence does not say the predicted value there" in lines


def test_each_error_is_shown_with_its_cause_and_no_control_characters(tmp_path: Path) -> None:
    result = score(tmp_path, "--why", "--errors")
    assert r"[near_duplicate: u\x1b[2J]" in result.stdout
    assert "[labelled_otherwise: training has 1 LOC, 1 unlabelled]" in result.stdout
    assert "[not_in_text]" in result.stdout
    assert "\x1b" not in result.stdout


def test_the_file_and_the_json_hold_the_same_causes(tmp_path: Path) -> None:
    out = tmp_path / "scores.json"
    printed = msgspec.json.decode(score(tmp_path, "--why", "--errors", "--json", "--out", str(out)).stdout)
    scores = nf.load_scores(out)
    assert isinstance(scores, Scores)
    assert printed["why"] == msgspec.to_builtins(scores.why)
    (pair,) = msgspec.to_builtins(scores.errors[0])["causes"]
    assert pair == {"cause": "near_duplicate", "gold": 0, "predicted": 0, "near": "u\u001b[2J"}
    assert [x["cause"] for x in printed["errors"][0]["differences"]] == [pair, pair]


def test_without_it_nothing_is_said_of_causes(tmp_path: Path) -> None:
    out = tmp_path / "scores.json"
    result = score(tmp_path, "--errors", "--out", str(out))
    assert "cause" not in result.stdout
    written = msgspec.json.decode(out.read_bytes())
    assert "why" not in written
    assert not any("causes" in row for row in written["errors"])


def test_it_needs_training_gold_which_may_lie_elsewhere(tmp_path: Path) -> None:
    result = score(tmp_path, "--why", training=False)
    assert result.exit_code == 2
    assert "--why needs the training gold; there is no train.jsonl beside" in result.stderr
    training = write(tmp_path / "elsewhere.jsonl", TRAINING)
    result = score(tmp_path, "--why", "--train", str(training), training=False)
    assert "near_duplicate" in result.stdout


def test_a_malformed_line_of_training_is_named(tmp_path: Path) -> None:
    training = write(tmp_path / "elsewhere.jsonl", [{"id": "t", "text": "上海"}])
    result = score(tmp_path, "--why", "--train", str(training))
    assert result.exit_code == 1
    assert "elsewhere.jsonl:1" in result.stderr


def test_labels_of_texts_have_no_causes(tmp_path: Path) -> None:
    gold = write(tmp_path / "classes.jsonl", [{"id": "a", "text": "国足小胜", "label": "体育"}])
    pred = write(tmp_path / "answers.jsonl", [{"id": "a", "output": "经济"}])
    result = CliRunner().invoke(main, ["score", "--gold", str(gold), "--pred", str(pred), "--why"])
    assert result.exit_code == 2
    assert "--why is for entities" in result.stderr


@pytest.mark.parametrize("why", [True, False])
def test_python_gives_the_same(why: bool) -> None:
    outputs = {row["id"]: row["output"] for row in ANSWERS}
    scores = nf.score(GOLD, outputs, task="ccfbdci", format="json", train=TRAINING, why=why)
    assert isinstance(scores, Scores)
    assert bool(scores.why) is why
    if scores.why:
        assert {name for name, x in scores.why.causes.items() if x.n} == {
            "not_in_text",
            "near_duplicate",
            "labelled_otherwise",
        }


def test_frames_have_the_cause_of_each_error_and_the_figures_of_each_cause() -> None:
    outputs = {row["id"]: row["output"] for row in ANSWERS}
    scores = nf.score(GOLD, outputs, task="ccfbdci", format="json", train=TRAINING, why=True)
    errors = scores.errors_to_frame()
    assert list(zip(errors.id, errors.cause, strict=True)) == [
        ("a", "near_duplicate"),
        ("b", "labelled_otherwise"),
        ("c", "not_in_text"),
    ]
    causes = scores.causes_to_frame()
    assert list(causes.cause) == ["not_in_text", "near_duplicate", "labelled_otherwise"]
    assert list(causes.n) == [1, 1, 1]
    assert isinstance(scores, Scores) and scores.why
    assert causes.gain[0] == scores.why.causes["not_in_text"].gain


def test_without_causes_there_is_no_frame_of_them() -> None:
    outputs = {row["id"]: row["output"] for row in ANSWERS}
    scores = nf.score(GOLD, outputs, task="ccfbdci", format="json")
    assert list(scores.errors_to_frame().cause) == [None] * 3
    with pytest.raises(nf.UserError, match="no causes of errors; score with --why"):
        scores.causes_to_frame()


def test_compare_says_which_causes_are_gone_where_both_files_have_them(tmp_path: Path) -> None:
    a, b, plain = (tmp_path / f"{name}.json" for name in ("a", "b", "plain"))
    score(tmp_path, "--why", "--out", str(a))
    score(tmp_path, "--out", str(plain))
    outputs = {row["id"]: row["output"] for row in ANSWERS} | {"c": "没有找到任何实体"}
    nf.score(
        tmp_path / "gold/test.jsonl", outputs, task="ccfbdci", format="json", train=TRAINING, why=True, out=b
    )
    compare = ["compare", str(a), str(b), "--resamples", "50"]
    lines = CliRunner().invoke(main, compare).stdout.splitlines()
    (head,) = [number for number, line in enumerate(lines) if line.startswith("cause of errors")]
    assert [line.split() for line in lines[head + 1 : head + 4]] == [
        ["not_in_text", "1", "0", "1", "0"],
        ["near_duplicate", "1", "1", "0", "0"],
        ["labelled_otherwise", "1", "1", "0", "0"],
    ]
    printed = msgspec.json.decode(CliRunner().invoke(main, [*compare, "--json"]).stdout)
    assert printed["comparisons"][0]["causes"][0] == {
        "cause": "not_in_text",
        "n_a": 1,
        "n_b": 0,
        "gone": 1,
        "new": 0,
    }
    without = CliRunner().invoke(main, ["compare", str(plain), str(b), "--resamples", "50", "--json"])
    assert "causes" not in msgspec.json.decode(without.stdout)["comparisons"][0]


def test_on_80_columns_the_table_leaves_out_the_kinds_of_errors_and_breaks_no_name(tmp_path: Path) -> None:
    score(tmp_path, "--why", "--out", str(tmp_path / "scores.json"))
    why = nf.load_scores(tmp_path / "scores.json").why
    assert why
    console = Console(file=io.StringIO(), width=80)
    for part in why_table(why, wide=False):
        console.print(part)
    lines = console.file.getvalue().splitlines()
    (head,) = [line for line in lines if line.startswith("cause of errors")]
    assert head.split() == "cause of errors errors share F1 without gain".split()
    assert any(line.startswith("labelled_otherwise ") for line in lines)
