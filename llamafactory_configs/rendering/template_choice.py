"""Find the chat template of a model: by its name, as LLaMA-Factory and our layers know it, or by its type."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nerforge.foundation.errors import UserError, unknown_name
from nerforge.foundation.printing import printable
from nerforge.llamafactory_configs.checking.arguments import KnownArguments
from nerforge.llamafactory_configs.estimating.shape_reading import text_config
from nerforge.llamafactory_configs.layering.layer_files import find_model

_BY_TYPE: Mapping[str, str] = {
    "chatglm": "chatglm3",
    "cohere": "cohere",
    "deepseek_v3": "deepseek3",
    "ernie4_5": "ernie_nothink",
    "exaone": "exaone",
    "falcon": "falcon",
    "gemma": "gemma",
    "gemma2": "gemma2",
    "gemma3": "gemma3",
    "gemma3_text": "gemma3",
    "glm": "glm4",
    "glm4": "glm4",
    "gpt_oss": "gpt_oss",
    "granite": "granite3",
    "internlm2": "intern2",
    "internlm3": "intern2",
    "llama4": "llama4",
    "mistral": "mistral",
    "qwen2": "qwen",
    "qwen2_moe": "qwen",
    "qwen3": "qwen3_nothink",
    "qwen3_moe": "qwen3_nothink",
    "seed_oss": "seed_oss",
}
"""The chat template of a model type's instruct models, as LLaMA-Factory lists them by name."""
_BY_VOCABULARY: Mapping[tuple[str, int], str] = {
    ("llama", 32000): "llama2",
    ("llama", 49152): "smollm2",
    ("llama", 128256): "llama3",
    ("phi3", 32064): "phi",
    ("phi3", 100352): "phi4",
    ("phi3", 200064): "phi4_mini",
}
"""The same of types that several families share, which their vocabularies tell apart."""


class TemplateChoice(NamedTuple):
    """A chat template of LLaMA-Factory."""

    name: str
    note: str
    """What a person should know of the choice; empty where there is nothing."""


def find_template(
    path: Path, model: str, config: Mapping[str, Any], asked: str | None, known: KnownArguments | None
) -> TemplateChoice:
    """Take the template that was asked for, or that is registered for the model's name, or its type's.

    Args:
        path: The model's ``config.json``.
        model: What the user calls the model.
        config: Its keys.
        asked: The template that the user names.
        known: What LLaMA-Factory knows; None where it is not installed.

    Raises:
        UsageError: LLaMA-Factory has no such template.
        UserError: none is known for such a model.
    """
    if asked is not None:
        if known is not None and asked not in known.templates:
            raise unknown_name("template", asked, known.templates)
        return TemplateChoice(asked, "")
    # A name says more than a type: DeepSeek-R1-Distill-Qwen-7B is a qwen2 that speaks another template.
    if named := _template_by_name(_names(model, path, config), known):
        return named
    kind, vocabulary = config.get("model_type"), text_config(config).get("vocab_size")
    found = _BY_TYPE.get(str(kind)) or _BY_VOCABULARY.get((str(kind), _number(vocabulary)))
    if found is None or (known is not None and found not in known.templates):
        raise UserError(
            f"{path}: no chat template is known for model_type {printable(str(kind))!r}; see the model's "
            "page, and pass --template NAME, one of LLaMA-Factory's"
        )
    return TemplateChoice(
        found,
        f"The template is that of model_type {kind}: LLaMA-Factory does not know the model by name. "
        "nerforge doctor compares it with the tokenizer's own.",
    )


def _names(model: str, path: Path, config: Mapping[str, Any]) -> list[str]:
    """List what the model may be registered as: its name, that of what it was saved from, its folder's."""
    saved_from = config.get("_name_or_path")
    folder = path.resolve().parent.name
    return [model, *([saved_from] if isinstance(saved_from, str) and saved_from else []), folder]


def _template_by_name(names: list[str], known: KnownArguments | None) -> TemplateChoice | None:
    for name in names:
        layer = find_model(name)
        if layer is not None and isinstance(layer.train.get("template"), str):
            return TemplateChoice(layer.train["template"], "")
        registered = known and (known.template_of(name) or known.template_of_folder(name))
        if known is not None and registered:
            plain = known.without_thinking(registered)
            note = "" if plain == registered else f"The model can think; {plain} trains it to answer at once."
            return TemplateChoice(plain, note)
    return None


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
