"""Bodies of requests and responses of OpenAI's interfaces, as many servers write them."""

from typing import Any

import msgspec

from nerforge.evaluation.prediction_files.prediction_rows import Fields, PredictionRow
from nerforge.generators.chat_turns import Dialogue, content_text, pair_turns, read_turns, words_of

_LENGTHS = frozenset({"length", "max_tokens", "max_output_tokens", "model_length"})
"""What servers call the limit of new tokens as a reason to stop."""


def is_body(value: Any) -> bool:
    """Tell whether a value is the body of a response, of either interface."""
    return isinstance(value, dict) and ("choices" in value or is_response_object(value))


def is_response_object(value: Fields) -> bool:
    """Tell whether a value is of the Responses interface, whose answer stands in ``output``."""
    return isinstance(value.get("output"), list) and value.get("object") == "response"


def read_body(body: Any, row_id: str | None = None, prompt: str | None = None) -> PredictionRow:
    """Read the body of a response; of several choices the first counts, and one without any is no answer.

    Raises:
        msgspec.ValidationError: it is none.
    """
    if isinstance(body, dict) and is_response_object(body):
        return _read_response_object(body, row_id, prompt)
    if not isinstance(body, dict) or not isinstance(body.get("choices"), list):
        raise msgspec.ValidationError("Object missing required field `choices`")
    if not body["choices"]:
        return PredictionRow(None, row_id, prompt)
    choice = body["choices"][0]
    if not isinstance(choice, dict):
        raise msgspec.ValidationError("Expected `object` - at `$.choices[0]`")
    reason = choice.get("finish_reason") or choice.get("stop_reason")
    remark = "several choices, of which the first counts" if len(body["choices"]) > 1 else None
    return PredictionRow(_choice_text(choice), row_id, prompt, is_length(reason), remark)


def is_length(reason: Any) -> bool:
    """Tell whether a reason to stop is the limit of new tokens."""
    return isinstance(reason, str) and reason in _LENGTHS


def dialogue_of(value: Any) -> Dialogue:
    """Pair the turns of a list.

    Raises:
        msgspec.ValidationError: it is no list of turns, or the user says nothing.
    """
    if not isinstance(value, list) or not all(isinstance(turn, dict) for turn in value):
        raise msgspec.ValidationError("Expected a list of turns")
    try:
        dialogue = pair_turns(read_turns(value))
    except ValueError as err:
        raise msgspec.ValidationError(str(err)) from err
    if not dialogue.exchanges:
        raise msgspec.ValidationError("no turn of the user")
    return dialogue


def asked(value: Any) -> str:
    """Give what is asked: a text, or what the user says last in a list of turns.

    Raises:
        msgspec.ValidationError: it is neither.
    """
    if isinstance(value, str):
        return value
    return dialogue_of(value).exchanges[-1].query


def asked_in_request(body: Fields) -> str:
    """Give what the body of a request asks.

    Raises:
        msgspec.ValidationError: it asks nothing.
    """
    for key in ("messages", "input", "prompt", "contents"):
        if key in body:
            return asked(body[key])
    raise msgspec.ValidationError("Object missing required field `messages`")


def _choice_text(choice: Fields) -> str | None:
    if isinstance(choice.get("text"), str):
        return str(choice["text"])
    message = choice.get("message")
    if not isinstance(message, dict):
        raise msgspec.ValidationError("Object missing required field `message` - at `$.choices[0]`")
    return words_of(message)


def _read_response_object(body: Fields, row_id: str | None, prompt: str | None) -> PredictionRow:
    """Join the messages of an output, or else the arguments of its calls; reasoning is not the answer."""
    items = [item for item in body["output"] if isinstance(item, dict)]
    # Models that were given the schema as a tool answer by calling it.
    calls = [item for item in items if item.get("type") == "function_call"]
    said = [item for item in items if item.get("type", "message") == "message"]
    answer = (
        words_of({"tool_calls": calls}) if calls else "".join(content_text(x.get("content")) for x in said)
    )
    reason = (body.get("incomplete_details") or {}).get("reason")
    has_failed = body.get("error") or not (calls or said)
    return PredictionRow(None if has_failed else answer, row_id, prompt, is_length(reason))
