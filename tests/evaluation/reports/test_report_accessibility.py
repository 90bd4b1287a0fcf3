"""The page by the rules of axe-core in every state and scheme, and by what its reader's system asks for."""

from pathlib import Path
from typing import Any

import pytest

from nerforge.evaluation.reports.page_file import PAGE, write_page
from tests.chromium import open_page
from tests.evaluation import report_case as case

pytestmark = pytest.mark.whole
AXE = PAGE / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    case.write_case(folder, case.OTHERS, "b")
    scored, out = case.write_case(folder, why=True), folder / "report.html"
    write_page(case.report_of(scored, against=folder / "b.json", title=case.HOSTILE), out)
    return out


STATES = {
    "summary": ("", []),
    "sentences": ("#/browse?exact=0&kind=label", []),
    "nothing": ("#/browse?q=%28", []),
    "surfaces": ("#/browse", ["u"]),
    "keys": ("#/browse", ["?"]),
    "mending": ("#/browse?id=label", ["g"]),
    "note": ("#/browse?id=label", ["n"]),
    "judged": ("#/browse?id=missed", ["m"]),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(browser: Any, page_file: Path, scheme: str) -> None:
    if not AXE.is_file():
        pytest.skip("needs npm ci in evaluation/reports/page")
    found: list[str] = []
    for name, (hash_, keys) in STATES.items():
        page, faults = open_page(browser, page_file, hash_, color_scheme=scheme, bypass_csp=True)
        for key in keys:
            page.keyboard.press(key)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found += [f"{name}: {fault}" for fault in page.evaluate(_RUN)]
        assert faults == []
        page.context.close()
    assert found == []


_RUN = """async () => (await axe.run()).violations
    .filter(found => ['serious', 'critical'].includes(found.impact))
    .flatMap(found => found.nodes.map(node => `${found.id} ${node.target}: ${node.failureSummary}`))"""
