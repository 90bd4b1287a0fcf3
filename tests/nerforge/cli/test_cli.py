import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nerforge.cli import COMMANDS, STEPS, load_command, main

LIGHT = """
import sys
sys.argv = ['nerforge', *sys.argv[1:]]
from nerforge.cli import main
try:
    main()
finally:
"""
HEAVY = ("torch", "transformers", "pandas", "datasets", "llamafactory", "peft", "numpy", "pyarrow")


BAD_LABEL = json.dumps(
    {
        "text": "王芳",
        "entities": [{"start_idx": 0, "end_idx": 2, "entity_text": "王芳", "entity_label": "NAME"}],
    }
)


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def write_corpus(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def entity(text: str, start: int, label: str) -> dict[str, object]:
    return {"start_idx": start, "end_idx": start + len(text), "entity_text": text, "entity_label": label}


def sentence(i: int) -> dict[str, object]:
    return {"text": f"第{i}次会议由王芳主持。", "entities": [entity("王芳", 5 + len(str(i)), "PER")]}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "c.jsonl", *(sentence(i) for i in range(40)))


def test_help_shows_each_command_once_in_the_order_of_the_work() -> None:
    listed = [name for names in STEPS.values() for name in names]
    assert len(listed) == len(set(listed))
    assert set(COMMANDS) <= set(listed)
    shown = run("--help").stdout
    assert [title for title in STEPS if f"\n{title}:\n" in shown] == list(STEPS)
    places = [shown.index(f"\n  {name} ") for name in listed if name in COMMANDS]
    assert places == sorted(places)


def test_a_misspelt_command_or_name_is_told_the_nearest() -> None:
    assert "Did you mean one of: 'curve', 'score'?" in run("scroe").stderr
    told = run("config", "ner_qwen3_4", "--data", ".").stderr
    assert "unknown recipe 'ner_qwen3_4'; known: FILE.yaml, " in told
    assert told.endswith("tiny_cpu; did you mean 'ner_qwen3_4b'?\n")


@pytest.mark.whole
@pytest.mark.parametrize("args", [[], *([name] for name in COMMANDS), ["generate", "power"]], ids=" ".join)
def test_help_runs_and_imports_nothing_heavy(args: list[str]) -> None:
    code = LIGHT + f"    print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code, *args, "--help"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(" ".join(["Usage: nerforge", *args, ""]))
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_commands_listed_are_those_there_are() -> None:
    folder = Path(__file__).parents[3] / "nerforge" / "cli" / "commands"
    files = {path.stem for path in folder.glob("[a-z]*")} - {"models"}
    of_models = {"export", "fetch-data", "fetch-model", "new-model"}
    assert files | of_models == set(COMMANDS)
    assert all(load_command(name).name for name in COMMANDS)


@pytest.mark.whole
def test_generate_power_prints_what_it_wrote_and_the_manifest_as_json(tmp_path: Path) -> None:
    done = run("generate", "power", "--rows", 50, "--city", "菏泽市", "--out", tmp_path / "a")
    assert done.exit_code == 0
    assert "task power, answers as xml" in done.stdout
    done = run("generate", "power", "--rows", 50, "--out", tmp_path / "b", "--json")
    assert json.loads(done.stdout) == json.loads((tmp_path / "b" / "manifest.json").read_text())


def test_generate_counts_what_it_leaves_out(corpus: Path, tmp_path: Path) -> None:
    bad = {"text": "晴。", "entities": [entity("李雷", 0, "PER")]}
    rows = [json.loads(line) for line in corpus.read_text().splitlines()]
    write_corpus(corpus, *rows, bad)
    args = ("generate", "ccfbdci", "--input", corpus, "--out", tmp_path / "a")
    done = run(*args, "--strict")
    assert done.exit_code == 1
    assert "c.jsonl:41: entity '李雷' (PER) is not in the text" in done.stderr
    assert not (tmp_path / "a").exists()
    done = run(*args)
    assert done.exit_code == 0
    assert "dropped rows: lost 1" in done.stdout


