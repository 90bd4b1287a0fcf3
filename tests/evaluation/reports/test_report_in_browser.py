"""The page in a headless Chromium without a network: numbers, keys, verdicts, and texts that mean harm."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nerforge.cli import main
from nerforge.evaluation.reports.page_file import PAGE, write_page
from tests.chromium import open_page
from tests.evaluation import report_case as case
from tests.evaluation.report_buttons import check_page
from tests.evaluation.report_numbers import ScoreNumbers

pytestmark = pytest.mark.whole
_NODE = shutil.which("node")


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    case.write_case(folder, case.OTHERS, "b")
    return case.write_case(folder)


@pytest.fixture(scope="module")
def page_file(scored: Path) -> Path:
    out = scored.with_name("report.html")
    write_page(case.report_of(scored, against=scored.with_name("b.json"), title=case.HOSTILE), out)
    return out


def browse(page: Any, query: str) -> None:
    page.evaluate("hash => { location.hash = hash; }", f"#/browse{query}")
    page.wait_for_selector("form.facets[data-counted]")


def n_shown(page: Any) -> int:
    return int(page.inner_text("#n-rows").replace(",", ""))


def test_every_button_and_number_shows_as_many_sentences_as_it_says_and_as_the_scores_count(
    browser: Any, page_file: Path, scored: Path
) -> None:
    page, faults = open_page(browser, page_file)
    numbers = ScoreNumbers(case.scores_of(scored), case.scores_of(scored.with_name("b.json")))
    checked = check_page(page, numbers)
    assert checked.faults == []
    assert checked.n_buttons > 30
    assert checked.n_counted > 100
    assert faults == []


def test_hostile_texts_do_nothing_and_hidden_characters_are_seen(browser: Any, page_file: Path) -> None:
    page, faults = open_page(browser, page_file)
    browse(page, "")
    page.keyboard.press("End")
    assert "⟨202E⟩" in page.inner_text(".detail")
    assert "<img src=x" in page.inner_text(".detail")
    assert page.evaluate("window.hit") is None
    assert page.locator("img, iframe, object, embed").count() == 0
    assert faults == []


def test_keys_alone_lead_through_the_page(browser: Any, page_file: Path) -> None:
    page, faults = open_page(browser, page_file)
    page.keyboard.press("b")
    page.wait_for_selector(".line.on")
    page.keyboard.press("e")
    page.wait_for_function("location.hash.includes('exact=0')")
    first = page.inner_text(".detail h2")
    page.keyboard.press("j")
    assert page.inner_text(".detail h2") != first
    page.keyboard.press("k")
    assert page.inner_text(".detail h2") == first
    page.keyboard.press("/")
    page.keyboard.type("山东.学")
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash.includes('q=')")
    assert n_shown(page) == 1
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    page.wait_for_function("location.hash.includes('label=')")
    page.keyboard.press("?")
    assert page.locator("dialog[open]").count() == 1
    page.keyboard.press("Escape")
    page.keyboard.press("l")
    assert page.evaluate("document.documentElement.lang") == "zh"
    page.keyboard.press("s")
    page.wait_for_selector("#by_label")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.evaluate("document.documentElement.lang") == "zh"
    assert faults == []


def test_verdicts_by_keys_alone_come_back_as_a_mended_corpus_with_its_f1(
    browser: Any, page_file: Path, scored: Path, tmp_path: Path
) -> None:
    page, faults = open_page(browser, page_file)
    page.keyboard.press("b")
    page.wait_for_selector(".line.on")
    page.keyboard.press("e")
    page.wait_for_function("location.hash.includes('exact=0')")
    assert "label" in page.inner_text(".detail h2")
    # Four characters behind 李明访问 are gold's ORG, which goes, and a GPE comes, as the model said.
    mending = ["g", *["ArrowRight"] * 4, *["Shift+ArrowRight"] * 3, "Delete", "3", "Enter"]
    for key in (*mending, "j", "m", "j", "a"):
        page.keyboard.press(key)
    with page.expect_download() as waited:
        page.keyboard.press("d")
    verdicts = tmp_path / "verdicts.jsonl"
    verdicts.write_bytes(Path(waited.value.path()).read_bytes())
    lines = [json.loads(line) for line in verdicts.read_bytes().splitlines()]
    said = [(line["id"], line["verdict"]) for line in lines]
    assert said == [("label", "gold"), ("boundary", "model"), ("missed", "ambiguous")]
    assert all(set(line) >= {"schema_version", "text_sha256", "error", "note"} for line in lines)
    assert lines[0]["entities"] == [case.entity("PER", "李明", 0), case.entity("GPE", "山东大学", 4)]
    gold, pred, mended = (
        scored.with_name("test.jsonl"),
        scored.with_name("a.jsonl"),
        tmp_path / "test.jsonl",
    )
    command = ["relabel", gold, verdicts, "--out", mended, "--pred", pred, "--task", "ccfbdci"]
    done = CliRunner().invoke(main, list(map(str, [*command, "--format", "json", "--bootstrap", 20])))
    assert done.exit_code == 0, done.output
    before, after = ([json.loads(line) for line in path.read_bytes().splitlines()] for path in (gold, mended))
    assert [row["id"] for row in after if row not in before] == ["label"]
    assert next(row for row in after if row["id"] == "label")["entities"] == lines[0]["entities"]
    figures = [
        case.scores_of(path).criteria["strict"].micro.f1
        for path in (scored, case.write_scores(tmp_path, pred, tmp_path / "mended.json"))
    ]
    assert figures[1] > figures[0]
    printed = re.search(
        r"strict micro F1 ([0-9.]+) .*on the old gold, ([0-9.]+) .*on the mended", done.output
    )
    assert printed is not None
    assert [float(f1) for f1 in printed.groups()] == pytest.approx([100 * f1 for f1 in figures], abs=0.051)
    assert "errors that are gold's, of those judged: 33.3 %" in done.output
    assert faults == []


def test_two_systems_are_counted_and_tested_on_what_is_shown(browser: Any, page_file: Path) -> None:
    page, _ = open_page(browser, page_file)
    browse(page, "")
    counts = {name: 0 for name in ("both", "none", "a", "b")}
    for name in counts:
        browse(page, f"?ab={name}")
        counts[name] = n_shown(page)
    assert counts == {"both": 1, "none": 8, "a": 1, "b": 1}
    browse(page, "?ab=a")
    assert page.inner_text("#p-value") == "1.00"


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_page_follows_the_scheme_and_the_switch(browser: Any, page_file: Path, scheme: str) -> None:
    page, _ = open_page(browser, page_file, color_scheme=scheme)
    ground = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(ground)
    numbers = [int(n) for n in re.findall(r"\d+", before)[:3]]
    assert (sum(numbers) < 200) == (scheme == "dark")
    page.keyboard.press("t")
    assert page.evaluate(ground) != before


def test_print_lays_out_the_sentences_of_the_filter(browser: Any, page_file: Path) -> None:
    page, _ = open_page(browser, page_file)
    browse(page, "?exact=0")
    assert page.pdf().startswith(b"%PDF")
    assert page.locator(".printed article").count() == 9


def test_a_page_without_text_shows_hashes(browser: Any, scored: Path, tmp_path: Path) -> None:
    out = tmp_path / "hashes.html"
    write_page(case.report_of(scored, no_text=True), out)
    page, faults = open_page(browser, out, "#/browse")
    page.wait_for_selector(".line")
    assert "李明" not in page.content()
    assert page.locator("#save").count() == 0
    assert faults == []


@pytest.mark.skipif(_NODE is None, reason="needs node")
def test_the_modules_pass_their_own_tests() -> None:
    done = subprocess.run(
        [str(_NODE), "--test", "test/"], cwd=PAGE, capture_output=True, text=True, check=False
    )
    if "ERR_MODULE_NOT_FOUND" in done.stdout:
        pytest.skip("needs npm ci in evaluation/reports/page")
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(_NODE is None, reason="needs node")
def test_the_shipped_script_is_what_the_sources_give() -> None:
    if not (PAGE / "node_modules" / "esbuild").is_dir():
        pytest.skip("needs npm ci in evaluation/reports/page")
    done = subprocess.run(
        [str(_NODE), "build.mjs", "--check"], cwd=PAGE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
