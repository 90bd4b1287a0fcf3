"""Output and error lines of an OpenAI batch, whose ``custom_id`` is the gold id.

Format: https://platform.openai.com/docs/guides/batch
"""

from typing import Any

import msgspec

from nerforge.evaluation.prediction_files.completions import read_body
from nerforge.evaluation.prediction_files.prediction_rows import Fields, PredictionLayout, PredictionRow

_OK = (None, 200)


class _Response(msgspec.Struct):
    body: Any = None
    status_code: int | None = None


class _Row(msgspec.Struct):
    custom_id: str
    response: _Response | None
    error: Any = None


def _recognises(fields: Fields) -> bool:
    is_batch = {"custom_id", "response"} <= fields.keys() and "request" not in fields
    return is_batch and isinstance(fields["response"], dict | None)


def _read(fields: Fields) -> list[PredictionRow]:
    row = msgspec.convert(fields, _Row)
    # A request that expired has an error and no response; one that was refused has a status such as 429.
    if row.error or row.response is None or row.response.status_code not in _OK:
        return [PredictionRow(None, row.custom_id)]
    return [read_body(row.response.body, row.custom_id)]


LAYOUT = PredictionLayout(
    "openai_batch", '{"custom_id", "response": {"body"}}', _recognises, _read, has_gold_ids=True
)
