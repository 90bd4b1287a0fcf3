"""What a user declares of offsets is followed, stands in the manifest and is printed."""

import json

import pytest
from click.testing import CliRunner

from nerforge.cli import main

DECLARED = [
    pytest.param("赵敏在青岛工作。", [[0, 1, "人"], [3, 4, "地"]], ("--ends", "inclusive"), id="inclusive"),
    pytest.param("😀赵敏在青岛。", [[2, 4, "人"], [5, 7, "地"]], ("--unit", "utf16"), id="UTF-16"),
    pytest.param("赵敏在青岛工作。", [[0, 6, "人"], [9, 15, "地"]], ("--unit", "utf8"), id="bytes"),
]


def generate(tmp_path, *options):
    command = ["generate", "corpus", "--out", str(tmp_path / "out"), "--dev", "0", "--test", "0", *options]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    gold = (tmp_path / "out" / "gold" / "train.jsonl").read_text("utf-8").splitlines()
    return (
        result.output,
        manifest["source"],
        [e["text"] for line in gold for e in json.loads(line)["entities"]],
    )


def write(path, text, spans):
    path.write_text(json.dumps({"text": text, "label": spans}, ensure_ascii=False) + "\n", "utf-8")
    return str(path)


@pytest.mark.parametrize(("text", "spans", "option"), DECLARED)
def test_declared_offsets_are_followed_and_said(tmp_path, text, spans, option):
    file = write(tmp_path / "d.jsonl", text, spans)
    output, source, entities = generate(tmp_path, "--input", file, *option)
    assert entities == ["赵敏", "青岛"]
    assert source["offsets"]["told_by"] == "declared"
    assert "told_by declared" in output


def test_what_is_assumed_is_said_of_each_of_several_files(tmp_path):
    one = write(tmp_path / "a.jsonl", "赵敏在青岛工作。", [[0, 2, "人"], [3, 5, "地"]])
    other = write(tmp_path / "b.jsonl", "他在青岛工作。", [[0, 0, "人"], [2, 3, "地"]])
    output, _, entities = generate(tmp_path, "--input", one, "--input", other)
    assert entities == ["赵敏", "青岛", "他", "青岛"]
    assert "a.jsonl (divided): layout doccano, offsets code_points with end exclusive (assumed)" in output
    assert "b.jsonl (divided): layout doccano, offsets code_points with end inclusive (ends)" in output
    assert "nothing tells whether the ends of entities of a.jsonl are exclusive" in " ".join(output.split())


def test_assumed_ends_are_shown_by_what_they_make_of_entities(tmp_path):
    file = write(tmp_path / "d.jsonl", "赵敏敏在青岛工作。", [[0, 2, "人"], [4, 5, "地"]])
    output, _, entities = generate(tmp_path, "--input", file)
    assert entities == ["赵敏", "青"]
    assert "they read: 赵敏 (人), 青 (地)." in " ".join(output.split())
    assert "give --ends inclusive" in " ".join(output.split())


def test_an_entity_at_the_end_of_its_sentence_tells_that_ends_are_exclusive(tmp_path):
    file = write(tmp_path / "d.jsonl", "赵敏在青岛", [[0, 2, "人"], [3, 5, "地"]])
    output, source, _ = generate(tmp_path, "--input", file)
    assert source["offsets"]["told_by"] == "ends"
    assert "warning" not in output