@pytest.mark.whole
@pytest.mark.parametrize(
    "source", [["ccfbdci"], ["power", "--rows", "30", "--city", "菏泽"]], ids=["corpus", "slots"]
)
def test_several_formats_hold_the_same_samples(source: list[str], corpus: Path, tmp_path: Path) -> None:
    given = ["--input", corpus] if source == ["ccfbdci"] else []
    done = run("generate", *source, *given, "--formats", "xml, json", "--out", tmp_path / "d")
    assert done.exit_code == 0, done.stderr
    xml, json_ = (tmp_path / "d" / name for name in ("xml", "json"))
    for name in ("train", "dev", "test"):
        assert (xml / "gold" / f"{name}.jsonl").read_bytes() == (
            json_ / "gold" / f"{name}.jsonl"
        ).read_bytes()
    outputs = [json.loads((folder / "ner.json").read_text("utf-8"))[0]["output"] for folder in (xml, json_)]
    assert outputs[0] != outputs[1]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--formats", "xml,yaml"], "unknown answer format 'yaml'"),
        (["--formats", "xml", "--format", "json"], "--formats and --format: give one of them"),
    ],
    ids=["unknown", "both"],
)
def test_formats_that_cannot_be_are_a_usage_error(
    args: list[str], message: str, corpus: Path, tmp_path: Path
) -> None:
    done = run("generate", "ccfbdci", "--input", corpus, "--out", tmp_path / "d", *args)
    assert (done.exit_code, message in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"text": "晴。", "entities": []}\n{"text": ', "c.jsonl:2: not JSON"),
        ('{"text": "晴。", "entities": [{}]}', "c.jsonl:1: an entity is {}, without any field"),
        (BAD_LABEL, "label 'NAME' is not one of LOC"),
        ("", "is empty"),
    ],
    ids=["cut", "field", "label", "empty"],
)  # fmt: skip
def test_a_broken_corpus_is_one_clear_message(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text(content, encoding="utf-8")
    done = run("generate", "ccfbdci", "--input", tmp_path / "c.jsonl", "--out", tmp_path / "a")
    assert (done.exit_code, done.stdout) == (1, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.jsonl"]


def test_a_missing_corpus_is_an_error(tmp_path: Path) -> None:
    done = run("generate", "cmeee", "--input", tmp_path / "no.jsonl", "--out", tmp_path / "a")
    assert (done.exit_code, "no.jsonl: no such file" in done.stderr) == (1, True)


@pytest.mark.whole
@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--rows", 0], "--rows 0: must be at least 1"),
        (["--rows", 10, "--dev", "0.6", "--test", "0.5"], "together below 1"),
        (
            ["--rows", 10, "--prompt", "fulll"],
            "unknown prompt of task power 'fulll'; known: FILE.jinja, full, short",
        ),
        (["--rows", 10, "--city", "曹县"], "city 曹县 is not in the table; known: 济南"),
        (["--rows", 10, "--format", "csv"], "'csv' is not one of"),
    ],
    ids=["rows", "shares", "prompt", "city", "format"],
)
def test_a_wrong_value_is_a_usage_error(args: list[object], message: str, tmp_path: Path) -> None:
    done = run("generate", "power", *args, "--out", tmp_path / "a")
    assert done.exit_code == 2
    assert done.stderr.startswith("Usage: main generate power [OPTIONS]\n")
    assert message in done.stderr
    assert not (tmp_path / "a").exists()


@pytest.mark.whole
def test_a_taken_output_directory_is_refused_and_replaced_on_request(tmp_path: Path) -> None:
    args = ("generate", "power", "--rows", 30, "--out", tmp_path / "a")
    assert run(*args).exit_code == 0
    done = run(*args)
    assert (done.exit_code, "already holds a data set" in done.stderr) == (1, True)
    assert run(*args, "--seed", 1, "--overwrite").exit_code == 0
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "letter.txt").touch()
    done = run(*args[:-1], tmp_path / "b", "--overwrite")
    assert (done.exit_code, "is not empty and holds no manifest.json" in done.stderr) == (1, True)


@pytest.mark.whole
def test_config_prints_yaml_or_writes_it(tmp_path: Path) -> None:
    run("generate", "power", "--rows", 30, "--out", tmp_path / "data")
    args = ("config", "power_qwen1.5_4b", "--data", tmp_path / "data", "--set", "lora_rank=4")
    printed = run(*args)
    assert "lora_rank: 4\n" in printed.stdout
    assert run(*args, "-o", tmp_path / "t.yaml").stdout == ""
    assert (tmp_path / "t.yaml").read_text() == printed.stdout


def test_config_of_a_folder_without_a_data_set_is_an_error(tmp_path: Path) -> None:
    done = run("config", "tiny_cpu", "--data", tmp_path)
    assert (done.exit_code, "holds no dataset_info.json" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("args", "message", "code"),
    [
        (["--data", "d"], "give either --run or --model", 2),
        (["--data", "d", "--model", "m"], "--model needs --template and --out too", 2),
        (["--data", "d", "--run", "no_run"], "no_run: is no training run", 1),
        (["--data", "d", "--run", "r", "--adapter", "a"], "--adapter and --template go with --model", 2),
        (["--data", "d", "--model", "m", "--checkpoint", "base"], "--checkpoint goes with --run", 2),
    ],
    ids=["neither", "half", "no-run", "run-and-adapter", "model-and-checkpoint"],
)
def test_predict_says_what_it_lacks(args: list[str], message: str, code: int) -> None:
    done = run("predict", *args)
    assert (done.exit_code, message in done.stderr) == (code, True)
    assert done.stderr.startswith("Usage: main predict [OPTIONS]\n" if code == 2 else "Error: ")


