"""``nerforge relabel`` and ``nf.relabel``."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import nerforge as nf
from nerforge.cli import main

TEXTS = {"a": "张伟去上海", "b": "李娜在北京大学", "c": "今天下雨"}
PER = {"label": "PER", "text": "张伟", "start": 0, "end": 2}
GPE = {"label": "GPE", "text": "上海", "start": 3, "end": 5}
ORG = {"label": "ORG", "text": "北京大学", "start": 3, "end": 7}


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """Gold that lacks 上海 in sample a."""
    entities = {"a": [PER], "b": [ORG], "c": []}
    return write(
        tmp_path / "gold.jsonl",
        *({"id": x, "text": text, "entities": entities[x], "meta": {}} for x, text in TEXTS.items()),
    )


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def verdict(name: str, said: str = "gold", **more: object) -> dict[str, object]:
    """Write a verdict as the page does."""
    row = {
        "schema_version": 1,
        "id": name,
        "text_sha256": sha256(TEXTS[name].encode()).hexdigest(),
        "verdict": said,
        "error": None,
        "note": "",
    }
    return row | more


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def test_gold_is_mended_and_predictions_are_scored_on_both(gold: Path, tmp_path: Path) -> None:
    right = verdict("a", entities=[PER, GPE])
    wrong = verdict("b", "model", error={"side": "pred", "label": "PER", "start": 0, "end": 2})
    verdicts = write(tmp_path / "v.jsonl", right, wrong)
    pred = write(
        tmp_path / "pred.jsonl",
        {"id": "a", "text": TEXTS["a"], "entities": [PER, GPE], "meta": {}},
        {"id": "b", "text": TEXTS["b"], "entities": [ORG], "meta": {}},
        {"id": "c", "text": TEXTS["c"], "entities": [], "meta": {}},
    )
    out = tmp_path / "mended.jsonl"
    done = run("relabel", gold, verdicts, "--pred", pred, "--out", out, "--bootstrap", 0)
    assert done.exit_code == 0, done.output
    assert "2 of 3 sentences judged; verdicts: gold 1, model 1, ambiguous 0" in done.stdout
    assert "errors that are gold's, of those judged: 50.0 % (9.5–90.5; 1 of 2)" in done.stdout
    assert "strict micro F1 80.0 on the old gold, 100.0 on the mended" in done.stdout
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert rows[0]["entities"] == [PER, GPE]
    assert [row["id"] for row in rows] == ["a", "b", "c"]


def test_a_verdict_on_another_text_is_refused_with_its_line(gold: Path, tmp_path: Path) -> None:
    stale = verdict("b", "model") | {"text_sha256": sha256(b"another").hexdigest()}
    verdicts = write(tmp_path / "v.jsonl", verdict("a", "ambiguous"), stale)
    done = run("relabel", gold, verdicts, "--out", tmp_path / "mended.jsonl")
    assert done.exit_code == 1
    assert f"{verdicts}:2: the text of 'b' is another one" in done.stderr
    assert not (tmp_path / "mended.jsonl").exists()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (verdict("a") | {"id": "z"}, "gold has no sample 'z'"),
        (verdict("a") | {"schema_version": 2}, "schema_version 2; expected 1"),
        (verdict("a"), 'lacks "entities"'),
        (verdict("a", "model", entities=[]), 'has "entities"'),
        (verdict("a", entities=[GPE | {"start": 2, "end": 4}]), "上海"),
        (verdict("a", entities=[GPE | {"end": 50}]), "the text of 'a' has 5 characters"),
        (verdict("a", entities=[PER, PER]), "stands twice"),
        (verdict("a", "perhaps"), "perhaps"),
    ],
    ids=["id", "version", "no entities", "entities", "place", "beyond", "twice", "verdict"],
)
def test_a_verdict_that_cannot_be_is_refused(
    gold: Path, tmp_path: Path, row: dict[str, object], message: str
) -> None:
    done = run("relabel", gold, write(tmp_path / "v.jsonl", row), "--out", tmp_path / "mended.jsonl")
    assert done.exit_code == 1
    assert "v.jsonl:1:" in done.stderr
    assert message in done.stderr


def test_conflicts_are_refused_or_kept_and_counted(gold: Path, tmp_path: Path) -> None:
    first = write(tmp_path / "first.jsonl", verdict("a", entities=[PER, GPE]))
    second = write(tmp_path / "second.jsonl", verdict("a", entities=[GPE]), verdict("c", "ambiguous"))
    out = tmp_path / "mended.jsonl"
    refused = run("relabel", gold, first, second, "--out", out)
    assert refused.exit_code == 1
    assert f"{first}:1: sample 'a': mended gold that differs; see {second}:1" in refused.stderr
    report = nf.relabel(gold, [first, second], out, conflicts="keep")
    assert (report.changed, len(report.conflicts)) == (0, 1)
    assert report.verdicts == {"gold": 0, "model": 0, "ambiguous": 1}


def test_the_same_verdict_of_two_people_counts_once(gold: Path, tmp_path: Path) -> None:
    files = [
        write(tmp_path / f"{name}.jsonl", verdict("a", entities=[PER, GPE], note=name)) for name in ("x", "y")
    ]
    report = nf.relabel(gold, files, tmp_path / "mended.jsonl")
    assert (report.repeated, report.verdicts["gold"], report.changed) == (1, 1, 1)


def test_a_terminal_does_not_get_to_obey_an_id(gold: Path, tmp_path: Path) -> None:
    row = verdict("a", "model") | {"id": "\x1b]0;title\x07"}
    done = run("relabel", gold, write(tmp_path / "v.jsonl", row), "--out", tmp_path / "mended.jsonl")
    assert "\x1b" not in done.output


def test_wrong_use_is_a_usage_error(gold: Path, tmp_path: Path) -> None:
    assert run("relabel", gold, "--out", tmp_path / "x").exit_code == 2
    with pytest.raises(nf.UsageError, match="expected one of refuse, keep"):
        nf.relabel(gold, [], tmp_path / "x", conflicts="both")
