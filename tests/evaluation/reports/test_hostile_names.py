"""Nothing that a file says does anything in the page: labels, ids, texts, metadata, names of files."""

import json
from pathlib import Path
from typing import Any

import pytest

from nerforge.evaluation.reports.page_file import write_page
from nerforge.evaluation.reports.report_run import ReportOptions, make_report
from tests.chromium import open_page
from tests.evaluation import report_case as case

pytestmark = pytest.mark.whole
IMAGE = "<img src=x onerror=window.hit=3>"
LONG = "很长" * 300
# What turns the reading direction, or is not seen, never reaches the page as it is.
_RAW = """() => {
  const shown = [document.title, document.body.innerText];
  for (const element of document.querySelectorAll('[title], [aria-label], [placeholder]'))
    shown.push(element.title, element.ariaLabel ?? '', element.placeholder ?? '');
  const hidden = /[\\u202a-\\u202e\\u2066-\\u2069\\u0007\\u2028]|[\\ud800-\\udbff](?![\\udc00-\\udfff])/;
  return shown.filter(text => hidden.test(text));
}"""
_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? []
  : [...document.querySelectorAll('body *')].filter(x => x.getBoundingClientRect().right > innerWidth + 1)
    .map(x => `${x.tagName}.${x.className}`).slice(0, 5)"""
_ADDED = "document.querySelectorAll('img, iframe, object, embed, main script, #app script').length"


def look_everywhere(page: Any) -> None:
    """Draw every view, sentence and block, in the two languages."""
    for _ in range(2):
        for address in ("#/summary", "#/summary?side=b", "#/browse"):
            page.evaluate("hash => { location.hash = hash; }", address)
            page.wait_for_selector("#settings, .line.on")
            assert page.evaluate(_RAW) == []
        page.keyboard.press("u")
        for _ in range(len(case.TEXTS)):
            page.eval_on_selector_all("details", "all => all.forEach(x => { x.open = true; })")
            assert page.evaluate(_RAW) == []
            page.keyboard.press("j")
        page.keyboard.press("l")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(_ADDED) == 0
    assert page.evaluate("window.hit") is None


def test_names_of_files_templates_metadata_and_ids_do_nothing(browser: Any, tmp_path: Path) -> None:
    case.write_case(tmp_path, case.OTHERS, IMAGE)
    scored = case.write_case(tmp_path, why=True, confidence=True)
    report = case.report_of(scored, against=tmp_path / f"{IMAGE}.json", title=case.HOSTILE)
    out = tmp_path / "report.html"
    write_page(report, out)
    page, faults = open_page(browser, out, viewport={"width": 390, "height": 800})
    look_everywhere(page)
    assert faults == []
    assert IMAGE in page.inner_text("header h1") or "window.hit" in page.inner_text("header h1")
    page.evaluate("hash => { location.hash = hash; }", "#/browse?id=label")
    page.wait_for_selector(".detail .chips")
    assert "⟨202E⟩" in page.inner_text(".detail .chips")


def test_labels_causes_problems_and_notes_of_a_score_file_do_nothing(browser: Any, tmp_path: Path) -> None:
    scored = case.write_case(tmp_path, why=True)
    text = scored.read_text(encoding="utf-8")
    for word, instead in (
        ("ORG", case.HOSTILE),
        ("unseen", IMAGE),
        ("unknown_label", case.HOSTILE),
        ("GPE", LONG),
    ):
        text = text.replace(json.dumps(word), json.dumps(instead))
    scores = json.loads(text)
    scores["predictions"]["notes"] = [case.HOSTILE, IMAGE]
    scores["settings"]["task"] = case.HOSTILE
    scores["errors"][0]["output"] = f"\x00{IMAGE}" + "‮" * 50
    alone = tmp_path / "alone" / "deep" / f"{IMAGE}.json"
    alone.parent.mkdir(parents=True)
    alone.write_text(json.dumps(scores), encoding="utf-8")
    out = tmp_path / "report.html"
    write_page(make_report(ReportOptions(source=alone)).report, out)
    page, faults = open_page(browser, out, viewport={"width": 390, "height": 800})
    look_everywhere(page)
    # The digits of labels work with any name; the page stays as wide as the screen.
    page.keyboard.press("3")
    page.wait_for_function("location.hash.includes('label=')")
    assert page.evaluate(_WIDE) == []
    assert faults == []
