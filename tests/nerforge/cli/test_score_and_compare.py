"""``score`` and ``compare`` on the command line, from files that others write to changed samples."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main
from nerforge.evaluation.prediction_files import LAYOUTS


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


class Data:
    """A generated set, its test split's ids, texts, prompts and right answers."""

    def __init__(self, folder: Path, answer_format: str) -> None:
        args = ("--rows", 400, "--test", "0.1", "--city", "菏泽", "--negatives", "0")
        args += ("--format", answer_format)
        assert run("generate", "power", *args, "--out", folder).exit_code == 0
        self.gold = folder / "gold" / "test.jsonl"
        rows = json.loads((folder / "ner_test.json").read_text(encoding="utf-8"))
        self.ids = [json.loads(line)["id"] for line in self.gold.read_text(encoding="utf-8").splitlines()]
        self.prompts = [f"{row['instruction']}\n{row['input']}" for row in rows]
        self.answers = [row["output"] for row in rows]

    def generated(self) -> list[dict[str, str]]:
        frame = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
        pairs = zip(self.prompts, self.answers, strict=True)
        return [{"prompt": frame.format(p), "predict": f"\n{a}", "label": "x"} for p, a in pairs]

    def own(self, n_wrong: int = 0, first: int = 0) -> list[dict[str, str]]:
        rows = [{"id": i, "output": a} for i, a in zip(self.ids, self.answers, strict=True)]
        for row in rows[first : first + n_wrong]:
            row["output"] = re.sub("</?Indicator>", "", row["output"])
        return rows


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return Data(tmp_path_factory.mktemp("data") / "xml", "xml")


