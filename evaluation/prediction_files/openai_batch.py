"""Output and error lines of an OpenAI batch; ``custom_id`` is the gold id.

Format: https://platform.openai.com/docs/guides/batch
"""

from typing import Any

import msgspec

from evaluation.prediction_files.rows import Completion, Layout, Read

_OK = 200


class _Response(msgspec.Struct):
    body: Any = None
    status_code: int = _OK


class _Row(msgspec.Struct):
    custom_id: str
    response: _Response | None
    error: Any = None


def _read(fields: dict[str, Any]) -> Read:
    row = msgspec.convert(fields, _Row)
    if row.error or row.response is None or row.response.status_code != _OK:
        return Read(None, row.custom_id)
    return msgspec.convert(row.response.body, Completion).answer(row.custom_id)


LAYOUT = Layout(
    "openai_batch",
    '{"custom_id", "response": {"body"}}',
    frozenset({"custom_id", "response"}),
    _read,
    has_gold_ids=True,
)
