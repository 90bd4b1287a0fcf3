"""LLaMA-Factory's ``generated_predictions.jsonl`` and the file of its ``vllm_infer.py``.

Rows have no ids and stand in the order of the data set. Their ``label`` is cut at ``cutoff_len``, so it is
never read as gold.
"""

import msgspec

from nerforge.evaluation.prediction_files.prediction_rows import Fields, PredictionLayout, PredictionRow


class _Row(msgspec.Struct):
    prompt: str
    predict: str


def _recognises(fields: Fields) -> bool:
    return {"prompt", "predict"} <= fields.keys()


def _read(fields: Fields) -> list[PredictionRow]:
    row = msgspec.convert(fields, _Row)
    return [PredictionRow(row.predict.lstrip("\n"), prompt=row.prompt)]


LAYOUT = PredictionLayout("llamafactory", '{"prompt", "predict"}', _recognises, _read)
