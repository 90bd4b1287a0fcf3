"""Logs of whole chats, the answer as the last turn: ``{"messages": [..., user, assistant]}``."""

from typing import Any

import msgspec

from evaluation.prediction_files.rows import Layout, Message, Read, last_user_turn


class _Row(msgspec.Struct):
    messages: list[Message]
    id: str | int | None = None
    custom_id: str | None = None
    finish_reason: str | None = None


def _read(fields: dict[str, Any]) -> Read:
    row = msgspec.convert(fields, _Row)
    row_id = row.custom_id or (row.id if isinstance(row.id, str) else None)
    prompt = last_user_turn(row.messages)
    if prompt is None:
        raise msgspec.ValidationError("no turn of the user - at `$.messages`")
    answer = row.messages[-1].text if row.messages[-1].role == "assistant" else None
    return Read(answer, row_id, prompt, row.finish_reason == "length")


LAYOUT = Layout("chat_log", '{"messages": [..., user, assistant]}', frozenset({"messages"}), _read)
