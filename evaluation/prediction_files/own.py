"""The file of ``nerforge predict``: answers by gold id."""

from typing import Any

import msgspec

from evaluation.prediction_files.rows import Layout, Read


class _Row(msgspec.Struct):
    id: str | int
    output: str | None
    finish: str = "stop"


def _read(fields: dict[str, Any]) -> Read:
    row = msgspec.convert(fields, _Row)
    return Read(row.output, str(row.id), is_cut=row.finish == "length")


LAYOUT = Layout("nerforge", '{"id", "output"}', frozenset({"id", "output"}), _read, has_gold_ids=True)
