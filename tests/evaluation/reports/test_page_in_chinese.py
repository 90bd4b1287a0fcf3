"""With Chinese chosen, everything is Chinese but names, ids, raw answers and commands; grounding says why."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from nerforge.evaluation.reports.page_file import write_page
from tests.chromium import open_page
from tests.evaluation import report_case as case

pytestmark = pytest.mark.whole
GROUNDING = {
    "entities": [],
    "changes": [
        {
            "kind": "filled",
            "label": "GPE",
            "before": None,
            "after": "山东",
            "reason": "'济南' is in 山东/济南",
        }
    ],
    "marks": [
        {"kind": "ambiguous", "label": "GPE", "name": "曲阜", "candidates": ["山东/曲阜", "河南/曲阜"]}
    ],
}
_FINDINGS = [
    {
        "id": "right",
        "rank": 1,
        "score": 0.5,
        "kind": "right",
        "reason": "the CRF of the other folds reads it so, 12 times as probable; weak evidence only",
        "gold": {"label": "PER", "text": "王芳", "start": 0, "end": 2},
        "proposed": {"label": "PER", "text": "王", "start": 0, "end": 1},
    }
]
# Names that others gave, answers as they came, and what is said to be in English.
_TEXTS = """() => {
  const walker = document.createTreeWalker(document.getElementById('app'), NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const { textContent: text, parentElement: parent } = walker.currentNode;
    const names = 'style, .raw, [lang=en], .words, .chars, h1, kbd, #language, .example, select';
    if (!parent.closest(names)) found.push(text);
  }
  return found;
}"""
_NAMES = re.compile(
    r"\b(?:PER|ORG|GPE|LOC|McNemar|micro|JSON|Markdown|CRF|AUROC|Brier|Esc|Home|End|Shift|Delete|nerforge|report|RUN"
    r"|strict|exact|partial|type|text|text_set|json|jsonl|ccfbdci|test|train|web|source|template|who-where|NER\w*"
    r"|--\w+|[ab]\.json\w*|[0-9a-f]{12})\b|" + "|".join(map(re.escape, [*case.TEXTS, case.HOSTILE]))
)


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zh")
    case.write_case(folder, case.OTHERS, "b", why=True)
    case.write_gold(folder)
    pred = folder / "a.jsonl"
    case.write_answers(pred, case.ANSWERS, confidence=True)
    rows = [json.loads(line) for line in pred.read_bytes().splitlines()]
    rows[0]["grounding"] = GROUNDING
    pred.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    scored = case.write_scores(folder, pred, folder / "a.json", why=True)
    audit = folder / "audit.jsonl"
    audit.write_text("".join(json.dumps(row) + "\n" for row in _FINDINGS), encoding="utf-8")
    out = folder / "report.html"
    write_page(case.report_of(scored, against=folder / "b.json", audit=audit), out, "zh")
    return out


def english_words(page: Any) -> list[str]:
    texts = [_NAMES.sub("", re.sub("⟨[0-9A-F]+⟩", "", text)) for text in page.evaluate(_TEXTS)]
    return [
        text
        for text in texts
        if re.search("[A-Za-z]{3,}", text) and not re.search('window.hit|"entity_te', text)
    ]


def test_no_word_of_the_page_stays_english(browser: Any, page_file: Path) -> None:
    page, faults = open_page(browser, page_file)
    for address in ("#/summary", "#/summary?side=b"):
        page.evaluate("hash => { location.hash = hash; }", address)
        page.wait_for_selector("#settings")
        assert english_words(page) == []
    page.evaluate("location.hash = '#/browse'")
    page.wait_for_selector("form.facets[data-counted]")
    page.keyboard.press("u")
    for _ in case.TEXTS:
        page.eval_on_selector_all("details", "all => all.forEach(x => { x.open = true; })")
        assert english_words(page) == []
        page.keyboard.press("j")
    page.keyboard.press("?")
    assert english_words(page) == []
    assert faults == []


def test_grounding_and_audit_say_why_in_the_language_of_the_page(browser: Any, page_file: Path) -> None:
    page, _ = open_page(browser, page_file, "#/browse?id=right")
    page.wait_for_selector(".grounding")
    said = page.inner_text(".grounding")
    assert "补全 GPE 山东：'济南' 属于 山东/济南" in said
    assert "有歧义 GPE 曲阜：山东/曲阜；河南/曲阜" in said
    assert "右边界不同 PER 王芳 0-2 → PER 王 0-1：其他折的 CRF 也这样标" in page.inner_text(".detail")
    page.keyboard.press("l")
    page.wait_for_function("document.documentElement.lang === 'en'")
    assert "filled GPE 山东: '济南' is in 山东/济南" in page.inner_text(".grounding")


def test_confidences_filter_the_entities_that_are_so_sure(browser: Any, page_file: Path) -> None:
    page, _ = open_page(browser, page_file, "#/browse")
    page.wait_for_selector("form.facets[data-counted]")
    ranges = [page.locator(f".choice[href*='conf={x}']") for x in ("0-0.5", "0.5-0.8", "0.8-0.95", "0.95-1")]
    shown = []
    for one in ranges:
        href = one.get_attribute("href")
        page.evaluate("hash => { location.hash = hash; }", href)
        page.wait_for_function(
            "href => decodeURIComponent(location.hash).includes(href.slice(2, 8))", arg=href
        )
        shown.append(int(page.inner_text("#n-units")))
        page.evaluate("location.hash = '#/browse'")
    confidence = case.scores_of(page_file.with_name("a.json")).confidence
    assert sum(shown) == confidence.entities.n  # type: ignore[union-attr]
