"""Responses of OpenAI's interfaces alone, an object a line, mostly without their requests."""

from nerforge.evaluation.prediction_files.completions import asked, is_body, read_body
from nerforge.evaluation.prediction_files.prediction_rows import Fields, PredictionLayout, PredictionRow

_NOT_ALONE = frozenset({"request", "raw_input", "origin_prompt"})


def _recognises(fields: Fields) -> bool:
    return is_body(fields) and not _NOT_ALONE & fields.keys()


def _read(fields: Fields) -> list[PredictionRow]:
    row_id = fields.get("id")
    prompt = asked(fields["messages"]) if "messages" in fields else None
    return [read_body(fields, row_id if isinstance(row_id, str) else None, prompt)]


LAYOUT = PredictionLayout(
    "openai_chat", '{"choices": [{"message"}]} or {"object": "response", "output"}', _recognises, _read
)