@pytest.fixture(scope="module")
def files(data: Data, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("scores")
    files = []
    for name, n_wrong, first in (("a", 4, 0), ("b", 2, 3), ("c", 20, 0)):
        pred = write(folder / f"{name}.jsonl", data.own(n_wrong, first))
        done = run("score", "--gold", data.gold, "--pred", pred, "--out", folder / f"{name}.json")
        assert done.exit_code == 0, done.output
        files.append(folder / f"{name}.json")
    return files


def micro_f1(path: Path) -> float:
    return float(json.loads(path.read_text(encoding="utf-8"))["criteria"]["strict"]["micro"]["f1"])


@pytest.mark.whole
def test_generated_predictions_score_like_our_own(data: Data, tmp_path: Path) -> None:
    pred = write(tmp_path / "generated_predictions.jsonl", data.generated())
    done = run("score", "--gold", data.gold, "--pred", pred, "--json")
    scores = json.loads(done.stdout)
    assert (done.exit_code, done.stderr, scores["sample_exact_match"]) == (0, "", 1.0)
    assert scores["settings"]["predictions"]["layout"] == "llamafactory"


def test_json_leaves_the_samples_to_the_file(data: Data, tmp_path: Path) -> None:
    pred = write(tmp_path / "p.jsonl", data.own(3))
    done = run("score", "--gold", data.gold, "--pred", pred, "--json", "--out", tmp_path / "s.json")
    printed, written = json.loads(done.stdout), json.loads((tmp_path / "s.json").read_text())
    assert written.keys() - printed.keys() == {"samples", "errors"}
    assert written["samples"]["id"] == data.ids
    assert [row["id"] for row in written["errors"]] == data.ids[:3]


def test_rows_out_of_place_are_said_on_stderr(data: Data, tmp_path: Path) -> None:
    rows = data.generated()
    del rows[4]
    done = run("score", "--gold", data.gold, "--pred", write(tmp_path / "p.jsonl", rows))
    assert done.exit_code == 0
    assert "rows are shifted by 1 from line 5 on; every row was matched by the sentence" in done.stderr
    assert "1 of 40 samples have no prediction" in done.stderr
    assert "39 clean, 1 missing" in done.stdout


def test_a_forced_layout_that_does_not_fit_is_an_error(data: Data, tmp_path: Path) -> None:
    pred = write(tmp_path / "p.jsonl", data.own())
    done = run("score", "--gold", data.gold, "--pred", pred, "--pred-layout", "openai_batch")
    assert (done.exit_code, "p.jsonl:1: a row of layout nerforge" in done.stderr) == (1, True)
    assert all(name in run("score", "--help").stdout for name in LAYOUTS)


@pytest.mark.whole
@pytest.mark.parametrize("written", ["xml", "json"])
def test_the_format_of_answers_is_found_out(written: str, data: Data, tmp_path: Path) -> None:
    other = Data(tmp_path / "data", written)
    pred = write(tmp_path / "p.jsonl", other.own())
    done = run("score", "--gold", data.gold, "--pred", pred, "--format", "auto")
    assert f"answers are read as {written}; of 40 answers: {written} 40 clean" in done.stderr
    assert "answers: 40 clean" in done.stdout


def test_the_tables_fit_a_terminal_of_100_columns(data: Data, tmp_path: Path) -> None:
    pred = write(tmp_path / "p.jsonl", data.own(20))
    done = run("score", "--gold", data.gold, "--pred", pred)
    for said in ("strict P", "micro", "macro", "text_set", "exactly right", "answers: ", "entities: "):
        assert said in done.stdout
    assert (done.exit_code, "weakest slices" in done.stdout) == (0, True)
    tables = [line for line in done.stdout.splitlines() if ": " not in line]
    assert max(map(len, tables)) <= 100
    assert "\x1b" not in done.stdout


def test_no_bootstrap_gives_no_intervals(data: Data, tmp_path: Path) -> None:
    pred = write(tmp_path / "p.jsonl", data.own(2))
    args = ("score", "--gold", data.gold, "--pred", pred)
    assert "–" in run(*args).stdout
    assert "–" not in run(*args, "--bootstrap", 0).stdout


def test_training_gold_is_found_beside_or_given(data: Data, tmp_path: Path) -> None:
    pred = write(tmp_path / "p.jsonl", data.own())
    moved = tmp_path / "test.jsonl"
    moved.write_bytes(data.gold.read_bytes())
    args = ("--pred", pred, "--task", data.gold.parents[1] / "task.yaml", "--format", "xml", "--json")

    def slices(*more: object) -> set[str]:
        return {name.split(":")[0] for name in json.loads(run("score", *args, *more).stdout)["slices"]}

    assert "training" in slices("--gold", data.gold)
    assert "training" not in slices("--gold", moved)
    assert "training" in slices("--gold", moved, "--train", data.gold.with_name("train.jsonl"))


def test_scores_do_not_overwrite_another_file(data: Data, tmp_path: Path) -> None:
    pred = write(tmp_path / "p.jsonl", data.own())
    before = pred.read_bytes()
    done = run("score", "--gold", data.gold, "--pred", pred, "--out", pred)
    assert (done.exit_code, "p.jsonl: exists and is no score file" in done.stderr) == (1, True)
    assert pred.read_bytes() == before
    for _ in range(2):
        assert run("score", "--gold", data.gold, "--pred", pred, "--out", tmp_path / "s.json").exit_code == 0


@pytest.mark.whole
@pytest.mark.parametrize(("max_drop", "code"), [(None, 3), ("0.5", 0), ("0.0001", 3)])
def test_a_drop_below_the_baseline_fails_and_gives_both_numbers(
    max_drop: str | None, code: int, files: list[Path], data: Data, tmp_path: Path
) -> None:
    pred = write(tmp_path / "p.jsonl", data.own(10))
    args = (
        "score",
        "--gold",
        data.gold,
        "--pred",
        pred,
        "--out",
        tmp_path / "s.json",
        "--baseline",
        files[0],
    )
    done = run(*args, *(["--max-drop", max_drop] if max_drop else []))
    assert done.exit_code == code
    if code:
        f1, base = micro_f1(tmp_path / "s.json"), micro_f1(files[0])
        assert f"strict micro F1 {f1:.4f} is {base - f1:.4f} below {base:.4f} of --baseline" in done.stderr


def test_a_better_score_passes_the_gate(files: list[Path], data: Data, tmp_path: Path) -> None:
    pred = write(tmp_path / "p.jsonl", data.own(1))
    done = run("score", "--gold", data.gold, "--pred", pred, "--baseline", files[0])
    assert done.exit_code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--max-drop", "0.1"], "--max-drop goes with --baseline"),
        (["--baseline", "{0}", "--out", "{0}"], "is the file of --baseline"),
        (["--baseline", "{0}", "--out", "{1}/../{0.parent.name}/a.json"], "is the file of --baseline"),
    ],
    ids=["drop", "out", "roundabout"],
)
def test_a_wrong_call_of_score_is_answered_with_its_usage(
    options: list[str], said: str, files: list[Path], data: Data, tmp_path: Path
) -> None:
    pred = write(tmp_path / "p.jsonl", data.own())
    before = files[0].read_bytes()
    done = run(
        "score", "--gold", data.gold, "--pred", pred, *(o.format(files[0], files[0].parent) for o in options)
    )
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: main score [OPTIONS]\n")
    assert said in done.stderr
    assert files[0].read_bytes() == before


