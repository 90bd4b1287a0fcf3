"""Every number of the summary is a link to exactly what it counts, or is of a kind that counts nothing."""

import re
from pathlib import Path
from typing import Any

import pytest

from nerforge.evaluation.reports.page_file import write_page
from nerforge.evaluation.reports.report_run import ReportOptions, make_report
from tests.chromium import open_page
from tests.evaluation import report_case as case

pytestmark = pytest.mark.whole
# Intervals, p and differences are marked as figures, zeros have no sentences, names of rows count nothing.
_COUNTS_NOTHING = "a.num, .zero, .interval, .figure, th, h2, h3, nav, svg, #settings, .notice"
_UNEXPLAINED = """countsNothing => {
  const walker = document.createTreeWalker(document.querySelector('main.summary'), NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const { textContent: text, parentElement: parent } = walker.currentNode;
    if (!/[0-9]/.test(text.replaceAll("F1", ""))) continue;
    if (parent.closest(countsNothing)) continue;
    if (parent.closest('#curve td') && !/^[0-9.]+$/.test(text)) continue;
    found.push(text);
  }
  return found;
}"""


_FOLLOW = """async hrefs => {
  const shown = {};
  for (const href of new Set(hrefs)) {
    const followed = new Promise(resolve => addEventListener('hashchange', resolve, { once: true }));
    location.hash = href;
    await followed;
    const at = id => document.getElementById(id)?.textContent.replaceAll(',', '') ?? null;
    shown[href] = { rows: at('n-rows'), units: at('n-units'), counted: at('n-units') };
  }
  return shown;
}"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return case.write_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def page_file(run: Path) -> Path:
    options = ReportOptions(source=run, against=run / "scores/checkpoint-10/test.json", task="ccfbdci")
    out = run / "report.html"
    write_page(make_report(options).report, out)
    return out


def links_of(page: Any, side: str) -> list[dict[str, Any]]:
    page.evaluate("hash => { location.hash = hash; }", f"#/summary{side}")
    page.wait_for_selector("#settings")
    page.eval_on_selector_all("details", "all => all.forEach(x => { x.open = true; })")
    found: list[dict[str, Any]] = page.eval_on_selector_all(
        "main.summary a.num",
        "all => all.map(x => ({ href: x.getAttribute('href'), text: x.textContent, ...x.dataset }))",
    )
    return found


@pytest.mark.parametrize("side", ["", "?side=b"], ids=["a", "b"])
def test_each_number_leads_to_as_much_as_it_says(browser: Any, page_file: Path, side: str) -> None:
    page, faults = open_page(browser, page_file)
    links = links_of(page, side)
    assert len(links) > 200
    assert page.evaluate(_UNEXPLAINED, _COUNTS_NOTHING) == []
    counted = sorted(
        x for x in {(x["href"], x.get("n"), x.get("of"), x["text"]) for x in links} if x[1] is not None
    )
    for href, n, _, text in counted:
        assert "." in text or text.replace(",", "") == n, (href, text, n)
    shown = page.evaluate(_FOLLOW, [href for href, _, _, _ in counted])
    wrong = [(href, n) for href, n, of, _ in counted if shown[href][of] != n.removesuffix(".0")]
    assert wrong == []
    # What is left is F1 and shares, which lead to errors or to what is right.
    rest = {x["href"] for x in links if "n" not in x}
    assert all(re.search("role=err|crit=|exact=1", href) for href in rest), rest
    assert faults == []


def test_numbers_of_a_label_are_those_of_the_scores(browser: Any, page_file: Path, run: Path) -> None:
    page, _ = open_page(browser, page_file)
    for side, name in (("", "checkpoint-30"), ("?side=b", "checkpoint-10")):
        links_of(page, side)
        rows = page.eval_on_selector_all(
            "#by_label tbody tr", "all => all.map(x => [...x.children].map(y => y.textContent))"
        )
        figures = case.scores_of(run / "scores" / name / "test.json").criteria["strict"].per_label
        assert [row[0] for row in rows] == list(figures)
        for label, *shown in rows:
            one = figures[label]
            assert shown[:2] == [f"{100 * one.precision:.1f}", f"{100 * one.recall:.1f}"]
            assert shown[3:] == [str(one.tp), str(one.n_gold), str(one.n_predicted)]


def test_points_of_the_checkpoints_are_links_where_their_sentences_are_here(
    browser: Any, page_file: Path
) -> None:
    page, _ = open_page(browser, page_file, "#/summary")
    rows = page.eval_on_selector_all(
        "#curve tbody tr",
        "all => all.map(x => [x.children[0].textContent,"
        " x.querySelector('a.num')?.getAttribute('href') ?? null])",
    )
    assert rows == [
        ["checkpoint-10", "#/browse?role=err&side=b"],
        ["checkpoint-20", None],
        ["checkpoint-30", "#/browse?role=err"],
    ]
    assert "--checkpoint checkpoint-20 --split test" in page.inner_text("#curve")
    page.locator("#curve .chart").first.scroll_into_view_if_needed()
    page.wait_for_selector("#curve .chart:nth-of-type(2) svg")
    assert page.locator("#curve svg a").count() == 2


def test_buttons_of_the_second_system_show_as_many_sentences_as_they_say(
    browser: Any, page_file: Path
) -> None:
    page, faults = open_page(browser, page_file, "#/browse?side=b")
    page.wait_for_selector("form.facets[data-counted]")
    choices = page.eval_on_selector_all(
        ".choice", "all => all.map(x => [x.getAttribute('href'), x.dataset.n])"
    )
    assert sum("side=b" in href for href, _ in choices) > 30
    page.evaluate("location.hash = '#/summary'")
    shown = page.evaluate(_FOLLOW, [href for href, _ in choices])
    assert [shown[href]["rows"] for href, _ in choices] == [n for _, n in choices]
    assert faults == []
