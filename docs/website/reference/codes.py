"""The codes of the doctor: a table, and a page for each with its examples."""

from pathlib import Path

from docs.website.markdown import code, fence, prose, table
from docs.website.pages import PageTree
from docs.website.words import Words, words_of
from nerforge.llamafactory_configs.doctor.explaining.explanations import (
    EncodedFile,
    Explanation,
    Files,
    explain,
    explained_codes,
    explained_in,
    row_by_row,
    whole_example,
)

_LANGUAGES = {".json": "json", ".jsonl": "json", ".yaml": "yaml"}


def write_codes(tree: PageTree) -> None:
    """Write the table and the pages."""
    words, rows = words_of("codes", tree.language), []
    for name in explained_codes():
        explanation = explain(name)
        told = explained_in(explanation, tree.language)
        severity = words["severity"][explanation.kind.severity]
        rows.append((f"[{code(name)}](codes/{name}.md)", severity, prose(told.message)))
        tree.add(f"reference/codes/{name}.md", _page(explanation, tree.language))
    head = words["head"]
    tree.add("reference/codes.md", f"# {words['title']}\n\n{words['intro']}\n\n{table(head, rows)}")


def _page(explanation: Explanation, language: str) -> str:
    words, told = words_of("codes", language), explained_in(explanation, language)
    severity = words["severity"][explanation.kind.severity]
    parts = [f"# {explanation.code}\n", f"**{severity}**: {prose(told.message)}\n"]
    parts.append(f"{words['why']}: {prose(told.why)}\n")
    if told.remedy:
        parts.append(f"{words['remedy']}: {prose(told.remedy)}\n")
    for name, files in (("wrong", explanation.wrong), ("right", explanation.right)):
        if files is not None:
            parts += [
                f"## {words[name]}\n",
                fence(f"nerforge doctor {' '.join(explanation.call)}"),
                _files(files, words),
            ]
    if explanation.wrong is not None:
        parts += [_beside(explanation, words), words["tried"].format(code=explanation.code) + "\n"]
    if explanation.untested:
        parts.append(f"{words['untested']}: {explanation.untested}\n")
    return "\n".join(parts)


def _files(files: Files, words: Words) -> str:
    parts = []
    for name, content in files.items():
        if content is None:
            parts.append(f"{code(name)} {words['absent']}\n")
        else:
            parts.append(_file(name, row_by_row(content)))
    return "\n".join(parts)


def _file(name: str, content: str | EncodedFile) -> str:
    text, coding = (content, "") if isinstance(content, str) else (content.text, f" ({content.encoding})")
    return f"{code(name)}{coding}\n\n{fence(text, _LANGUAGES.get(Path(name).suffix, ''))}"


def _beside(explanation: Explanation, words: Words) -> str:
    """Fold away the files that both examples share."""
    shown = {**(explanation.wrong or {}), **(explanation.right or {})}
    whole = whole_example(explanation, explanation.right or explanation.wrong or {})
    rest = {name: content for name, content in whole.items() if name not in shown}
    if not rest:
        return ""
    body = "\n".join(_file(name, content) for name, content in rest.items())
    return (
        f'??? note "{words["beside"]}"\n\n'
        + "\n".join(f"    {line}" if line else "" for line in body.splitlines())
        + "\n"
    )
