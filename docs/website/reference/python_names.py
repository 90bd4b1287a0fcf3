"""The public names of ``nerforge``: signatures and docstrings."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

import griffe

import nerforge
from docs.website.markdown import code, fence, prose, table
from docs.website.pages import PageTree
from docs.website.reference.field_docs import field_docs
from docs.website.words import Words, words_of

_ROLE = re.compile(r":\w+:`~?([^`]+)`")


def write_python(tree: PageTree) -> None:
    """Write the page."""
    words = words_of("python_names", tree.language)
    public = {name: getattr(nerforge, name) for name in nerforge.__all__}
    parts = [f"# {words['title']}\n", words["intro"] + "\n"]
    for title, is_kind in (("functions", inspect.isfunction), ("classes", inspect.isclass)):
        parts.append(f"## {words[title]}\n")
        for name, value in public.items():
            if is_kind(value):
                parts += _entry(name, value, words)
    tree.add("reference/python.md", "\n".join(parts))


def _entry(name: str, value: Any, words: Words) -> Iterator[str]:
    yield f"### {name}\n"
    yield fence(signature(name, value), "python")
    yield from _doc(inspect.getdoc(value) or "", words)
    if inspect.isclass(value):
        yield from _members(value, words)


def signature(name: str, value: Any) -> str:
    """Write the call of a function or class, an argument a line, types by their last name."""
    try:
        found = inspect.signature(value)
    except ValueError:
        return name
    shown = [_short(str(x)) for x in found.parameters.values()]
    marked = []
    for text, parameter in zip(shown, found.parameters.values(), strict=True):
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in marked:
            marked.append("*")
        marked.append(text)
    body = "".join(f"    {text},\n" for text in marked)
    back = found.return_annotation
    arrow = (
        ""
        if back is found.empty or inspect.isclass(value)
        else f" -> {_short(inspect.formatannotation(back))}"
    )
    return f"{name}(\n{body}){arrow}" if marked else f"{name}(){arrow}"


def _short(text: str) -> str:
    return re.sub(r"\b(?:[A-Za-z_]\w*\.)+(?=[A-Za-z_])", "", text)


def _doc(text: str, words: Words) -> Iterator[str]:
    """Write a Google docstring as Markdown."""
    for section in griffe.Docstring(_ROLE.sub(r"`\1`", text)).parse("google", warnings=False):
        if section.kind is griffe.DocstringSectionKind.text:
            yield prose(section.value) + "\n"
        elif section.kind is griffe.DocstringSectionKind.parameters:
            rows = [(code(x.name), prose(x.description)) for x in section.value]
            yield table((words["name"], words["meaning"]), rows)
        elif section.kind is griffe.DocstringSectionKind.returns:
            yield f"{words['returns']}: {prose(' '.join(x.description for x in section.value))}\n"
        elif section.kind is griffe.DocstringSectionKind.raises:
            rows = [(code(str(x.annotation)), prose(x.description)) for x in section.value]
            yield table((words["raises"], words["meaning"]), rows)


def _members(kind: type, words: Words) -> Iterator[str]:
    """Write what a class itself has: documented fields, then methods and properties in a sentence each."""
    rows = [(code(f".{name}"), prose(doc)) for name, doc in field_docs(kind).items()]
    for name, member in vars(kind).items():
        if name.startswith("_") or (
            not isinstance(member, property | classmethod | staticmethod) and not inspect.isfunction(member)
        ):
            continue
        doc = inspect.getdoc(member) or ""
        call = "" if isinstance(member, property) else "()"
        if doc:
            rows.append((code(f".{name}{call}"), prose(doc.split("\n\n")[0])))
    if rows:
        yield table((words["field"], words["meaning"]), rows)
