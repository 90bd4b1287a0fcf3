"""``nerforge generate fudan`` from the command line to scores."""

import json

import pytest
from click.testing import CliRunner

from nerforge.cli import main
from nerforge.generators.classification.label_charts import make_label_panels
from nerforge.generators.manifests.kinds import read_whole_manifest

ROWS = [
    {"text": f"第{i}场比赛结束了。", "category": ["Sports", "Art", "Law"][: 2 + i % 2], "output": "Sports"}
    for i in range(30)
] + [{"text": f"第{i}号画展开幕。", "category": ["Sports", "Art"], "output": "Art"} for i in range(20)]


@pytest.fixture
def news(tmp_path):
    path = tmp_path / "news.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in ROWS), encoding="utf-8")
    return path


def run(*args):
    return CliRunner().invoke(main, [str(arg) for arg in args])


def test_counts_are_printed_by_label_and_split(news, tmp_path):
    done = run("generate", "fudan", "--input", news, "--out", tmp_path / "d", "--split", "stratified")
    assert done.exit_code == 0, done.output
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["Art", "16", "2", "2"] in lines and ["texts", "40", "5", "5"] in lines


def test_statistics_are_printed_and_drawn(news, tmp_path):
    pytest.importorskip("matplotlib", reason="needs the plots extra")
    done = run("generate", "fudan", "--input", news, "--out", tmp_path / "d", "--stats", "--test", 0)
    assert "Texts by labels offered" in done.stdout and "drawn in" in done.stdout
    assert (tmp_path / "d" / "stats.png").stat().st_size > 1_000
    manifest = read_whole_manifest(tmp_path / "d" / "manifest.json")
    labels, characters, offered = make_label_panels(manifest)
    assert {name: sum(n) for name, n in labels.bars.items()} == {"Sports": 30, "Art": 20}
    assert sum(map(sum, characters.bars.values())) == 50
    assert {name: sum(n) for name, n in offered.bars.items()} == {"2": 35, "3": 15}


def test_the_manifest_is_printed_as_json(news, tmp_path):
    done = run("generate", "fudan", "--input", news, "--out", tmp_path / "d", "--json")
    assert json.loads(done.stdout)["splits"]["train"]["samples"] == 40


def test_a_split_without_texts_is_said(news, tmp_path):
    done = run("generate", "fudan", "--input", news, "--out", tmp_path / "d", "--dev", 0)
    assert "dev: no texts, so there are no files for it" in done.stdout


def test_answers_are_scored_by_the_labels_of_the_task(news, tmp_path):
    run("generate", "fudan", "--input", news, "--out", tmp_path / "d", "--test", 0.5)
    gold = tmp_path / "d" / "gold" / "test.jsonl"
    rows = [json.loads(line) for line in gold.read_text("utf-8").splitlines()]
    said = {"Sports": "类别：体育", "Art": "Medical"}
    pred = tmp_path / "p.jsonl"
    pred.write_text(
        "\n".join(json.dumps({"id": row["id"], "output": said[row["label"]]}) for row in rows), "utf-8"
    )
    done = run("score", "--gold", gold, "--pred", pred)
    n_art = sum(row["label"] == "Art" for row in rows)
    accuracy = 100 * (1 - n_art / 25)
    assert f"25 texts, accuracy: {accuracy:.1f} %" in done.stdout
    assert f"answers that name a label which the prompt did not offer: {n_art}" in done.stdout


def test_formats_of_entities_are_no_option(news, tmp_path):
    done = run("generate", "fudan", "--input", news, "--out", tmp_path / "d", "--format", "xml")
    assert (done.exit_code, "No such option" in done.stderr) == (2, True)