def test_a_gate_that_failed_fails_again(files: list[Path], data: Data, tmp_path: Path) -> None:
    baseline = tmp_path / "b.json"
    baseline.write_bytes(files[0].read_bytes())
    (tmp_path / "link.json").symlink_to(baseline)
    pred = write(tmp_path / "p.jsonl", data.own(10))
    args = ("score", "--gold", data.gold, "--pred", pred, "--baseline", tmp_path / "link.json", "--out")
    assert run(*args, baseline).exit_code == 2
    codes = [run(*args, tmp_path / "s.json").exit_code for _ in range(2)]
    assert (codes, baseline.read_bytes()) == ([3, 3], files[0].read_bytes())


def test_a_drop_that_is_no_number_never_passes(files: list[Path], data: Data, tmp_path: Path) -> None:
    pred = write(tmp_path / "p.jsonl", data.own())
    args = ("score", "--gold", data.gold, "--pred", pred, "--baseline", files[0])
    done = run(*args, "--max-drop", "nan")
    assert (done.exit_code, "--max-drop is nan" in done.stderr) == (3, True)


def test_predictions_may_be_one_array(data: Data, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps(data.own(), indent=1), encoding="utf-8")
    done = run("score", "--gold", data.gold, "--pred", tmp_path / "p.json", "--json")
    assert (done.exit_code, json.loads(done.stdout)["sample_exact_match"]) == (0, 1.0)


def test_training_gold_that_is_not_there_is_named_with_its_option(data: Data, tmp_path: Path) -> None:
    pred = write(tmp_path / "p.jsonl", data.own())
    done = run("score", "--gold", data.gold, "--pred", pred, "--train", "nope")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        "Error: --train nope: no such file; give the gold file of the training split, "
        "gold/train.jsonl of `generate`\n"
    )


def test_a_baseline_of_another_gold_is_refused(files: list[Path], data: Data, tmp_path: Path) -> None:
    dev = data.gold.with_name("train.jsonl")
    rows = [{"id": json.loads(line)["id"], "output": "x"} for line in dev.read_text().splitlines()]
    pred = write(tmp_path / "p.jsonl", rows)
    done = run("score", "--gold", dev, "--pred", pred, "--baseline", files[0])
    assert (done.exit_code, "scored against another gold file" in done.stderr) == (1, True)


