"""Predictions of OpenCompass: an object of numbered rows, the prompt a text or a list of turns."""

import msgspec

from nerforge.evaluation.prediction_files.completions import asked
from nerforge.evaluation.prediction_files.layouts.plain_pairs import as_answer
from nerforge.evaluation.prediction_files.prediction_rows import Fields, PredictionLayout, PredictionRow


def _recognises(fields: Fields) -> bool:
    return {"origin_prompt", "prediction"} <= fields.keys() and "choices" not in fields


def _read(fields: Fields) -> list[PredictionRow]:
    prediction = fields["prediction"]
    if not isinstance(prediction, str | list | dict | None):
        raise msgspec.ValidationError("Expected `str` - at `$.prediction`")
    return [PredictionRow(as_answer(prediction), prompt=asked(fields["origin_prompt"]))]


LAYOUT = PredictionLayout("opencompass", '{"0": {"origin_prompt", "prediction"}, …}', _recognises, _read)
