"""Build the site: a source tree for each language, then MkDocs on each; a broken link is an error."""

import logging
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from docs.website.llms import write_llms
from docs.website.navigation import nav_of
from docs.website.pages import LANGUAGES, PageTree, docs_pages
from docs.website.reference import add_reference

_HERE = Path(__file__).parent
_CONFIG = _HERE / "mkdocs.yml"


def build_site(out: Path) -> int:
    """Build English into a folder, Chinese into its ``zh``, and ``llms.txt``; give the number of pages.

    Raises:
        mkdocs.exceptions.Abort: a link or an anchor leads nowhere, or anything else gives a warning.
    """
    if out.exists() and any(out.iterdir()) and not (out / "sitemap.xml").is_file():
        raise SystemExit(f"{out}: holds something other than a site; choose another folder")
    shutil.rmtree(out, ignore_errors=True)
    with TemporaryDirectory() as folder:
        for language in LANGUAGES:
            tree = write_tree(language, Path(folder) / language)
            _run_mkdocs(tree, out if language == "en" else out / language)
        write_llms(Path(folder) / "en", out)
    return sum(1 for _ in out.rglob("*.html"))


def write_tree(language: str, folder: Path) -> PageTree:
    """Write the Markdown of a language: its pages and the reference."""
    tree = PageTree(language, folder)
    shutil.copytree(_HERE / "assets", folder / "assets")
    add_reference(tree)
    tree.add_docs()
    return tree


def _run_mkdocs(tree: PageTree, out: Path) -> None:
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    config = load_config(
        str(_CONFIG),
        docs_dir=str(tree.folder),
        site_dir=str(out.absolute()),
        nav=nav_of(tree.language, docs_pages()),
        strict=True,
    )
    config.theme["language"] = tree.language
    logging.getLogger("jieba").setLevel(logging.WARNING)
    build(config)
