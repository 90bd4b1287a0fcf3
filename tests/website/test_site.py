"""The site is built strictly, in two languages, and asks no server for anything."""

import json
import re
from pathlib import Path

import pytest

pytest.importorskip("material", reason="needs the docs extra; make env installs it")
from docs.website.navigation import NAVIGATION, nav_of
from docs.website.pages import docs_pages

PATHS = [path for section in NAVIGATION for path, _, _ in section.pages]
LOADED = re.compile(r'<(?:script|link|img|iframe)\b[^>]*?(?:src|href)="([^"]+)"')
LANGUAGE = re.compile(r'<a href="([^"]+)" hreflang="(\w+)" class="md-select__link">')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from docs.website.build import build_site

    out = tmp_path_factory.mktemp("site") / "site"
    # MkDocs aborts at a link or an anchor that leads nowhere.
    assert build_site(out) > 2 * len(PATHS)
    return out


def test_the_navigation_names_each_page_once_and_forgets_none() -> None:
    assert len(PATHS) == len(set(PATHS))
    *_, last = nav_of("en", [*docs_pages(), "new_page"])
    assert last == {"More": ["new_page.md"]}


@pytest.mark.whole
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_pages_are_there_in_both_languages_and_load_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        loaded = LOADED.findall(html)
        assert not [place for place in loaded if place.startswith(("http", "//"))], page
        for place, language in LANGUAGE.findall(html):
            if page.name != "404.html":
                other = (page.parent / place).resolve()
                assert other.is_file(), (page, place)
                assert other.is_relative_to((site / "zh").resolve()) == (language == "zh")
    assert all((site / folder / f"{path}.html").is_file() for path in PATHS for folder in ("", "zh"))


@pytest.mark.whole
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_chinese_words_are_found_in_sentences(site: Path) -> None:
    index = json.loads((site / "zh" / "search" / "search_index.json").read_text(encoding="utf-8"))
    texts = " ".join(page["text"] for page in index["docs"])
    # Words are parted by zero-width spaces, by which the search tells them.
    assert "匹配\u200b" in texts


@pytest.mark.whole
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_language_models_get_every_page_as_markdown(site: Path) -> None:
    index = (site / "llms.txt").read_text(encoding="utf-8")
    linked = re.findall(r"^- \[.+?\]\((\S+\.md)\): \S", index, re.MULTILINE)
    assert linked == [f"{path}.md" for path in PATHS]
    assert all((site / path).is_file() for path in linked)
    assert len((site / "llms-full.txt").read_text(encoding="utf-8")) > 300_000
