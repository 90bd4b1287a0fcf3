"""The file of ``nerforge predict``: answers by gold id."""

import msgspec

from nerforge.evaluation.confidence.token_logprobs import TokenLogprobs
from nerforge.evaluation.prediction_files.completions import is_response_object
from nerforge.evaluation.prediction_files.field_names import has_query
from nerforge.evaluation.prediction_files.prediction_rows import Fields, PredictionLayout, PredictionRow


class _Row(msgspec.Struct):
    id: str | int
    output: str | None
    finish: str = "stop"
    logprobs: TokenLogprobs | None = None


def _recognises(fields: Fields) -> bool:
    return {"id", "output"} <= fields.keys() and not has_query(fields) and not is_response_object(fields)


_DECODER = msgspec.json.Decoder(_Row)


def _read(fields: Fields) -> list[PredictionRow]:
    return [_row(msgspec.convert(fields, _Row))]


def _read_line(line: bytes) -> PredictionRow:
    return _row(_DECODER.decode(line))


def _row(row: _Row) -> PredictionRow:
    return PredictionRow(row.output, str(row.id), is_cut=row.finish == "length", logprobs=row.logprobs)


LAYOUT = PredictionLayout(
    "nerforge", '{"id", "output"}', _recognises, _read, has_gold_ids=True, read_line=_read_line
)