@pytest.fixture
def scored(tmp_path: Path) -> tuple[Path, Path]:
    run("generate", "power", "--rows", 50, "--out", tmp_path / "data")
    gold = tmp_path / "data" / "gold" / "test.jsonl"
    ids = [json.loads(line)["id"] for line in gold.read_text().splitlines()]
    outputs = [row["output"] for row in json.loads((tmp_path / "data" / "ner_test.json").read_text())]
    outputs[0] = "<City>"
    pred = write_corpus(
        tmp_path / "p.jsonl", *({"id": i, "output": o} for i, o in zip(ids, outputs, strict=True))
    )
    return gold, pred


@pytest.mark.whole
def test_score_prints_a_table_errors_and_outcomes(scored: tuple[Path, Path], tmp_path: Path) -> None:
    gold, pred = scored
    done = run(
        "score", "--gold", gold, "--pred", pred, "--errors", 3, "--out", tmp_path / "s" / "scores.json"
    )
    assert done.exit_code == 0
    assert "5 samples, exactly right: 80.0 %" in done.stdout
    assert "answers: 4 clean, 1 unparsable\n" in done.stdout
    assert "problems: 1 cut_off\n" in done.stdout
    assert "  answer    unparsable: <City>\n" in done.stdout
    assert "\n1 of 1 wrong samples shown\n" in done.stdout
    assert json.loads((tmp_path / "s" / "scores.json").read_text())["sample_exact_match"] == 0.8


@pytest.mark.whole
def test_a_threshold_that_is_no_number_never_passes(scored: tuple[Path, Path]) -> None:
    gold, pred = scored
    done = run("score", "--gold", gold, "--pred", pred, "--fail-under", "nan")
    assert (done.exit_code, "is below --fail-under nan" in done.stderr) == (3, True)


@pytest.mark.whole
def test_score_finds_the_manifest_from_within_the_data_set(
    scored: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    gold, pred = scored
    monkeypatch.chdir(gold.parent)
    assert run("score", "--gold", gold.name, "--pred", pred).exit_code == 0


@pytest.mark.whole
def test_missing_predictions_are_said_on_stderr(scored: tuple[Path, Path]) -> None:
    gold, pred = scored
    pred.write_text(pred.read_text().splitlines(keepends=True)[0])
    assert "4 of 5 samples have no prediction" in run("score", "--gold", gold, "--pred", pred).stderr


@pytest.mark.whole
@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("file/s.json", "Error: --out {}: cannot be written: File exists; choose another --out\n"),
        ("folder", "Error: {}: exists and is no score file; choose another --out\n"),
        ("/proc/x/s.json", "Error: --out {}: cannot be written: No such file or directory; choose another"),
    ],
    ids=["below a file", "folder", "no place"],
)
def test_an_output_that_cannot_be_written_is_a_message(
    scored: tuple[Path, Path], tmp_path: Path, out: str, message: str
) -> None:
    gold, pred = scored
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    done = run("score", "--gold", gold, "--pred", pred, "--out", tmp_path / out)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(message.format(tmp_path / out))


@pytest.mark.whole
def test_an_output_folder_may_look_like_markup(tmp_path: Path) -> None:
    done = run("generate", "power", "--rows", 30, "--out", tmp_path / "d[bold][/x]")
    assert (done.exit_code, "d[bold][/x]" in done.stdout) == (0, True)


@pytest.mark.whole
def test_a_split_that_got_no_samples_is_mentioned(tmp_path: Path) -> None:
    done = run("generate", "power", "--rows", 3, "--out", tmp_path / "d")
    assert "dev: no samples, so there are no files for it" in done.stdout


@pytest.mark.whole
def test_score_fails_under_a_threshold_and_says_by_how_much(scored: tuple[Path, Path]) -> None:
    gold, pred = scored
    done = run("score", "--gold", gold, "--pred", pred, "--fail-under", 0.99, "--json")
    assert done.exit_code == 3
    f1 = json.loads(done.stdout)["criteria"]["strict"]["micro"]["f1"]
    assert f"strict micro F1 {f1:.4f} is below --fail-under 0.99" in done.stderr
    assert run("score", "--gold", gold, "--pred", pred, "--fail-under", 0.5).exit_code == 0


