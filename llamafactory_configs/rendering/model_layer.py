"""Write a model layer from a model's ``config.json``: its names, sizes and chat template."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Any

import msgspec
import yaml

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_json
from nerforge.foundation.hubs.fetching import fetch
from nerforge.foundation.hubs.hub_names import HUBS, is_folder
from nerforge.foundation.hubs.local_copies import find_local
from nerforge.foundation.llamafactory.config_types import Settings
from nerforge.foundation.printing import printable
from nerforge.foundation.run_folder.contents import MODEL_CONFIG, has_adapter
from nerforge.llamafactory_configs.checking.arguments import KnownArguments, Lookup, known_arguments
from nerforge.llamafactory_configs.estimating.shape_reading import (
    ShapeError,
    read_shape,
    text_config,
    why_not_described,
)
from nerforge.llamafactory_configs.estimating.shapes import Shape
from nerforge.llamafactory_configs.layering.layer_files import Layer, find_model
from nerforge.llamafactory_configs.rendering.template_choice import find_template

_DECODERS = ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration", "ChatGLMModel")
"""How the names of classes end that can be trained to answer."""
_WIDTH = 105


@dataclass(frozen=True, slots=True)
class LayerChoices:
    """What a user says of a model that its files do not."""

    hub: str = HUBS[0]
    """The hub that the model's name is for."""
    modelscope: str | None = None
    """Its name on ModelScope; None for the one that LLaMA-Factory knows, or else the same."""
    template: str | None = None
    """Its chat template; None to find it."""


def write_model_layer(model: str, choices: LayerChoices, lookup: Lookup | None = None) -> str:
    """Write the YAML of a model layer, as ``nerforge config --model`` and recipes take it.

    Args:
        model: A folder with a ``config.json``, or OWNER/NAME on a hub.
        choices: What the user says of the model.
        lookup: What LLaMA-Factory knows; None to look it up.

    Raises:
        UsageError: the template is none of LLaMA-Factory's.
        UserError: there is no such model, it is no decoder, its ``config.json`` lacks a key, or no chat
            template is known for it.
    """
    path = _find_config(model, choices.hub)
    config = read_json(path, Settings)
    _require_decoder(path, config)
    known = (lookup or known_arguments()).known
    template = find_template(path, model, config, choices.template, known)
    shape, no_shape = _shape(path, config)
    notes = [note for note in (template.note, no_shape, *_notes(config)) if note]
    ids = _ids(model, path, choices, known)
    text = _text(_title(model, config), notes, ids, shape, template.name)
    msgspec.convert(yaml.safe_load(text), Layer)
    return text


def _find_config(model: str, hub: str) -> Path:
    """Find the ``config.json`` of a folder, or of a hub's cache; else fetch that one file."""
    path = Path(model)
    if path.name == MODEL_CONFIG and path.is_file():
        return path
    if is_folder(model):
        if (path / MODEL_CONFIG).is_file():
            return path / MODEL_CONFIG
        if has_adapter(path):
            raise UserError(f"{model}: holds an adapter; name the folder of its base model")
        raise UserError(f"{model}: no such folder, or one without {MODEL_CONFIG}")
    cached = find_local(model, (MODEL_CONFIG,))
    if cached is not None:
        return cached / MODEL_CONFIG
    fetched = fetch("model", model, hub, patterns=[MODEL_CONFIG]).folder / MODEL_CONFIG
    if not fetched.is_file():
        raise UserError(f"{model}: holds no {MODEL_CONFIG}, so transformers cannot load it")
    return fetched


def _require_decoder(path: Path, config: Mapping[str, Any]) -> None:
    names = config.get("architectures")
    if isinstance(names, list) and names and not str(names[0]).endswith(_DECODERS):
        raise UserError(
            f"{path}: architectures: found {printable(str(names[0]))}, which cannot be trained to answer; "
            "expected a decoder, such as Qwen3ForCausalLM"
        )


def _shape(path: Path, config: Mapping[str, Any]) -> tuple[Shape | None, str]:
    if reason := why_not_described(config):
        return None, f"Memory and time are not estimated: {reason}."
    try:
        return read_shape(config), ""
    except ShapeError as err:
        raise UserError(
            f"{path}: {err}; expected the config.json of a decoder, as transformers reads it"
        ) from err


def _ids(model: str, path: Path, choices: LayerChoices, known: KnownArguments | None) -> dict[str, str]:
    """Give the model's name on each hub; a folder is called by its path on both."""
    if path.is_relative_to(Path(model)) or Path(model) == path:
        folder = str(path.parent.resolve())
        return dict.fromkeys(HUBS, folder)
    layer = find_model(model)
    registered = layer.ids if layer else known.hub_names.get(model, {}) if known else {}
    # Most models have one name on both hubs; microsoft/phi-4 is LLM-Research/phi-4 on ModelScope.
    ids = {**dict.fromkeys(HUBS, model), **registered}
    return {**ids, choices.hub: model, **({"modelscope": choices.modelscope} if choices.modelscope else {})}


def _notes(config: Mapping[str, Any]) -> Iterator[str]:
    """Say what a training with this model has to mind."""
    decoder = text_config(config)
    dtype = next((x[key] for x in (config, decoder) for key in ("torch_dtype", "dtype") if x.get(key)), None)
    if dtype in ("float16", "float32"):
        yield (
            f"Its weights are stored as {dtype}: where bf16=true gives a poor loss, try "
            f"{'fp16=true' if dtype == 'float16' else 'bf16=false'}."
        )
    if isinstance(config.get("quantization_config"), dict):
        yield "Its weights are quantised already: only LoRA trains on them, without quantization_bit."
    if config.get("auto_map"):
        yield "It brings its own code: read it, and only if you trust it pass --set trust_remote_code=true."


def _title(model: str, config: Mapping[str, Any]) -> str:
    decoder = text_config(config)
    facts = [str(config.get("model_type") or "")]
    most = decoder.get("max_position_embeddings")
    if isinstance(most, int):
        facts.append(f"rows of at most {most:,} tokens")
    said = ", ".join(filter(None, facts))
    return printable(f"{model}, by its {MODEL_CONFIG}{f': {said}' if said else ''}.")


def _text(title: str, notes: list[str], ids: Mapping[str, str], shape: Shape | None, template: str) -> str:
    about = [f"# {line}" for note in (title, *notes) for line in wrap(note, _WIDTH)]
    parts: list[Settings] = [{"ids": dict(ids)}, {"train": {"template": template}}]
    if shape is not None:
        parts.insert(1, {"shape": msgspec.to_builtins(shape)})
    written = (
        yaml.safe_dump(part, sort_keys=False, allow_unicode=True, width=_WIDTH, default_flow_style=None)
        if "shape" in part
        else yaml.safe_dump(part, sort_keys=False, allow_unicode=True, width=1000, default_flow_style=False)
        for part in parts
    )
    return "\n".join([*about, "".join(written)])