def test_compare_says_how_much_files_differ(files: list[Path]) -> None:
    done = run("compare", *files, "--resamples", 500)
    assert done.exit_code == 0
    first, *systems = done.stdout.splitlines()[:4]
    assert first.split() == ["strict", "micro", "F1", "%", "file"]
    assert [line.split()[::2] for line in systems] == [["A", "a.json"], ["B", "b.json"], ["C", "c.json"]]
    assert ["\nB − A " in done.stdout, "\nC − A " in done.stdout] == [True, True]
    assert "40 samples; differences in points with 95 % intervals,\n500 resamples, seed 0." in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_compare_json_holds_what_the_files_say(files: list[Path], data: Data) -> None:
    done = run("compare", *files[:2], "--resamples", 500, "--changed", 1, "--json")
    report = json.loads(done.stdout)
    (comparison,) = report["comparisons"]
    assert [system["score"] for system in report["systems"]] == [micro_f1(path) for path in files[:2]]
    assert comparison["difference"] == pytest.approx(micro_f1(files[1]) - micro_f1(files[0]))
    assert comparison["wrong_to_right"] == data.ids[:3]
    assert comparison["right_to_wrong"] == data.ids[4:5]
    lost, won = comparison["changed"]
    assert (lost["id"], lost["a"] == lost["gold"], lost["b"] == lost["gold"]) == (data.ids[4], True, False)
    assert (won["id"], won["a"] == won["gold"], won["b"] == won["gold"]) == (data.ids[0], False, True)


def test_changed_samples_are_shown_with_both_predictions(files: list[Path], data: Data) -> None:
    done = run("compare", *files[:2], "--resamples", 100, "--changed", 5)
    lost, won = done.stdout.split("A right, B wrong: 1 sample\n")[1].split("A wrong, B right: 3 samples")
    assert f"{data.ids[4]}, B: " in lost
    assert all(f"{row_id}, A: " in won for row_id in data.ids[:3])
    right, wrong, error = lost.splitlines()[2:5]
    assert ["=Indicator]" in line for line in (right, wrong)] == [True, False]
    assert (right[:5], wrong[:5]) == ("  A  ", "  B  ")
    assert error.startswith("  missed    Indicator ")
    assert "-Indicator]" in wrong


def test_a_file_compared_with_itself_shows_nothing(files: list[Path]) -> None:
    done = run("compare", files[0], files[0], "--resamples", 100, "--json")
    (comparison,) = json.loads(done.stdout)["comparisons"]
    assert (comparison["difference"], comparison["p"], comparison["right_to_wrong"]) == (0, 1, [])


def test_compare_fails_beyond_the_drop_that_is_allowed(files: list[Path]) -> None:
    args = ("compare", *files, "--resamples", 100)
    done = run(*args, "--max-drop", 0.01)
    assert done.exit_code == 3
    base, worst = micro_f1(files[0]), micro_f1(files[2])
    assert f"strict micro F1 {worst:.4f} of {files[2]} is {base - worst:.4f} below {base:.4f}" in done.stderr
    assert run(*args, "--max-drop", 0.9).exit_code == 0
    assert run("compare", *files[:2], "--resamples", 100, "--max-drop", 0).exit_code == 0


@pytest.mark.parametrize(
    ("args", "said", "code"),
    [
        ([], "two or more score files", 2),
        (["{0}"], "two or more score files", 2),
        (["{0}", "{1}", "--baseline", "z.json"], "--baseline z.json is none of the files", 2),
        (["{0}", "z.json"], "z.json: no such file", 1),
        (["{0}", "{1}", "--criterion", "loose"], "'loose' is not one of", 2),
    ],
    ids=["none", "one", "baseline", "absent", "criterion"],
)
def test_a_wrong_call_of_compare_says_what_is_wrong(
    args: list[str], said: str, code: int, files: list[Path]
) -> None:
    done = run("compare", *(arg.format(*files) for arg in args))
    assert (done.exit_code, said in done.stderr) == (code, True)
    assert done.stderr.startswith("Usage: main compare [OPTIONS] A.json" if code == 2 else "Error: ")


