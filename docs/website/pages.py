"""Source trees of the site: each page of a language under its plain name, with links that work there.

A tree holds the pages of one language. What they link to outside of ``docs/`` is taken along.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from docs.website.markdown import code

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TWIN = ".zh-CN"
LANGUAGES = ("en", "zh")

_CODE = re.compile(r"(^```.*?^```|`[^`\n]*`)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<=\]\()([^)\s]+)(?=\))")
_PAGE_HEAD = re.compile(
    r"^\[(?:中文|中文说明|English)\]\([^)]*\)(?: · \[README\]\([^)]*\))?(?: · )?", re.MULTILINE
)
_BAR_IN_CELL = re.compile(r"`([^`\n]*\\\|[^`\n]*)`")
_BREAK_IN_CHINESE = re.compile(r"(?<=[一-龥，。；：、！？）”》」])\n(?=[一-龥（“《「\[])")
"""A line break of the source, which a browser shows as a space where Chinese has none."""
_CODE_ROW = re.compile(r"^\| `(D\d{3})` \|", re.MULTILINE)


def docs_pages() -> list[str]:
    """List the pages of ``docs/``, by path without the ending."""
    pages = (path.relative_to(DOCS).with_suffix("") for path in DOCS.rglob("*.md") if TWIN not in path.name)
    return sorted(map(str, pages))


class PageTree:
    """The pages of one language, written below a folder."""

    def __init__(self, language: str, folder: Path) -> None:
        """Prepare an empty tree."""
        self.language = language
        self.folder = folder
        self._waiting: list[Path] = []
        self._known: dict[Path, str] = {}

    def add_docs(self) -> None:
        """Add the README, every page of ``docs/``, and all that these link to."""
        self._place(ROOT / "README.md")
        for path in sorted(DOCS.rglob("*.md")):
            if TWIN not in path.name:
                self._place(path)
        self._place(ROOT / "CHANGELOG.md")
        while self._waiting:
            self._write(self._waiting.pop())

    def add(self, name: str, text: str) -> None:
        """Add a page that was made."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def _place(self, path: Path) -> str:
        """Give the place of a file of the repository in this tree; what is new is written later."""
        path = path.with_name(path.name.replace(TWIN, "")) if path.suffix == ".md" else path
        if path not in self._known:
            self._known[path] = _site_name(path)
            self._waiting.append(path)
        return self._known[path]

    def _write(self, path: Path) -> None:
        target = self.folder / self._known[path]
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            target.write_text(self._listing(path), encoding="utf-8")
        elif path.suffix == ".md":
            target.write_text(self._rewritten(self._source(path), path), encoding="utf-8")
        else:
            shutil.copyfile(path, target)

    def _source(self, path: Path) -> Path:
        """Give the page of this tree's language; the English one where it has no twin."""
        twin = path.with_name(f"{path.stem}{TWIN}.md")
        return twin if self.language == "zh" and twin.is_file() else path

    def _rewritten(self, source: Path, path: Path) -> str:
        text = _PAGE_HEAD.sub("", source.read_text(encoding="utf-8"), count=1)
        here = self._known[path]
        if self.language == "zh":
            text = _outside_code(text, lambda part: _BREAK_IN_CHINESE.sub("", part))
        text = _outside_code(text, lambda part: _LINK.sub(lambda link: self._link(link[0], path, here), part))
        text = _BAR_IN_CELL.sub(lambda cell: code(cell[1].replace(r"\|", "|")), text)
        return _CODE_ROW.sub(r"| [`\1`](reference/codes/\1.md) |", text) if here == "doctor.md" else text

    def _link(self, link: str, path: Path, here: str) -> str:
        target, _, anchor = link.partition("#")
        if not target or re.match(r"\w+:", target):
            return link
        leads_to = Path(os.path.normpath(path.parent / target))
        place = self._place(leads_to)
        if self.language == "zh" and self._source(path) == path and self._source(leads_to) != leads_to:
            # An English page among Chinese ones: their headings have other anchors.
            anchor = ""
        relative = os.path.relpath(place, Path(here).parent)
        return f"{relative}#{anchor}" if anchor else relative

    def _listing(self, folder: Path) -> str:
        here = self._known[folder]
        lines = [f"# {folder.relative_to(ROOT)}", ""]
        for path in sorted(folder.iterdir()):
            if path.is_file():
                lines.append(f"- [{path.name}]({os.path.relpath(self._place(path), Path(here).parent)})")
        return "\n".join(lines) + "\n"


def _site_name(path: Path) -> str:
    if path == ROOT / "README.md":
        return "index.md"
    if path.is_relative_to(DOCS):
        return str(path.relative_to(DOCS))
    name = path.relative_to(ROOT)
    # MkDocs takes a README.md for the index of its folder.
    if path.suffix == ".md":
        return str(Path("more", name.with_name("about.md") if name.name == "README.md" else name))
    return str(Path("more", name, "files.md") if path.is_dir() else Path("files", name))


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    return "".join(_changed(text, change))


def _changed(text: str, change: Callable[[str], str]) -> Iterator[str]:
    for n, part in enumerate(_CODE.split(text)):
        yield part if n % 2 else change(part)
