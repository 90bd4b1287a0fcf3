"""Result lines of an Anthropic message batch, whose ``custom_id`` is the gold id.

Format: https://docs.anthropic.com/en/docs/build-with-claude/batch-processing
"""

import json
from typing import Any

import msgspec

from nerforge.evaluation.prediction_files.completions import is_length
from nerforge.evaluation.prediction_files.prediction_rows import Fields, PredictionLayout, PredictionRow
from nerforge.generators.chat_turns import content_text


class _Message(msgspec.Struct):
    content: list[Fields] | str
    stop_reason: str | None = None


class _Result(msgspec.Struct):
    type: str
    message: _Message | None = None


class _Row(msgspec.Struct):
    custom_id: str
    result: _Result


def _recognises(fields: Fields) -> bool:
    is_batch = {"custom_id", "result"} <= fields.keys() and "response" not in fields
    return is_batch and isinstance(fields["result"], dict)


def _read(fields: Fields) -> list[PredictionRow]:
    row = msgspec.convert(fields, _Row)
    message = row.result.message
    if row.result.type != "succeeded" or message is None:
        return [PredictionRow(None, row.custom_id)]
    return [PredictionRow(_answer(message.content), row.custom_id, is_cut=is_length(message.stop_reason))]


def _answer(content: Any) -> str:
    """Give the input of the tools that are used, if any are, else the text; thinking is not the answer."""
    parts = content if isinstance(content, list) else []
    used = [part.get("input") for part in parts if part.get("type") == "tool_use"]
    if used:
        return "\n".join(json.dumps(said, ensure_ascii=False) for said in used)
    return content_text([part for part in parts if part.get("type") == "text"] if parts else content)


LAYOUT = PredictionLayout(
    "anthropic_batch", '{"custom_id", "result": {"message"}}', _recognises, _read, has_gold_ids=True
)
