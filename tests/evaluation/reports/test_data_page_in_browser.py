"""A data set's page in a headless Chromium without a network: every number shows exactly its sentences."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from nerforge.evaluation.reports.page_file import PAGE, write_page
from tests.chromium import open_page
from tests.evaluation import data_case as case
from tests.evaluation.report_case import HOSTILE

pytestmark = pytest.mark.whole
AXE = PAGE / "node_modules" / "axe-core" / "axe.min.js"
ROWS = [(split, *row) for split, rows in case.SPLITS.items() for row in rows]
# Goes to each address as a click does, and reads what is shown there.
_FOLLOW = """async hrefs => {
  const found = [];
  for (const href of hrefs) {
    location.hash = href;
    await new Promise(done => addEventListener('hashchange', done, { once: true }));
    const read = id => document.getElementById(id)?.textContent.replaceAll(',', '') ?? null;
    const n_lines = document.querySelectorAll('.line').length;
    found.push([read('n-units') ?? read('n-rows'), read('n-rows'), n_lines]);
    location.hash = '#/summary';
    await new Promise(done => addEventListener('hashchange', done, { once: true }));
  }
  return found;
}"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return case.write_data(tmp_path_factory.mktemp("data_page"))


@pytest.fixture(scope="module")
def page_file(data: Path) -> Path:
    out = data.with_name("data.html")
    write_page(case.data_report(data, title=HOSTILE, cutoff_len=80), out)
    return out


def browse(page: Any, query: str) -> None:
    page.evaluate("hash => { location.hash = hash; }", f"#/browse{query}")
    page.wait_for_selector("form.facets[data-counted]")


def numbers(page: Any, section: str) -> dict[str, list[str]]:
    """Give the numbers of a table by the names of its rows."""
    rows = page.eval_on_selector_all(
        f"#{section} tbody tr", "all => all.map(tr => [...tr.children].map(cell => cell.innerText))"
    )
    return {name: [cell.split()[0] if cell else "" for cell in cells] for name, *cells in rows}


def test_every_number_of_the_summary_shows_as_many_sentences_or_entities(
    browser: Any, page_file: Path
) -> None:
    page, faults = open_page(browser, page_file)
    links = page.eval_on_selector_all(
        "a.num", "all => all.map(x => [x.getAttribute('href'), x.textContent.replaceAll(',', '')])"
    )
    # The greatest lengths are links too, to the sentences that have them.
    counts = [(href, text) for href, text in links if "len=" not in href and "tok=" not in href]
    assert len(counts) > 100
    for (href, text), (n, n_rows, n_lines) in zip(
        counts, page.evaluate(_FOLLOW, [href for href, _ in counts]), strict=True
    ):
        assert n == text, href
        assert int(n_rows) == n_lines, href
    assert faults == []


def test_every_bar_shows_as_many_as_its_bin_counts(browser: Any, page_file: Path) -> None:
    page, faults = open_page(browser, page_file)
    for key in ("n", "len", "elen", "tok"):
        links = page.eval_on_selector_all(
            f"#dist_{key} a.num", "all => all.map(x => [x.getAttribute('href'), x.textContent])"
        )
        assert links
        shown = page.evaluate(_FOLLOW, [href for href, _ in links])
        assert [text for _, text in links] == [n for n, _, _ in shown]
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#dist_n svg a rect, #dist_n svg rect").count() > 3
    assert faults == []


def test_every_button_shows_as_many_sentences_as_it_says(browser: Any, page_file: Path) -> None:
    page, faults = open_page(browser, page_file)
    browse(page, "")
    choices = page.eval_on_selector_all(
        ".choice", "all => all.map(x => [x.getAttribute('href'), x.dataset.n])"
    )
    assert len(choices) > 25
    shown = page.evaluate(_FOLLOW, [href for href, _ in choices])
    assert [n for _, n in choices] == [n_rows for _, n_rows, _ in shown]
    assert faults == []


def test_figures_are_those_of_the_files(browser: Any, page_file: Path, data: Path) -> None:
    page, _ = open_page(browser, page_file)
    gold = {
        split: [json.loads(line) for line in (data / "gold" / f"{split}.jsonl").read_bytes().splitlines()]
        for split in case.SPLITS
    }
    splits = numbers(page, "splits")
    labels = {
        split: Counter(x["label"] for row in rows for x in row["entities"]) for split, rows in gold.items()
    }
    for split, rows in gold.items():
        empty = sum(not row["entities"] for row in rows)
        expected = [len(rows), labels[split].total(), empty]
        assert [splits[split][at] for at in (0, 1, 3)] == [str(n) for n in expected]
    for label, counts in numbers(page, "labels").items():
        if label in ("PER", "GPE", "ORG", "LOC"):
            of = [labels[split][label] for split in gold]
            assert counts == [str(n) for n in (*of, sum(of))]
    assert numbers(page, "twins_exact") == {
        "train": ["4", "2", "0"],
        "dev": ["1", "0", "0"],
        "test": ["0"] * 3,
    }
    assert numbers(page, "twins_near") == {
        "train": ["0", "1", "0"],
        "dev": ["1", "0", "0"],
        "test": ["0"] * 3,
    }
    seen = {case_text(x, row) for row in gold["train"] for x in row["entities"]}
    unseen = [case_text(x, row) not in seen for row in gold["test"] for x in row["entities"]]
    assert numbers(page, "unseen")["all"][1] == str(sum(unseen))
    conflict = numbers(page, "conflicts")["济南"]
    assert conflict[0] == "3"


