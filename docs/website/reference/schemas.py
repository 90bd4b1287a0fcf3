"""``scores.json`` and ``manifest.json``: keys from the structs that write them, and their JSON schemas."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from docs.website.markdown import code, prose, table
from docs.website.pages import PageTree
from docs.website.reference.field_docs import field_docs, structs_by_name
from docs.website.words import Words, words_of
from nerforge.evaluation.scores.schema import schema_document
from nerforge.generators.manifests.manifest_schema import manifest_schema


def write_schemas(tree: PageTree) -> None:
    """Write a page for each file, and its schema beside it."""
    words = words_of("schemas", tree.language)
    for name, schema in (("scores", schema_document()), ("manifest", manifest_schema())):
        parts = [f"# {name}.json\n", f"{words[name]}\n", f"[{words['file']}]({name}.schema.json)\n"]
        parts += _structs(schema, words)
        tree.add(f"reference/{name}.md", "\n".join(parts))
        tree.add(f"reference/{name}.schema.json", msgspec.json.format(msgspec.json.encode(schema)).decode())


def _structs(schema: Mapping[str, Any], words: Words) -> Iterator[str]:
    names = {reference(x["$ref"]): None for x in schema["anyOf"]}
    for name in [*names, *sorted(set(schema["$defs"]) - set(names))]:
        struct = schema["$defs"][name]
        yield f"## {title(name)}\n"
        if "description" in struct:
            yield prose(" ".join(struct["description"].split())) + "\n"
        defined = structs_by_name().get(name.partition("_")[0])
        docs = field_docs(defined) if defined else {}
        rows = [
            (code(key), _kind(value), prose(value.get("description") or docs.get(key, "")))
            for key, value in struct.get("properties", {}).items()
        ]
        yield table((words["key"], words["kind"], words["meaning"]), rows)


def reference(link: str) -> str:
    """Give the name that a reference of the schema leads to."""
    return link.rpartition("/")[2]


def title(name: str) -> str:
    """Write a struct's name; of a generic one, with its first parameter, which tells it from the others."""
    head, _, parameters = name.partition("_")
    return f"{head} with {parameters.partition('_')[0]}" if parameters else head


def _kind(value: Mapping[str, Any]) -> str:
    """Say what a value is; structs lead to their table."""
    if "$ref" in value:
        name = title(reference(value["$ref"]))
        anchor = re.sub(r"[^\w\- ]", "", name.lower()).replace(" ", "-")
        return f"[{name}](#{anchor})"
    if "anyOf" in value:
        return " or ".join(map(_kind, value["anyOf"]))
    if "enum" in value:
        return ", ".join(code(repr(x)) for x in value["enum"])
    if "items" in value and isinstance(value["items"], Mapping):
        return f"list of {_kind(value['items'])}"
    if "additionalProperties" in value and isinstance(value["additionalProperties"], Mapping):
        return f"object of {_kind(value['additionalProperties'])}"
    kind = value.get("type", "any")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)
