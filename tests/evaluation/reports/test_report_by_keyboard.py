"""The whole page without a mouse: every part is reached, the focus is seen, and never lost."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nerforge.evaluation.reports.page_file import write_page
from tests.chromium import open_page
from tests.evaluation import report_case as case

pytestmark = pytest.mark.whole
N = len(case.TEXTS)
N_WRONG = N - 2
"""All but the two whose answers are exactly gold."""


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    case.write_case(folder, case.OTHERS, "b")
    scored, out = case.write_case(folder), folder / "report.html"
    write_page(case.report_of(scored, against=folder / "b.json"), out)
    return out


@pytest.fixture
def page(browser: Any, page_file: Path) -> Iterator[Any]:
    opened, faults = open_page(browser, page_file)
    yield opened
    assert faults == []
    opened.context.close()


def press(page: Any, *keys: str) -> str:
    """Press keys one after the other; say what has the focus, and fail where nothing is seen to have it."""
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(30)
    found = page.evaluate(_FOCUS)
    assert found["tag"] != "BODY", f"the focus is lost after {keys}"
    assert found["outline"], f"the focus on {found} is not seen after {keys}"
    return str(found["name"])


def tab_to(page: Any, name: str, at_most: int = 120) -> None:
    """Go on by Tab until something is reached."""
    for _ in range(at_most):
        if press(page, "Tab") == name:
            return
    raise AssertionError(f"{name} is not reached by {at_most} tabs")


def wait_for_hash(page: Any, part: str) -> None:
    page.wait_for_function("part => decodeURIComponent(location.hash).includes(part)", arg=part)


def test_the_first_tab_skips_to_the_content_and_the_rest_come_in_order(page: Any) -> None:
    order = [press(page, "Tab") for _ in range(7)]
    assert order[:3] == ["Skip to the content", "Summary", "Sentences"]
    assert order[3:] == ["save", "language", "theme", "show-help"]
    page.keyboard.press("b")
    page.wait_for_selector(".line")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert press(page, "Tab") == "Skip to the content"
    press(page, "Enter")
    assert page.evaluate("document.activeElement.className") == "list"


def test_keys_move_through_sentences_and_keep_the_focus_on_the_list(page: Any) -> None:
    press(page, "b")
    titles = [page.inner_text(".detail h2")]
    for key in ("j", "ArrowDown", "k", "ArrowUp", "End", "Home"):
        assert press(page, key) == "sentences"
        titles.append(page.inner_text(".detail h2"))
    assert [title.split()[0] for title in titles] == ["1", "2", "3", "2", "1", str(N), "1"]
    active = page.evaluate("document.querySelector('.list').getAttribute('aria-activedescendant')")
    assert page.inner_text(f"#{active}") == page.inner_text(".line.on")
    wait_for_hash(page, "at=right")


def test_digits_e_and_their_way_back(page: Any) -> None:
    press(page, "b", "1")
    wait_for_hash(page, "label=LOC")
    press(page, "0")
    page.wait_for_function("!location.hash.includes('label=')")
    press(page, "e")
    wait_for_hash(page, "exact=0")
    assert page.inner_text("#n-rows") == str(N_WRONG)
    page.go_back()
    page.wait_for_function(_HAS_ROWS, arg=N)
    page.go_forward()
    page.wait_for_function(_HAS_ROWS, arg=N_WRONG)
    press(page, "e")
    page.wait_for_function("!location.hash.includes('exact=')")


def test_search_takes_regular_expressions_and_says_what_is_wrong_with_a_broken_one(page: Any) -> None:
    press(page, "b", "/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("^.{2}在(济|上)")
    press(page, "Enter")
    wait_for_hash(page, "q=")
    assert page.inner_text("#n-rows") == "2"
    assert page.evaluate("document.activeElement.id") == "search"
    press(page, "Control+a")
    page.keyboard.type("(")
    press(page, "Enter")
    page.wait_for_selector("#search[aria-invalid]")
    assert "Invalid regular expression" in page.inner_text("#search-fault")
    assert page.inner_text("#n-rows") == "0"
    press(page, "Control+a", "Delete", "Enter")
    page.wait_for_selector("#search:not([aria-invalid])")
    assert page.inner_text("#n-rows") == str(N)
    assert press(page, "Escape") == "sentences"


def test_filters_are_reached_by_tab_and_pressed_by_space_and_enter(page: Any) -> None:
    press(page, "b", "/")
    tab_to(page, '{"kind":"missed"}')
    for key, is_on in ((" ", "true"), (" ", "false"), ("Enter", "true")):
        assert press(page, key) == '{"kind":"missed"}'
        assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == is_on
    page.wait_for_selector("form.facets[data-counted]")
    assert page.evaluate("document.activeElement.dataset.n") == page.inner_text("#n-rows")


def test_the_two_systems_are_compared_by_keys(page: Any) -> None:
    press(page, "b", "/")
    tab_to(page, "only A right 1")
    press(page, "Enter")
    wait_for_hash(page, "ab=a")
    assert page.inner_text("#n-rows") == "1"
    assert page.inner_text("#p-value") == "1.00"


def test_views_theme_language_surfaces_and_help(page: Any) -> None:
    press(page, "b", "u")
    assert page.locator(".groups table").count() == 1
    press(page, "u")
    assert page.locator(".groups table").count() == 0
    press(page, "s")
    page.wait_for_selector("main.summary")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    press(page, "t")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != ground
    press(page, "l")
    assert page.evaluate("document.documentElement.lang") == "zh"
    press(page, "l", "?")
    assert page.locator("dialog[open]").count() == 1
    press(page, "j", "e")
    assert page.locator("dialog[open]").count() == 1
    press(page, "Escape")
    assert page.locator("dialog[open]").count() == 0


def test_a_number_of_the_summary_leads_to_its_sentences_and_back_to_itself(page: Any) -> None:
    tab_to(page, "Sentences")
    for _ in range(40):
        if press(page, "Tab") == "#/browse?exact=0":
            break
    press(page, "Enter")
    page.wait_for_selector(".line")
    assert press(page, "j") == "sentences"
    page.go_back()
    page.wait_for_selector("main.summary")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#/browse?exact=0"


def test_verdicts_are_given_mended_noted_removed_and_downloaded(page: Any) -> None:
    page.evaluate("location.hash = '#/browse?id=label'")
    page.wait_for_function("document.querySelector('#n-rows')?.textContent === '1'")
    press(page, "g")
    assert page.evaluate("document.activeElement.className") == "editor"
    press(page, "Delete", "ArrowRight", "Shift+ArrowRight", "3")
    tab_to(page, "take_gold")
    assert press(page, "Enter") == "take_gold"
    assert press(page, "Shift+Tab", "Enter") == "take_answer"
    tab_to(page, "cancel")
    assert press(page, "Enter") == "sentences"
    assert page.locator(".editor").count() == 0
    press(page, "g", "Escape")
    assert page.locator(".judged").count() == 0
    press(page, "g", "Delete", "Enter")
    assert "gold is wrong" in page.inner_text(".judged")
    press(page, "n")
    page.keyboard.type("see j k x d")
    press(page, "Enter")
    assert "see j k x d" in page.inner_text(".judged")
    press(page, "n", "Escape", "m")
    assert "model is wrong" in page.inner_text(".judged")
    press(page, "a")
    assert "ambiguous" in page.inner_text(".judged")
    with page.expect_download() as waited:
        page.keyboard.press("d")
    (line,) = Path(waited.value.path()).read_text(encoding="utf-8").splitlines()
    assert (json.loads(line)["verdict"], json.loads(line)["note"]) == ("ambiguous", "see j k x d")
    press(page, "x")
    assert page.locator(".judged").count() == 0


_HAS_ROWS = "n => document.querySelector('#n-rows').textContent === String(n)"
# What has the focus by the name that it has for a user, and whether it is marked.
_FOCUS = """() => {
    const active = document.activeElement;
    const style = getComputedStyle(active);
    const isOutlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
    const marked = active.matches(':focus-visible') && isOutlined;
    const name = active.dataset.name || active.id || active.getAttribute('aria-label')
        || (active.className === 'num' && active.getAttribute('href')) || active.textContent.trim();
    return {tag: active.tagName, name, outline: marked || active.tagName === 'MAIN'};
}"""