def test_a_demo_does_not_replace_what_is_not_a_demo(tmp_path: Path) -> None:
    pytest.importorskip("llamafactory", reason="needs the train extra")
    (tmp_path / "letter.txt").touch()
    done = run("demo", "--out", tmp_path)
    assert (done.exit_code, "is not empty and not an earlier demo" in done.stderr) == (1, True)
    (tmp_path / "demo.json").write_text('{"name": "mine"}')
    done = run("demo", "--out", tmp_path)
    assert (done.exit_code, "demo.json: Object missing required field `nerforge_demo`" in done.stderr) == (
        1,
        True,
    )
    assert (tmp_path / "letter.txt").exists()


CONLL = "".join(
    "\n".join(f"{char}\t{tag}" for char, tag in zip(f"王芳在杭州第{i}", tags, strict=False)) + "\n\n"
    for i in range(20)
    for tags in [["B-人 名", "I-人 名", "O", "B-地点", "I-地点", "O", "O", "O"]]
)
OWN_TASK = """\
title: 我的任务
labels:
  - {name: 人 名, answer: 人名, definition: 人的名字}
  - {name: 地点, definition: 地方}
default_format: xml
"""


def score_own(data: Path) -> str:
    """Score the data set's own answers."""
    rows = json.loads((data / "ner_test.json").read_text(encoding="utf-8"))
    gold = (data / "gold" / "test.jsonl").read_text(encoding="utf-8").splitlines()
    lines = [
        json.dumps({"id": json.loads(sample)["id"], "output": row["output"]})
        for row, sample in zip(rows, gold, strict=True)
    ]
    (data / "pred.jsonl").write_text("\n".join(lines), encoding="utf-8")
    done = run("score", "--gold", data / "gold" / "test.jsonl", "--pred", data / "pred.jsonl")
    assert done.exit_code == 0, done.stderr
    return done.stdout


def test_a_corpus_of_ones_own_needs_nothing_but_the_file(tmp_path: Path) -> None:
    (tmp_path / "c.conll").write_text(CONLL, encoding="utf-8")
    done = run("generate", "corpus", "--input", tmp_path / "c.conll", "--out", tmp_path / "d")
    assert done.exit_code == 0, done.stderr
    assert "layout: conll" in done.stdout
    [row, *_] = json.loads((tmp_path / "d" / "ner.json").read_text(encoding="utf-8"))
    assert "类型：人_名、地点。" in row["instruction"]
    assert '"entity_label": "人_名"' in row["output"]
    assert "micro    100.0 100.0 100.0" in score_own(tmp_path / "d")


def test_a_corpus_of_ones_own_may_have_a_task_file(tmp_path: Path) -> None:
    (tmp_path / "c.conll").write_text(CONLL, encoding="utf-8")
    (tmp_path / "my.yaml").write_text(OWN_TASK, encoding="utf-8")
    args = ("--input", tmp_path / "c.conll", "--task", tmp_path / "my.yaml", "--out", tmp_path / "d")
    done = run("generate", "corpus", *args)
    assert done.exit_code == 0, done.stderr
    [row, *_] = json.loads((tmp_path / "d" / "ner.json").read_text(encoding="utf-8"))
    assert "人名（人的名字）" in row["instruction"]
    assert row["output"].startswith("<人名>王芳</人名>在<地点>杭州</地点>")
    assert "micro    100.0 100.0 100.0" in score_own(tmp_path / "d")


def test_a_label_that_the_task_lacks_leaves_its_rows_out(tmp_path: Path) -> None:
    (tmp_path / "c.conll").write_text(CONLL.replace("杭州第7", "杭州第7"), encoding="utf-8")
    (tmp_path / "my.yaml").write_text(OWN_TASK.replace("地点", "国家"), encoding="utf-8")
    args = ("--input", tmp_path / "c.conll", "--task", tmp_path / "my.yaml", "--out", tmp_path / "d")
    done = run("generate", "corpus", *args)
    assert done.exit_code == 1
    assert "holds no usable rows (20 unknown_label)" in done.stderr
    assert "c.conll:1: label '地点' is not one of 人 名, 国家" in done.stderr


@pytest.mark.whole
def test_statistics_are_printed_drawn_and_kept(corpus: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    args = ("generate", "ccfbdci", "--input", corpus, "--stats")
    done = run(*args, "--out", tmp_path / "d")
    assert done.exit_code == 0, done.stderr
    assert "Entities by label" in done.stdout
    assert f"drawn in {tmp_path / 'd' / 'stats.png'}" in "".join(done.stdout.splitlines())
    assert (tmp_path / "d" / "stats.svg").stat().st_size > 1_000
    manifest = json.loads((tmp_path / "d" / "manifest.json").read_text(encoding="utf-8"))
    counted = {name: split["samples"] for name, split in manifest["statistics"]["splits"].items()}
    assert counted == {name: split["samples"] for name, split in manifest["splits"].items()}
    done = run(*args, "--out", tmp_path / "e", "--json")
    assert json.loads(done.stdout)["statistics"] == manifest["statistics"]
