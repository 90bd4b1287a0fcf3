"""What another package adds by entry points is used by the commands as what we ship is."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.whole

ENTRY_POINTS = """\
[nerforge.engines]
acme-words = acme_ner:WORD_ENGINE

[nerforge.layouts]
acme_slashes = acme_ner:SLASHES

[nerforge.prediction_layouts]
acme_log = acme_ner:LOG

[nerforge.answer_formats]
acme_semicolons = acme_ner:Semicolons
"""
RUN_ALL = """
import json, sys
from nerforge.cli import main
for args in json.loads(sys.argv[1]):
    main(args, standalone_mode=False)
"""
HELP = """
import sys
from nerforge.cli import main
try:
    main(["--help"])
finally:
    print("acme_ner" in sys.modules)
"""
SENTENCES = [
    f"{person}/人名 第{n}次 {verb} {place}/地点 。"
    for n in range(20)
    for person, verb, place in (("王芳", "去", "青岛"), ("李雷", "离开", "济南"))
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What pip would leave of the package."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(Path(__file__).parent / "outside" / "acme_ner.py", folder)
    info = folder / "acme_ner-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-ner\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    return folder


def nerforge(site: Path, *commands: list[object]) -> "subprocess.CompletedProcess[str]":
    """Run commands, one after the other in one process that sees the package."""
    args = json.dumps([[str(arg) for arg in command] for command in commands])
    environment = os.environ | {"PYTHONPATH": str(site), "COLUMNS": "300"}
    return subprocess.run(
        [sys.executable, "-c", RUN_ALL, args], capture_output=True, text=True, env=environment
    )


def test_generate_predict_and_score_use_what_a_package_adds(site: Path, tmp_path: Path) -> None:
    corpus, data, pred = tmp_path / "corpus.txt", tmp_path / "data", tmp_path / "p.jsonl"
    corpus.write_text("\n".join(["#acme", *SENTENCES, "今天 下雨 。", ""]), encoding="utf-8")
    model = ["--engine", "acme-words", "--model", "any", "--data", data, "--split", "test", "--out", pred]
    scored = ["--gold", data / "gold" / "test.jsonl"]
    done = nerforge(
        site,
        [
            "generate",
            "corpus",
            "--input",
            corpus,
            "--format",
            "acme_semicolons",
            "--test",
            "0.5",
            "--out",
            data,
        ],
        ["predict", *model],
        ["score", *scored, "--pred", pred, "--out", tmp_path / "scores.json"],
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads((data / "ner.json").read_text(encoding="utf-8"))
    assert "写成 类型=实体，用分号隔开" in rows[0]["instruction"]
    assert {"人名=王芳;地点=青岛", "人名=李雷;地点=济南"} <= {row["output"] for row in rows}
    manifest = json.loads((data / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["answer_format"] == "acme_semicolons"
    scores = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    assert scores["criteria"]["strict"]["micro"]["f1"] == 1.0
    assert scores["n_gold"] > 10

    # The same answers, as the package's own log, and the corpus itself as predictions.
    answers = [json.loads(line) for line in pred.read_text(encoding="utf-8").splitlines()]
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps({"acme_id": x["id"], "said": x["output"]}) + "\n" for x in answers))
    done = nerforge(
        site,
        ["score", *scored, "--pred", log, "--out", tmp_path / "of_log.json"],
        ["score", *scored, "--pred", corpus, "--out", tmp_path / "of_corpus.json"],
    )
    assert done.returncode == 0, done.stderr
    for name in ("of_log.json", "of_corpus.json"):
        again = json.loads((tmp_path / name).read_text(encoding="utf-8"))
        assert again["criteria"]["strict"]["micro"]["f1"] == 1.0
    assert "spans of layout acme_slashes" in done.stderr


def test_the_commands_list_what_a_package_adds(site: Path) -> None:
    helps = [["predict"], ["generate", "corpus"], ["score"]]
    said = [" ".join(nerforge(site, [*command, "--help"]).stdout.split()) for command in helps]
    assert "acme-words: a list of words" in said[0]
    assert "acme_slashes: lines of words, with a slash before an entity's label" in said[1]
    assert "acme_semicolons" in said[1]
    assert "acme_log" in said[2]
    assert "acme_slashes" in said[2]


def test_the_help_of_all_does_not_look_for_packages(site: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(site)}
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, env=environment)
    assert done.stdout.endswith("False\n")


def test_a_package_that_claims_a_name_of_ours_stops_the_commands_that_would_use_it(
    site: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "other-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[nerforge.engines]\nhf = other:HF\n")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "nerforge", "predict", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 1
    assert done.stderr == (
        "Error: package other claims 'hf' in nerforge.engines, which is the name of the engine that nerforge "
        "ships; uninstall the package\n"
    )
