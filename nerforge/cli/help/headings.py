"""Under which heading an option stands in ``--help``: the same in all commands but those named here."""

from collections.abc import Mapping

import click

_WORDS = {
    "Input": "data dataset input train test dev gold pred split run limit head cases scored labelled against "
    "against-pred audit table tables gazetteer templates file requests task kind board set part models",
    "Reading": "layout pred-layout fields token-column tag-column layer ends unit query-field answer-field "
    "by-position repeats pred-model format strict normalise empty",
    "Splits": "near-duplicates similarity near",
    "Sentences": "rows city only ambiguous negatives noise template date-class min-count reference-day",
    "Prompts and answers": "recipe formats prompt language turn prefix labels label-order shots rows-as "
    "jsonl max-chars max-tokens",
    "Layers": "method hardware track gpus nodes",
    "Model": "model checkpoint adapter engine max-new-tokens hub trust-remote-code batch-size modelscope",
    "Tokens": "cutoff-len no-tokens",
    "Servers": "url key-variable concurrency per-minute timeout server-grammar",
    "GPUs": "tensor-parallel data-parallel gpu-memory",
    "Constraints and tables": "constrain ground ground-threshold threshold",
    "Confidence": "confidence calibration at-precision delta",
    "Method": "folds rounds min-score c1 c2 max-rounds max-unlabelled nested sizes smallest draws more "
    "target label crf budget by seed workers fix check tolerate conflicts resolve",
    "Scoring": "bootstrap resamples criterion baseline all-pairs why one-standard-error stop-early base",
    "Gate": "fail-under max-drop",
    "Tracking": "track track-project track-name track-description track-samples",
    "About the row": "name train-rows training-seconds rows-per-second machine note",
    "Output": "out into export stats blank verdicts tasks tasks-as n-tasks show worst errors error-label "
    "error-kind changed to as no-text lang title raw no-check force junit summary overwrite json",
}
HEADINGS = tuple(_WORDS)
"""In the order of ``--help``; what has none of them stands under OTHER, before the output."""
OTHER = "Options"
EVERYWHERE = "Everywhere"
"""For the options that every command has; at the end."""
_USUAL = {option: heading for heading, options in _WORDS.items() for option in options.split()}
_OWN: Mapping[str, Mapping[str, str]] = {
    "board add": {"model": "About the row", "run": "About the row", "seed": "About the row"},
    "chat": {"run": "Model", "template": "Model", "format": "Input"},
    "compare": {"seed": "Scoring", "baseline": "Input"},
    "config": {"track": "Layers", "model": "Layers", "run": "Output", "set": "Layers", "hub": "Layers"},
    "convert": {"to": "Output", "as": "Output", "model": "Output"},
    "doctor": {"strict": "Gate", "fix": "Output", "format": "Input"}
    | dict.fromkeys(("model", "template", "max-new-tokens"), "Tokens"),
    "label export": {"to": "Output", "model": "Output"},
    "new-model": {"template": "Model"},
    "predict": {"run": "Model", "template": "Model"},
    "relabel": {"seed": "Scoring"},
    "report": dict.fromkeys(("model", "template", "recipe"), "Tokens"),
    "score": {"baseline": "Gate", "seed": "Scoring"},
    "sweep": {"seed": "Scoring", "limit": "Scoring"},
    **{
        f"generate {source}": {"split": "Splits", "dev": "Splits", "test": "Splits", "empty": "Splits"}
        | dict.fromkeys(("format", "formats"), "Prompts and answers")
        | dict.fromkeys(("seed", "name"), "Output")
        for source in ("ccfbdci", "cmeee", "corpus", "domain", "fudan", "power")
    },
}
_FEW = 6
"""So few options need no headings."""


def long_name(option: click.Option) -> str:
    """Give the name that an option has without its dashes: ``max-drop``."""
    return next((name for name in option.opts if name.startswith("--")), option.opts[0]).lstrip("-")


def heading_of(path: str, option: str) -> str:
    """Give the heading of an option.

    Args:
        path: The command, such as ``generate power``.
        option: Its name without dashes.
    """
    return _OWN.get(path, {}).get(option) or _USUAL.get(option, OTHER)


def group_options(path: str, options: list[click.Option]) -> dict[str, list[click.Option]]:
    """Put options under their headings, both in the order of ``--help``; few of them under one."""
    if len(options) <= _FEW:
        return {OTHER: options} if options else {}
    found: dict[str, list[click.Option]] = {}
    for option in options:
        found.setdefault(heading_of(path, long_name(option)), []).append(option)
    order = (*HEADINGS[:-1], OTHER, HEADINGS[-1])
    return {heading: found[heading] for heading in order if heading in found}
