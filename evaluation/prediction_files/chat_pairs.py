"""Logged requests with their responses: chat completions, HTTP bodies around them, or the bare answer."""

from typing import Any

import msgspec

from evaluation.prediction_files.rows import Completion, Layout, Message, Read, last_user_turn


class _Messages(msgspec.Struct):
    messages: list[Message]


class _Row(msgspec.Struct):
    request: dict[str, Any]
    response: dict[str, Any] | str | None
    id: str | int | None = None
    custom_id: str | None = None


def _read(fields: dict[str, Any]) -> Read:
    row = msgspec.convert(fields, _Row)
    row_id = row.custom_id or (row.id if isinstance(row.id, str) else None)
    prompt = last_user_turn(msgspec.convert(_body(row.request), _Messages).messages)
    if prompt is None:
        raise msgspec.ValidationError("no turn of the user - at `$.request.messages`")
    if not isinstance(row.response, dict):
        return Read(row.response, row_id, prompt)
    if "choices" not in _body(row.response) and "error" in _body(row.response):
        return Read(None, row_id, prompt)
    return msgspec.convert(_body(row.response), Completion).answer(row_id, prompt)


def _body(logged: dict[str, Any]) -> dict[str, Any]:
    body = logged.get("body")
    return body if isinstance(body, dict) else logged


LAYOUT = Layout(
    "chat_pairs",
    '{"request": {"messages"}, "response": {"choices"}}',
    frozenset({"request", "response"}),
    _read,
)
