"""What was asked before the query of a row: ``history``, a list of pairs as ChatGLM and Qwen keep it."""

from typing import Any

from nerforge.evaluation.prediction_files.completions import dialogue_of
from nerforge.evaluation.prediction_files.field_names import (
    CERTAIN,
    LIKELY,
    NEVER,
    find_answers,
    find_query,
    names_by_fold,
)
from nerforge.evaluation.prediction_files.prediction_rows import Fields, PredictionRow
from nerforge.generators.chat_turns import USER, role_of, turn_keys

_NAMES = ("history", "chat_history", "历史")
_UNKNOWN = "history is no list of pairs or of turns, and is not read"
_OF_DATA = "history beside gold is of the data set, and is not read as answers"


def is_history(value: Any) -> bool:
    """Tell a list of pairs of a query and its answer."""
    return isinstance(value, list) and bool(value) and all(map(_is_pair, value))


def has_history(fields: Fields) -> bool:
    """Tell whether a row has exchanges beside its own, or instead of it."""
    return bool(_exchanges(fields))


def read_history(fields: Fields, own: PredictionRow | None = None) -> list[PredictionRow]:
    """Give the exchanges of a row in their order, its own one last.

    The history of a reply may end with the reply's own exchange, which counts once and says what it answers.
    Beside gold it comes from the data set, and is passed over.
    """
    earlier = _exchanges(fields)
    if own is None:
        return earlier
    if not earlier:
        return [_with_remark(own, _UNKNOWN) if _value(fields) else own]
    if _holds_gold(fields):
        return [_with_remark(own, _OF_DATA)]
    # ChatGLM's and Qwen's chat() return a history that ends with the new exchange.
    last = earlier[-1]
    if last.output == own.output and own.prompt in (None, last.prompt):
        own, earlier = own._replace(prompt=last.prompt), earlier[:-1]
    return [*(read._replace(is_earlier=True) for read in earlier), own]


def _with_remark(read: PredictionRow, what: str) -> PredictionRow:
    return read._replace(remark="; ".join(filter(None, (read.remark, what))))


def _value(fields: Fields) -> Any:
    names = names_by_fold(fields)
    return next((fields[names[name]] for name in _NAMES if name in names), None)


def _exchanges(fields: Fields) -> list[PredictionRow]:
    value = _value(fields)
    if _is_turns(value):
        return [PredictionRow(answer, None, query) for query, answer in dialogue_of(value).exchanges]
    return [_read_pair(pair) for pair in value] if value and is_history(value) else []


def _is_turns(value: Any) -> bool:
    if not isinstance(value, list) or not all(isinstance(turn, dict) and turn_keys(turn) for turn in value):
        return False
    roles = [role_of(turn[(turn_keys(turn) or ("",))[0]]) for turn in value]
    return USER in roles and None not in roles


def _is_pair(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], str | None)
    if not isinstance(value, dict) or len(find_answers(value)) != 1:
        return False
    query, answer = value.get(find_query(value) or ""), value[find_answers(value)[0]]
    return isinstance(query, str) and isinstance(answer, str | None)


def _read_pair(pair: Any) -> PredictionRow:
    if isinstance(pair, list):
        return PredictionRow(pair[1], None, pair[0])
    return PredictionRow(pair[find_answers(pair)[0]], None, pair[find_query(pair) or ""])


def _holds_gold(fields: Fields) -> bool:
    """Tell rows that a model was evaluated on, which hold the data set's answers beside the model's."""
    names = names_by_fold(fields)
    # {"response", "answer", "history"}: beside the certain name `response`, `answer` is the data set's gold.
    is_gold = (*NEVER, *LIKELY) if not names.keys().isdisjoint(CERTAIN) else NEVER
    return any(fields[names[name]] for name in is_gold if name in names)
