"""The ``infer_result.jsonl`` of ms-swift: the answer is ``response``, whatever ``messages`` end with.

Its older versions leave the turn of the label in ``messages``, or none; ``label`` and ``labels`` are gold.
"""

from evaluation.prediction_files.completions import asked, is_body, is_length, read_body
from evaluation.prediction_files.plain_pairs import as_answer
from evaluation.prediction_files.rows import Fields, Layout, Read


def _recognises(fields: Fields) -> bool:
    return {"messages", "response"} <= fields.keys() and "request" not in fields and "custom_id" not in fields


def _read(fields: Fields) -> list[Read]:
    row_id = fields.get("id")
    row_id = row_id if isinstance(row_id, str) else None
    prompt, response = asked(fields["messages"]), fields["response"]
    if is_body(response):
        return [read_body(response, row_id, prompt)]
    return [Read(as_answer(response), row_id, prompt, is_length(fields.get("finish_reason")))]


LAYOUT = Layout("swift", '{"messages", "response"}', _recognises, _read, is_loose=True)
