"""Write what the installed LLaMA-Factory accepts as JSON to stdout.

Run as a script in a process of its own, since the import takes seconds and prints. It needs nothing of ours.
"""

import dataclasses
import json
import os
import typing
from collections.abc import Iterable, Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal

KINDS = {bool: "bool", int: "int", float: "float", str: "str", dict: "dict", list: "list", NoneType: "none"}


def describe(hint: Any) -> tuple[set[str], list[str]]:
    """Give the kinds of values that a type takes, and its choices where it has any."""
    # Optional[Literal["bf16", "fp16"]] gives ({"str", "none"}, ["bf16", "fp16"]).
    origin = typing.get_origin(hint)
    if origin is Literal:
        values = typing.get_args(hint)
        return {KINDS[type(value)] for value in values}, [v for v in values if isinstance(v, str)]
    if origin in (typing.Union, UnionType):
        kinds: set[str] = set()
        choices: list[str] = []
        for part in typing.get_args(hint):
            part_kinds, part_choices = describe(part)
            kinds |= part_kinds
            choices += part_choices
        return kinds, choices
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"str"}, [str(member.value) for member in hint]
    return {KINDS.get(origin or hint, "other")}, []


def extract() -> dict[str, object]:
    """Read the argument classes, the templates and the models that LLaMA-Factory knows."""
    from llamafactory.data.template import TEMPLATES
    from llamafactory.extras.constants import DEFAULT_TEMPLATE, SUPPORTED_MODELS
    from llamafactory.hparams.parser import _TRAIN_ARGS

    arguments = {}
    for cls in _TRAIN_ARGS:
        hints = typing.get_type_hints(cls)
        for field in dataclasses.fields(cls):
            if not field.init:
                continue
            kinds, choices = describe(hints[field.name])
            choices += [choice for choice in field.metadata.get("choices") or () if isinstance(choice, str)]
            if field.default is None:
                kinds.add("none")
            # A list of an enumeration or a text of several names is checked by its own class alone.
            is_choice = bool(choices) and "list" not in kinds
            arguments[field.name] = {"kinds": sorted(kinds), "choices": choices if is_choice else []}
    models = {
        model_id: DEFAULT_TEMPLATE[name]
        for name, ids in SUPPORTED_MODELS.items()
        if name in DEFAULT_TEMPLATE
        for model_id in ids.values()
    }
    return {
        "arguments": arguments,
        "templates": sorted(TEMPLATES),
        "models": models,
        "hub_names": hub_names(SUPPORTED_MODELS.values()),
    }


def hub_names(models: Iterable[Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Give the names of each model on the hubs that we know, by any of its names."""
    hubs = {"hf": "huggingface", "ms": "modelscope"}
    named = ({hubs[source]: name for source, name in ids.items() if source in hubs} for ids in models)
    return {name: names for names in named for name in names.values()}


def main() -> None:
    """Keep stdout for the JSON: what the import prints goes to stderr."""
    out = os.dup(1)
    os.dup2(2, 1)
    with os.fdopen(out, "w", encoding="utf-8") as file:
        json.dump(extract(), file)


if __name__ == "__main__":
    main()
