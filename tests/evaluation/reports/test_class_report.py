"""The page of text classification: its columns, where its files are found, and every number in a browser."""

import json
from pathlib import Path
from typing import Any

import pytest

from nerforge import score
from nerforge.evaluation.reports.page_file import write_page
from nerforge.evaluation.reports.report_run import ReportOptions, make_report
from nerforge.evaluation.reports.row_columns import KINDS, UNIT_FIELDS
from nerforge.evaluation.scores.schema import LabelScores
from nerforge.evaluation.scores.score_file import read_scores
from nerforge.foundation.errors import UsageError, UserError
from tests.chromium import open_page
from tests.evaluation.report_buttons import check_page
from tests.evaluation.report_case import HOSTILE
from tests.evaluation.report_numbers import ClassNumbers

GOLD = [
    {"id": "a", "text": "国足一比零小胜", "label": "体育", "meta": {"source": "web"}},
    {"id": "b", "text": "央行下调利率", "label": "经济"},
    {"id": "c", "text": f"新款处理器发布{HOSTILE}", "label": "计算机"},
    {"id": "d", "text": "女排夺冠", "label": "体育"},
    {"id": "e", "text": "油价上涨", "label": "经济"},
]
ANSWERS = {"a": "体育", "b": "“经济”。", "c": f"这篇讲的是科技{HOSTILE}", "d": "经济"}
OTHERS = {"a": "体育", "b": "体育", "c": "计算机", "d": "体育", "e": "经济"}


def write_case(folder: Path) -> Path:
    for name, answers in (("a", ANSWERS), ("b", OTHERS)):
        _write(folder / "gold.jsonl", GOLD)
        _write(folder / f"{name}.jsonl", [{"id": key, "output": said} for key, said in answers.items()])
        score(folder / "gold.jsonl", folder / f"{name}.jsonl", out=folder / f"{name}.json", bootstrap=20)
    return folder / "a.json"


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def scores_of(path: Path) -> LabelScores:
    scores = read_scores(path)
    assert isinstance(scores, LabelScores)
    return scores


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_case(tmp_path_factory.mktemp("classes"))


def test_each_text_is_one_unit_with_the_labels_of_both_sides(scored: Path) -> None:
    head, (chunk,), _ = make_report(ReportOptions(source=scored)).report
    assert head.is_of_classes
    size = len(UNIT_FIELDS)
    units = [
        dict(zip(UNIT_FIELDS, chunk.a.units[at : at + size], strict=True)) for at in range(0, 5 * size, size)
    ]
    assert [KINDS[unit["kind"]] for unit in units] == ["right", "right", "missed", "label", "missed"]
    named = [
        (head.labels[u["gold_label"]], head.labels[u["label"]] if u["label"] >= 0 else None) for u in units
    ]
    assert named[2:] == [("计算机", None), ("体育", "经济"), ("经济", None)]
    assert [head.outcomes[n] for n in chunk.a.outcome] == ["clean", "clean", "unparsable", "clean", "missing"]
    assert chunk.meta[0] == {"source": "web"}


def test_without_predictions_or_gold_the_score_file_is_shown(scored: Path, tmp_path: Path) -> None:
    lone = tmp_path / "deep" / "er" / "a.json"
    lone.parent.mkdir(parents=True)
    lone.write_bytes(scored.read_bytes())
    made = make_report(ReportOptions(source=lone))
    assert made.report.chunks[0].id == ["c", "d", "e"]
    assert [note.rpartition("; ")[2] for note in made.notes] == ["pass --pred", "pass --gold"]
    whole = make_report(ReportOptions(source=lone, gold=scored.with_name("gold.jsonl")))
    assert whole.report.chunks[0].id == ["a", "b", "c", "d", "e"]
    with pytest.raises(UserError, match="give the file that was scored"):
        make_report(ReportOptions(source=lone, gold=scored.with_name("a.jsonl")))


def test_two_systems_are_compared_by_accuracy(scored: Path) -> None:
    head, (chunk,), _ = make_report(ReportOptions(source=scored, against=scored.with_name("b.json"))).report
    assert [(row.criterion, row.a, row.b) for row in head.paired] == [("exact_match", 0.4, 0.8)]
    assert chunk.b is not None
    assert chunk.b.exact == [1, 0, 1, 1, 1]


def test_an_audit_of_entities_is_refused(scored: Path) -> None:
    with pytest.raises(UsageError, match="--audit is of entities"):
        make_report(ReportOptions(source=scored, audit=scored))


def test_without_text_nothing_of_texts_ids_and_answers_is_left(scored: Path, tmp_path: Path) -> None:
    out = tmp_path / "hashes.html"
    report = make_report(ReportOptions(source=scored, no_text=True)).report
    write_page(report, out)
    assert report.chunks[0].text == report.chunks[0].a.output == report.chunks[0].meta == []
    assert "国足" not in out.read_text(encoding="utf-8")


@pytest.mark.whole
def test_every_button_and_number_is_what_the_scores_count(browser: Any, scored: Path, tmp_path: Path) -> None:
    out, other = tmp_path / "report.html", scored.with_name("b.json")
    write_page(make_report(ReportOptions(source=scored, against=other, title=HOSTILE)).report, out)
    page, faults = open_page(browser, out)
    checked = check_page(page, ClassNumbers(scores_of(scored), scores_of(other)))
    assert checked.faults == []
    assert checked.uncounted == []
    assert checked.n_buttons > 12
    assert page.evaluate("window.hit") is None
    page.evaluate("location.hash = '#/browse?id=c'")
    page.wait_for_function("document.querySelector('#n-rows').textContent === '1'")
    assert "no label" in page.inner_text(".detail .lost").lower()
    assert "⟨202E⟩" in page.inner_text(".detail")
    page.keyboard.press("g")
    assert page.locator(".editor").count() == 0
    assert page.locator("#save").count() == 0
    assert faults == []
