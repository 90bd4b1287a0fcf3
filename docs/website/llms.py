"""``llms.txt`` and ``llms-full.txt``: the site for language models, as https://llmstxt.org proposes."""

from pathlib import Path

from docs.website.navigation import NAVIGATION

_SUMMARY = """# NERForge

> Fine-tune chat LLMs for named entity recognition with LLaMA-Factory: training data from labelled corpora and
> slot tables, launch of the LoRA training, entity scores (strict, exact, partial, type, text) with intervals.

Python 3.11 or newer. `pip install .` scores and prepares data; `.[train]` adds torch and LLaMA-Factory.
Results go to stdout or files, messages to stderr. Exit codes: 0 success, 1 failure, 2 usage, 3 missed gate.
Every page is here as Markdown, with .md in place of .html; llms-full.txt holds all of them.
"""


def write_llms(tree: Path, out: Path) -> None:
    """Write both files, and the Markdown of every page that they name.

    Args:
        tree: The English pages as Markdown.
        out: The site.
    """
    index, whole = [_SUMMARY], [_SUMMARY]
    for section in NAVIGATION:
        lines = []
        for path, title, _ in section.pages:
            text = (tree / f"{path}.md").read_text(encoding="utf-8")
            (out / f"{path}.md").write_text(text, encoding="utf-8")
            lines.append(f"- [{title}]({path}.md): {_first_sentence(text)}")
            whole.append(text)
        index.append(f"## {section.en}\n\n" + "\n".join(lines) + "\n")
    (out / "llms.txt").write_text("\n".join(index), encoding="utf-8")
    (out / "llms-full.txt").write_text("\n\n".join(whole), encoding="utf-8")


def _first_sentence(text: str) -> str:
    """Give the first sentence of the first paragraph below the heading."""
    paragraphs = text.split("\n\n")
    plain = next((x for x in paragraphs if x[:1].isalnum() or x.startswith(("`", "**"))), "")
    sentence, dot, _ = " ".join(plain.split()).partition(". ")
    return f"{sentence}." if dot else sentence