def case_text(entity: dict[str, Any], row: dict[str, Any]) -> str:
    return str(entity["text"] if entity["start"] is None else row["text"][entity["start"] : entity["end"]])


def test_hostile_texts_do_nothing_and_hidden_characters_are_seen(browser: Any, page_file: Path) -> None:
    page, faults = open_page(browser, page_file)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    browse(page, "?q=冯军")
    said = page.inner_text(".detail")
    assert "⟨202E⟩" in said
    assert "<img src=x" in said
    for selector in (".detail a.num", ".detail a.chip"):
        page.locator(selector).last.click()
        page.wait_for_selector(".line")
    assert page.evaluate("window.hit") is None
    assert page.locator("img, iframe, object, embed").count() == 0
    assert faults == []


def test_a_row_is_shown_as_the_model_sees_it(browser: Any, page_file: Path) -> None:
    page, faults = open_page(browser, page_file)
    browse(page, "?id=t1")
    page.select_option("#template", "qwen")
    # The row has a system turn of its own, which stands in the place of the template's.
    assert page.inner_text(".as-trained pre") == (
        "<|im_start|>system\n你标注实体。<|im_end|>\n<|im_start|>user\n找出人名和地名。\n王芳在济南工作<|im_end|>\n"
        "<|im_start|>assistant\nPER:王芳；GPE:济南<|im_end|>\n"
    )
    assert page.inner_text("mark.learnt").strip() == "PER:王芳；GPE:济南<|im_end|>"
    page.select_option("#template", "")
    assert page.locator(".as-trained .turn").count() == 3
    assert faults == []


def test_twins_lead_to_each_other(browser: Any, page_file: Path) -> None:
    page, faults = open_page(browser, page_file)
    browse(page, "?id=t1")
    assert page.locator(".twin").count() == 2
    page.click(".twins a.chip")
    page.wait_for_function("location.hash.includes('like=t1')")
    ids = page.eval_on_selector_all(".line .hint", "all => all.map(x => x.textContent)")
    assert ids == ["t1", "t2", "d1"]
    assert faults == []


def test_keys_alone_lead_through_the_page(browser: Any, page_file: Path) -> None:
    page, faults = open_page(browser, page_file)
    page.keyboard.press("b")
    page.wait_for_selector(".line.on")
    first = page.inner_text(".detail h2")
    page.keyboard.press("j")
    assert page.inner_text(".detail h2") != first
    page.keyboard.press("k")
    assert page.inner_text(".detail h2") == first
    page.keyboard.press("/")
    page.keyboard.type("青岛.供")
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash.includes('q=')")
    assert page.inner_text("#n-rows") == "1"
    page.keyboard.press("Escape")
    page.keyboard.press("3")
    page.wait_for_function("location.hash.includes('label=')")
    page.keyboard.press("?")
    assert page.locator("dialog[open]").count() == 1
    page.keyboard.press("Escape")
    page.keyboard.press("l")
    assert page.evaluate("document.documentElement.lang") == "zh"
    page.keyboard.press("s")
    page.wait_for_selector("#splits")
    assert "各划分概况" in page.inner_text("#splits")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.evaluate("document.documentElement.lang") == "zh"
    assert faults == []


def test_print_lays_out_the_sentences_of_the_filter(browser: Any, page_file: Path) -> None:
    page, _ = open_page(browser, page_file)
    browse(page, "?split=dev")
    assert page.pdf().startswith(b"%PDF")
    assert page.locator(".printed article").count() == 3


def test_a_page_without_text_shows_hashes(browser: Any, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "hashes.html"
    write_page(case.data_report(data, no_text=True), out)
    page, faults = open_page(browser, out)
    assert "王芳" not in page.content()
    browse(page, "")
    assert page.locator(".line").count() == len(ROWS)
    assert page.locator(".as-trained").count() == 0
    assert "王芳" not in page.content()
    assert faults == []


def test_a_class_for_each_text_has_its_sentences(browser: Any, tmp_path: Path) -> None:
    rows = [
        {"id": f"a{at}", "text": f"第{at}篇{label}稿", "label": label}
        for at, label in enumerate(["体育", "经济", "体育"])
    ]
    path = tmp_path / "train.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    out = tmp_path / "classes.html"
    write_page(case.data_report(path), out)
    page, faults = open_page(browser, out)
    assert numbers(page, "categories") == {"体育": ["2"], "经济": ["1"]}
    browse(page, "?cat=体育")
    assert page.inner_text("#n-rows") == "2"
    assert page.locator("#labels, #unseen, #marks").count() == 0
    assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(browser: Any, page_file: Path, scheme: str) -> None:
    if not AXE.is_file():
        pytest.skip("needs npm ci in evaluation/reports/page")
    for hash_ in ("", "#/browse", "#/browse?q=%28"):
        page, _ = open_page(browser, page_file, hash_, color_scheme=scheme, bypass_csp=True)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("async () => (await axe.run()).violations")
        page.context.close()
        assert [x["id"] for x in found if x["impact"] in ("serious", "critical")] == []
