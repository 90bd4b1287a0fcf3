"""A list of turns with the answer in a field beside it, as in the ``infer_result.jsonl`` of ms-swift.

Older versions of ms-swift leave the turn of the label in ``messages``, or none: the answer is ``response``.
"""

from nerforge.evaluation.prediction_files.completions import asked, is_body, is_length, read_body
from nerforge.evaluation.prediction_files.field_names import answer_beside_turns, turns_field
from nerforge.evaluation.prediction_files.layouts.plain_pairs import as_answer
from nerforge.evaluation.prediction_files.prediction_rows import Fields, PredictionLayout, PredictionRow

_OTHERS = frozenset({"request", "custom_id", "model_output", "origin_prompt", "raw_input"})


def _recognises(fields: Fields) -> bool:
    is_other = bool(_OTHERS & fields.keys()) or is_body(fields)
    return not is_other and turns_field(fields) is not None and answer_beside_turns(fields) is not None


def _read(fields: Fields) -> list[PredictionRow]:
    row_id = fields.get("id")
    row_id = row_id if isinstance(row_id, str) else None
    prompt = asked(fields[turns_field(fields) or "messages"])
    said = fields[answer_beside_turns(fields) or "response"]
    if is_body(said):
        return [read_body(said, row_id, prompt)]
    return [PredictionRow(as_answer(said), row_id, prompt, is_length(fields.get("finish_reason")))]


LAYOUT = PredictionLayout("swift", '{"messages", "response"}', _recognises, _read, is_loose=True)