def test_changed_samples_say_how_the_wrong_answer_was_read(tmp_path: Path) -> None:
    texts = ["晴。", "雨。", "投诉", "雪。"]
    rows = [{"id": f"s{i}", "text": text, "entities": []} for i, text in enumerate(texts)]
    rows[2]["entities"] = [{"label": "Indicator", "text": "投诉", "start": 0, "end": 2}]
    gold = write(tmp_path / "gold.jsonl", rows)
    right = ["晴。", "雨。", "<Indicator>投诉</Indicator>", "雪。"]
    wrong = [None, "我不知道", right[2], "<Date>雪</Date>。"]
    paths = []
    for name, outputs in (("a", right), ("b", wrong)):
        finish = ["stop", "stop", "length" if name == "b" else "stop", "stop"]
        answers = [{"id": f"s{i}", "output": o, "finish": finish[i]} for i, o in enumerate(outputs)]
        pred = write(tmp_path / f"{name}.jsonl", answers)
        paths.append(tmp_path / f"{name}.json")
        args = ("--task", "power", "--format", "xml", "--bootstrap", 0, "--out", paths[-1])
        assert run("score", "--gold", gold, "--pred", pred, *args).exit_code == 0
    done = run("compare", *paths, "--resamples", 50, "--changed", 9)
    assert "A right, B wrong: 4 samples\n" in done.stdout
    assert "A wrong, B right: 0 samples\n" in done.stdout
    assert "s0, B: no entities in gold, but there is no answer\n" in done.stdout
    assert "  answer    missing\n" in done.stdout
    assert "  answer    unparsable: 我不知道\n" in done.stdout
    assert "s2, B: 1 right, but a part of the answer was lost\n" in done.stdout
    assert "  reading   cut off: at the limit of new tokens\n" in done.stdout
    assert "  B  [+雪+Date]。\n" in done.stdout
    assert "  too much  Date 雪 0-1: gold has no entity here\n" in done.stdout
    (comparison,) = json.loads(run("compare", *paths, "--changed", 9, "--json").stdout)["comparisons"]
    keys = ("right", "outcome", "is_incomplete")
    assert [tuple(row[key] for key in keys) for row in comparison["changed"]] == [
        ("a", "missing", True),
        ("a", "unparsable", True),
        ("a", "salvaged", True),
        ("a", "clean", False),
    ]
    assert comparison["changed"][2]["problems"] == ["cut_off"]
    turned = run("compare", *paths[::-1], "--resamples", 50, "--changed", 9).stdout
    assert "A wrong, B right: 4 samples\n" in turned
    assert "  A  [+雪+Date]。\n  B  雪。\n" in turned


def test_words_of_a_model_are_not_taken_for_markup(data: Data, tmp_path: Path) -> None:
    rows = data.own()
    rows[0]["output"] = "[bold red]<City>[/link]x</City>"
    paths = []
    for name, content in (("a", rows), ("b", data.own())):
        pred = write(tmp_path / f"{name}.jsonl", content)
        paths.append(tmp_path / f"{name}.json")
        done = run("score", "--gold", data.gold, "--pred", pred, "--errors", 1, "--out", paths[-1])
        assert (done.exit_code, "[bold red]" in done.stdout) == (0, name == "a")
    paths[1] = paths[1].rename(tmp_path / "[b]c.json")
    done = run("compare", *paths, "--resamples", 50, "--changed", 1)
    assert " [b]c.json\n" in done.stdout
    assert (done.exit_code, "[/link]x" in done.stdout) == (0, True)


@pytest.mark.whole
def test_comparing_needs_no_model_packages(files: list[Path]) -> None:
    code = (
        "import sys; from nerforge.cli import main\n"
        f"sys.argv = ['nerforge', 'compare', {str(files[0])!r}, {str(files[1])!r}, '--resamples', '50']\n"
        "try:\n    main()\nfinally:\n    print([n for n in ('torch', 'pandas', 'scipy') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
