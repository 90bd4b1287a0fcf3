"""Recipes and layers: their heads, their keys, and what each key does in which file."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import msgspec

from docs.website.markdown import code, fence, prose, table
from docs.website.pages import PageTree
from docs.website.reference.field_docs import field_docs
from docs.website.words import Words, words_of
from nerforge.llamafactory_configs.layering.layer_files import (
    KINDS,
    LAYERS_DIR,
    Layer,
    layer_names,
    load_layer,
)
from nerforge.llamafactory_configs.layering.recipe_files import (
    RECIPES_DIR,
    Recipe,
    load_recipe,
    recipe_names,
)


def train_keys() -> Mapping[str, Mapping[str, list[str]]]:
    """Give the values of each of LLaMA-Factory's keys that a shipped file sets, and the files by value."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    files = {f"recipes/{name}": load_recipe(name)[0].train for name in recipe_names()}
    for kind, folder in KINDS.items():
        files |= {f"{folder}/{name}": load_layer(kind, name).train for name in layer_names(kind)}
    for name, settings in files.items():
        for key, value in settings.items():
            found[key][str(value)].append(name)
    return found


def write_recipes(tree: PageTree) -> None:
    """Write the page."""
    words = words_of("recipes", tree.language)
    titles = words["layers"]
    parts = [
        f"# {words['title']}\n",
        f"{words['intro']}\n",
        f"## {words['keys']}\n",
        _struct_table(Recipe, words),
    ]
    parts += [f"## {words['layer_keys']}\n", _struct_table(Layer, words)]
    parts += [f"## {words['train_keys']}\n", _train_table(words)]
    parts += [f"## {words['recipes']}\n", *(_file(RECIPES_DIR / f"{name}.yaml") for name in recipe_names())]
    for kind, folder in KINDS.items():
        parts.append(f"## {titles[kind]}\n")
        parts += [_file(LAYERS_DIR / folder / f"{name}.yaml") for name in layer_names(kind)]
    tree.add("reference/recipes.md", "\n".join(parts))


def _file(path: Path) -> str:
    return f"### {path.stem}\n\n" + fence(path.read_text(encoding="utf-8"), "yaml")


def _struct_table(kind: type[msgspec.Struct], words: Words) -> str:
    rows, docs = [], field_docs(kind)
    for field in msgspec.structs.fields(kind):
        named = getattr(field.type, "__name__", str(field.type))
        shown = named if "[" not in str(field.type) else str(field.type)
        rows.append((code(field.name), code(shown), prose(docs.get(field.name, ""))))
    return table((words["key"], words["kind"], words["meaning"]), rows)


def _train_table(words: Words) -> str:
    rows = []
    for key, values in sorted(train_keys().items()):
        shown = ", ".join(code(value) for value in list(values)[:6]) + (", …" if len(values) > 6 else "")
        files = {name.partition("/")[0] for names in values.values() for name in names}
        rows.append((code(key), shown, ", ".join(sorted(files))))
    return table((words["key"], words["values"], words["files"]), rows)
