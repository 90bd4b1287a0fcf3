"""LLaMA-Factory's ``generated_predictions.jsonl`` and the file of its ``vllm_infer.py``.

Rows have no ids and stand in the order of the data set. Their ``label`` is cut at ``cutoff_len``, so it is
never read as gold.
"""

from typing import Any

import msgspec

from evaluation.prediction_files.rows import Layout, Read


class _Row(msgspec.Struct):
    prompt: str
    predict: str


def _read(fields: dict[str, Any]) -> Read:
    row = msgspec.convert(fields, _Row)
    return Read(row.predict.lstrip("\n"), prompt=row.prompt)


LAYOUT = Layout("llamafactory", '{"prompt", "predict"}', frozenset({"prompt", "predict"}), _read)
