"""Chat completions alone, an object a line, without their requests."""

from typing import Any

import msgspec

from evaluation.prediction_files.rows import Completion, Layout, Read


def _read(fields: dict[str, Any]) -> Read:
    row_id = fields.get("id")
    return msgspec.convert(fields, Completion).answer(row_id if isinstance(row_id, str) else None)


LAYOUT = Layout("openai_chat", '{"choices": [{"message"}]}', frozenset({"choices"}), _read)
