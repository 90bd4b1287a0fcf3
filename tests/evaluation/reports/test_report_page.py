"""The file itself: nothing of a text is markup, nothing is fetched, and it is replaced only by its like."""

import json
import re
from base64 import b64decode
from gzip import decompress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.evaluation.reports.page_file import embedded_json, refuse_other_files, render_page
from nerforge.foundation.errors import UserError
from tests.evaluation import report_case as case


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return case.write_case(tmp_path_factory.mktemp("report"))


@given(st.text())
def test_embedded_json_ends_no_element_and_says_the_same(text: str) -> None:
    embedded = embedded_json({"text": text})
    assert not re.search("[<>&\u2028\u2029]", embedded)
    assert json.loads(embedded) == {"text": text}


def test_hostile_texts_are_no_markup(scored: Path) -> None:
    report = case.report_of(scored, title=case.HOSTILE)
    page = render_page(report).decode()
    assert "<img src=x" not in page
    assert page.count("</script>") == page.count("<script") == 3 + len(report.chunks)
    packed = re.findall(r'<script type="text/plain" class="rows">([^<]*)</script>', page)
    chunk = json.loads(decompress(b64decode(packed[0])))
    assert chunk["text"][-1] == f"冯军说{case.HOSTILE}"


def test_the_page_names_no_address_that_is_fetched_and_forbids_all(scored: Path) -> None:
    page = render_page(case.report_of(scored)).decode()
    assert "default-src 'none'" in page
    assert not re.search(r"""(?:src|href)\s*=\s*["']?https?:""", page)
    assert "@import" not in page


def test_the_same_report_gives_the_same_bytes(scored: Path) -> None:
    assert render_page(case.report_of(scored)) == render_page(case.report_of(scored))


def test_only_a_report_is_replaced(scored: Path, tmp_path: Path) -> None:
    mine = tmp_path / "notes.html"
    mine.write_text("<p>mine</p>", encoding="utf-8")
    with pytest.raises(UserError, match="exists and is no report"):
        refuse_other_files(mine)
    mine.write_bytes(render_page(case.report_of(scored)))
    refuse_other_files(mine)
