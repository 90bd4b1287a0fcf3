"""Samples that lm-evaluation-harness logs with ``--log_samples``; ``target`` is gold."""

from typing import Any

import msgspec

from nerforge.evaluation.prediction_files.completions import asked
from nerforge.evaluation.prediction_files.layouts.plain_pairs import as_answer
from nerforge.evaluation.prediction_files.prediction_rows import Fields, PredictionLayout, PredictionRow


def _recognises(fields: Fields) -> bool:
    return {"resps", "arguments"} <= fields.keys()


def _read(fields: Fields) -> list[PredictionRow]:
    responses = fields["resps"]
    # resps is [["answer"]]: one list for each request of a sample, one for its repeats.
    while isinstance(responses, list) and responses and isinstance(responses[0], list):
        responses = responses[0]
    return [PredictionRow(as_answer(responses or None), prompt=_prompt(fields["arguments"]))]


def _prompt(arguments: Any) -> str:
    """Give the first argument; newer versions name the arguments. A chat template may have made it JSON."""
    if isinstance(arguments, dict):
        arguments = list(arguments.values())
    while isinstance(arguments, list | dict) and arguments:
        arguments = next(iter(arguments.values() if isinstance(arguments, dict) else arguments))
    if not isinstance(arguments, str):
        raise msgspec.ValidationError("no prompt - at `$.arguments`")
    return asked(_turns(arguments) or arguments)


def _turns(prompt: str) -> Any:
    if not prompt.startswith('[{"'):
        return None
    try:
        return msgspec.json.decode(prompt)
    except msgspec.DecodeError:
        return None


LAYOUT = PredictionLayout("lm_eval", '{"arguments", "resps"}', _recognises, _read, is_loose=True)
