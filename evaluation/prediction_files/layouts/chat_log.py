"""Logs of whole chats, of one query or of many: ``{"messages": [..., user, assistant, user, assistant]}``."""

from typing import Any

import msgspec

from nerforge.evaluation.prediction_files.completions import dialogue_of, is_body, is_length
from nerforge.evaluation.prediction_files.field_names import TURNS, answer_beside_turns, turns_field
from nerforge.evaluation.prediction_files.prediction_rows import Fields, PredictionLayout, PredictionRow
from nerforge.generators.chat_turns import Dialogue

_ANSWERED_ELSEWHERE = frozenset({"request", "model_output", "origin_prompt", "raw_input"})


class _Row(msgspec.Struct):
    id: str | int | None = None
    custom_id: str | None = None
    finish_reason: str | None = None


def _recognises(fields: Fields) -> bool:
    if turns_field(fields) is None or answer_beside_turns(fields) is not None:
        return False
    return not (_ANSWERED_ELSEWHERE & fields.keys() or is_body(fields))


def _read(fields: Fields) -> list[PredictionRow]:
    row = msgspec.convert(fields, _Row)
    row_id = row.custom_id or (row.id if isinstance(row.id, str) else None)
    dialogue = dialogue_of(fields.get(turns_field(fields) or TURNS[0]))
    return read_dialogue(dialogue, row_id, is_cut=is_length(row.finish_reason))


def read_dialogue(
    dialogue: Dialogue, row_id: str | None = None, *, is_cut: bool = False
) -> list[PredictionRow]:
    """Give the exchanges of a conversation; what is said of the row as a whole is said of the last one."""
    reads = [PredictionRow(answer, None, query) for query, answer in dialogue.exchanges]
    reads[-1] = reads[-1]._replace(id=row_id, is_cut=is_cut)
    reads[0] = reads[0]._replace(remark=_remark(dialogue))
    return reads


def _remark(dialogue: Dialogue) -> str | None:
    passed: dict[str, Any] = {
        "assistant turns before the first query, which are not read": dialogue.n_unasked,
        "several assistant turns behind one query, of which the last counts": dialogue.n_superseded,
    }
    return "; ".join(what for what, n in passed.items() if n) or None


LAYOUT = PredictionLayout(
    "chat_log",
    '{"messages" or "conversations": [..., user, assistant]}',
    _recognises,
    _read,
    is_loose=True,
)
