"""Predictions of EvalScope, of its first versions (``choices``) and of those since 1.0 (``model_output``)."""

from typing import Any

import msgspec

from nerforge.evaluation.prediction_files.completions import asked, read_body
from nerforge.evaluation.prediction_files.prediction_rows import Fields, PredictionLayout, PredictionRow

_OLD_PROMPTS = ("origin_prompt", "raw_input")


def _recognises(fields: Fields) -> bool:
    is_old = "choices" in fields and any(name in fields for name in _OLD_PROMPTS)
    return is_old or {"model_output", "messages"} <= fields.keys()


def _read(fields: Fields) -> list[PredictionRow]:
    if "choices" in fields:
        prompts = (fields[name] for name in _OLD_PROMPTS if name in fields)
        return [read_body(fields, prompt=_old_prompt(next(prompts)))]
    prompt, output = asked(fields["messages"]), fields["model_output"]
    if not isinstance(output, dict) or output.get("error"):
        return [PredictionRow(None, prompt=prompt)]
    return [read_body(output, prompt=prompt)]


def _old_prompt(value: Any) -> str:
    if not isinstance(value, dict):
        return asked(value)
    for name in ("messages", "data", "query", "question", "input", "prompt", "text"):
        said = value.get(name)
        if isinstance(said, list) and said and isinstance(said[0], str):
            return said[0]
        if said:
            return asked(said)
    raise msgspec.ValidationError("the prompt holds no query")


LAYOUT = PredictionLayout(
    "evalscope", '{"messages", "model_output"} or {"choices", "raw_input"}', _recognises, _read
)
