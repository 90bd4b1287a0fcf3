"""LLaMA-Factory's ``generated_predictions.jsonl`` and the file of its ``vllm_infer.py``.

Rows have no ids and stand in the order of the data set. Their ``label`` is cut at ``cutoff_len``, so it is
never read as gold.
"""

import msgspec

from nerforge.evaluation.prediction_files.answer_rows import AnswerRow, Fields, PredictionLayout


class _Row(msgspec.Struct):
    prompt: str
    predict: str


def _recognises(fields: Fields) -> bool:
    return {"prompt", "predict"} <= fields.keys()


def _read(fields: Fields) -> list[AnswerRow]:
    row = msgspec.convert(fields, _Row)
    return [AnswerRow(row.predict.lstrip("\n"), prompt=row.prompt)]


LAYOUT = PredictionLayout("llamafactory", '{"prompt", "predict"}', _recognises, _read)
