"""Python examples of the pages: those on embedded data are run, and every call names arguments that exist."""

import ast
import contextlib
import inspect
import io
import re
from pathlib import Path
from typing import Any

import pytest

import nerforge as nf

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    str(path.relative_to(ROOT / "docs"))
    for path in (ROOT / "docs").rglob("*.md")
    if ".zh-CN" not in path.name
)
RUN = {"generating.md": 1, "python.md": 8, "guides/serving.md": 1}
"""Pages whose blocks are run, and how many there are at least."""
BLOCK = re.compile(r"^```python\n(.*?)^```(?:\n\n```\n(.*?)^```)?", re.MULTILINE | re.DOTALL)
NEEDS_A_RUN = "nf.predict("


def blocks(page: str) -> list[tuple[str, str]]:
    """Give the code of each block, and what the page says that it prints."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [(found[1], found[2] or "") for found in BLOCK.finditer(text)]


@pytest.mark.whole
@pytest.mark.parametrize("page", RUN)
def test_the_examples_of_a_page_print_what_it_says(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    ran = 0
    for code, expected in blocks(page):
        if NEEDS_A_RUN in code:
            continue
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(code, page, "exec"), names)
        lines = [line.rstrip() for line in printed.getvalue().splitlines()]
        assert lines == expected.splitlines(), code
        ran += 1
    assert ran >= RUN[page]


def calls(code: str) -> list[ast.Call]:
    found = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    return [x for x in found if isinstance(x.func, ast.Attribute) and ast.unparse(x.func.value) == "nf"]


@pytest.mark.parametrize("page", PAGES)
def test_every_call_of_a_page_names_arguments_that_exist(page: str) -> None:
    for code, _ in blocks(page):
        for call in calls(code):
            assert isinstance(call.func, ast.Attribute)
            assert call.func.attr in nf.__all__
            keywords = {str(word.arg): None for word in call.keywords}
            inspect.signature(getattr(nf, call.func.attr)).bind(*call.args, **keywords)


def test_the_pages_import_nothing_but_the_public_names() -> None:
    pages = [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("README*.md")]
    code = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    assert "import nerforge as nf" in code
    assert not re.search(r"^(from|import) nerforge\.", code, re.MULTILINE)
