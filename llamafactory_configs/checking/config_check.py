"""Check a training YAML against the installed LLaMA-Factory before anything is loaded: all faults at once."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from rapidfuzz import fuzz, process

from nerforge.foundation.files.reading import YamlLoader
from nerforge.llamafactory_configs.checking import contradictions, surroundings, tracker_login
from nerforge.llamafactory_configs.checking.arguments import Argument, KnownArguments, Lookup, known_arguments
from nerforge.llamafactory_configs.checking.findings import Finding
from nerforge.llamafactory_configs.layering.layer_files import Machine, find_model

OTHER_NAMES = {
    "group_by_length": "train_sampling_strategy: group_by_length",
    "length_column_name": "train_sampling_strategy: group_by_length",
    # The key's name before transformers 5.2.
    "train_sampling_strategy": "group_by_length: true",
    "evaluation_strategy": "eval_strategy",
    "no_cuda": "use_cpu: true",
    "per_gpu_train_batch_size": "per_device_train_batch_size",
    "batch_size": "per_device_train_batch_size",
    "per_device_batch_size": "per_device_train_batch_size",
    "epochs": "num_train_epochs",
    "max_length": "cutoff_len",
    "max_seq_length": "cutoff_len",
    "model": "model_name_or_path",
    "model_name": "model_name_or_path",
    "r": "lora_rank",
    "lora_r": "lora_rank",
    "target_modules": "lora_target",
    "load_in_4bit": "quantization_bit: 4",
    "load_in_8bit": "quantization_bit: 8",
    "use_flash_attn": "flash_attn: fa2",
    "swanlab_api_token": "SWANLAB_API_KEY in the environment",
}
"""What keys of other tools and older versions are called now, where the spelling alone does not tell."""
_ALIKE = 70
_KINDS_IN_WORDS = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "list": "a list",
    "dict": "a mapping",
    "none": "nothing",
}


def check_config(
    config: Mapping[str, Any],
    *,
    place: str = "",
    machine: Machine | None = None,
    lookup: Lookup | None = None,
) -> list[Finding]:
    """Find everything in a training YAML that LLaMA-Factory would refuse, or train with to no use.

    No model is loaded, and LLaMA-Factory is not imported here. What its installed version accepts comes from
    a cache; where that has to be made first, it takes about ten seconds.

    Args:
        config: The keys of the YAML.
        place: What findings call the file.
        machine: What the training is for; None for this machine, whose devices are not known here.
        lookup: What LLaMA-Factory accepts; None to look it up.

    Returns:
        The findings, errors first; a note where keys could not be checked.
    """
    known, reason = lookup or known_arguments()
    found = (
        [*_key_findings(config, known), *_template_findings(config, known)] if known else [_unchecked(reason)]
    )
    for rule in (*contradictions.RULES, *surroundings.RULES, *tracker_login.RULES):
        found += rule(config, machine)
    order = ("error", "warning", "note")
    return sorted((_placed(finding, place) for finding in found), key=lambda f: order.index(f.severity))


def _placed(finding: Finding, place: str) -> Finding:
    return finding._replace(place=": ".join(part for part in (place, finding.place) if part))


def _unchecked(reason: str) -> Finding:
    return Finding(
        "keys-unchecked",
        "note",
        "",
        f"keys and types were not checked: {reason}",
        "pip install 'nerforge[train]' to have them checked",
    )


def _key_findings(config: Mapping[str, Any], known: KnownArguments) -> Iterator[Finding]:
    for key, value in config.items():
        argument = known.arguments.get(key) if isinstance(key, str) else None
        if argument is None:
            yield _unknown_key(str(key), known)
        elif not _is_of(value, argument):
            yield _wrong_type(key, value, argument)
        elif isinstance(value, str) and argument.choices and value not in argument.choices:
            yield _wrong_choice(key, value, argument)


def _unknown_key(key: str, known: KnownArguments) -> Finding:
    near = OTHER_NAMES.get(key) or _nearest(key, known.arguments)
    remedy = f"did you mean {near}?" if near else "remove it"
    return Finding("unknown-key", "error", key, "LLaMA-Factory knows no such key", remedy)


def _nearest(name: str, known: Mapping[str, Any] | tuple[str, ...]) -> str | None:
    # lora_rnak is 89 % like lora_rank; at less than 70 % a suggestion misleads more often than it helps.
    match = process.extractOne(name, list(known), scorer=fuzz.ratio, score_cutoff=_ALIKE)
    return match[0] if match else None


def _is_of(value: Any, argument: Argument) -> bool:
    """Tell whether a value is of one of the kinds that a key takes; a whole number is a number too."""
    # bool comes before int: True is an int to Python, but not to LLaMA-Factory's parser.
    kinds = argument.kinds
    if value is None:
        return "none" in kinds or "other" in kinds
    if isinstance(value, bool):
        return "bool" in kinds
    if isinstance(value, int):
        return "int" in kinds or "float" in kinds
    # Dates are what YAML makes of some texts.
    by_type = {float: "float", str: "str", list: "list", dict: "dict"}
    return by_type.get(type(value)) in kinds


def _wrong_type(key: str, value: Any, argument: Argument) -> Finding:
    expected = " or ".join(_KINDS_IN_WORDS[kind] for kind in argument.kinds if kind in _KINDS_IN_WORDS)
    if value is False and "no" in argument.choices:
        remedy = f'write {key}: "no" with quotes, YAML reads a bare no as false'
    elif isinstance(value, str) and _means(value, argument):
        remedy = "write it without quotes"
    elif isinstance(value, list):
        remedy = "write the names in one text, with commas between them"
    elif "str" in argument.kinds and not isinstance(value, dict):
        remedy = "write it in quotes"
    else:
        remedy = "set it to such a value"
    return Finding("wrong-type", "error", key, f"expected {expected}, found {value!r}", remedy)


def _means(value: str, argument: Argument) -> bool:
    """Tell whether a text in quotes would fit without them."""
    try:
        bare = yaml.load(value, Loader=YamlLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return False
    return bare is not None and not isinstance(bare, str) and _is_of(bare, argument)


def _wrong_choice(key: str, value: str, argument: Argument) -> Finding:
    near = _nearest(value, argument.choices)
    remedy = f"did you mean {near}?" if near else "choose one of them"
    expected = ", ".join(argument.choices)
    return Finding("wrong-choice", "error", key, f"expected one of {expected}; found {value!r}", remedy)


def _template_findings(config: Mapping[str, Any], known: KnownArguments) -> Iterator[Finding]:
    template, model = config.get("template"), config.get("model_name_or_path")
    if not isinstance(template, str):
        return
    if template not in known.templates:
        near = _nearest(template, known.templates)
        remedy = f"did you mean {near}?" if near else "see the model's page for its template"
        yield Finding("unknown-template", "error", "template", f"no template is called {template!r}", remedy)
        return
    fitting = _templates_of(model, known) if isinstance(model, str) else []
    if fitting and template not in fitting:
        message = f"{template!r} is not the chat template of {model}, which would learn a format it never saw"
        yield Finding("wrong-template", "error", "template", message, f"set template: {fitting[0]}")


def _templates_of(model: str, known: KnownArguments) -> list[str]:
    """Give the templates that a model may be trained with, by its name on a hub or its folder's name."""
    layer = find_model(model)
    registered = known.template_of(model) or known.template_of_folder(model)
    # A model that can think may be trained not to.
    plain = known.without_thinking(registered) if registered else None
    ours = layer.train.get("template") if layer else None
    return list(dict.fromkeys(found for found in (ours, registered, plain) if found))
