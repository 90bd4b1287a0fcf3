"""Logged requests with their responses: chat completions, HTTP bodies around them, or the bare answer."""

from typing import Any

import msgspec

from nerforge.evaluation.prediction_files.completions import asked_in_request, is_body, read_body
from nerforge.evaluation.prediction_files.prediction_rows import Fields, PredictionLayout, PredictionRow


class _Row(msgspec.Struct):
    request: Fields
    response: Fields | str | None
    id: str | int | None = None
    custom_id: str | None = None


def _recognises(fields: Fields) -> bool:
    return {"request", "response"} <= fields.keys()


def _read(fields: Fields) -> list[PredictionRow]:
    row = msgspec.convert(fields, _Row)
    row_id = row.custom_id or (row.id if isinstance(row.id, str) else None)
    prompt = asked_in_request(_body(row.request))
    if not isinstance(row.response, dict):
        return [PredictionRow(row.response, row_id, prompt)]
    body = _body(row.response)
    if not is_body(body) and "error" in body:
        return [PredictionRow(None, row_id, prompt)]
    return [read_body(body, row_id, prompt)]


def _body(logged: dict[str, Any]) -> dict[str, Any]:
    body = logged.get("body")
    return body if isinstance(body, dict) else logged


LAYOUT = PredictionLayout(
    "chat_pairs", '{"request": {"messages"}, "response": {"choices"}}', _recognises, _read
)
