"""The file of requests of a batch: what each ``custom_id`` asked."""

from pathlib import Path
from typing import Any

import msgspec

from nerforge.evaluation.prediction_files.completions import asked_in_request
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_jsonl


class _Row(msgspec.Struct):
    custom_id: str
    body: dict[str, Any] | None = None
    params: dict[str, Any] | None = None
    """What Anthropic calls the body."""
    prompt: str | None = None


def read_prompts(path: Path) -> dict[str, str]:
    """Read what each request asked, by its ``custom_id``.

    Raises:
        UserError: the file is malformed, or a ``custom_id`` occurs twice.
    """
    prompts: dict[str, str] = {}
    for line, row in read_jsonl(path, _Row):
        body = row.body or row.params or {"prompt": row.prompt}
        if row.custom_id in prompts:
            raise UserError(f"{path}:{line}: custom_id {row.custom_id!r} stands above already")
        try:
            prompts[row.custom_id] = asked_in_request(body)
        except msgspec.ValidationError as err:
            raise UserError(f"{path}:{line}: {err}; expected a request of a batch") from err
    if not prompts:
        raise UserError(f"{path}: holds no requests")
    return prompts
