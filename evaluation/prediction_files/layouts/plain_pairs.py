"""Rows that name a query and its answer in plain words, as scripts, people and spreadsheets write them."""

import json
from typing import Any

import msgspec

from nerforge.evaluation.prediction_files.completions import asked, dialogue_of, is_body, is_length, read_body
from nerforge.evaluation.prediction_files.field_names import (
    IDS,
    LIKELY,
    OTHER_LAYOUTS,
    find_answers,
    find_query,
    fold,
    has_query,
    names_by_fold,
    turns_field,
)
from nerforge.evaluation.prediction_files.history import has_history, read_history
from nerforge.evaluation.prediction_files.prediction_rows import Fields, PredictionLayout, PredictionRow
from nerforge.generators.chat_turns import ASSISTANT, role_of, turn_keys, words_of

_OF_BATCHES = ("response", "result")
_AT_THE_LIMIT = "at the limit of new tokens"


def as_answer(value: Any) -> str | None:
    """Write an answer as text; a list of one is that one, and what was parsed already is JSON again."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return str(value[0])
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict) and turn_keys(value):
        return words_of(value, (turn_keys(value) or ("", "content"))[1])
    return json.dumps(value, ensure_ascii=False)


def read_fields(fields: Fields, query: str | None, answer: str, remark: str | None = None) -> PredictionRow:
    """Read a row whose fields are known.

    Raises:
        msgspec.ValidationError: it lacks one, or holds no text there.
    """
    for name in filter(None, (query, answer)):
        if name not in fields:
            raise msgspec.ValidationError(f"Object missing required field `{name}`")
    row_id = next((str(fields[name]) for name in IDS if isinstance(fields.get(name), str | int)), None)
    prompt = _asked(fields, query) if query is not None else None
    said = fields[answer]
    if is_body(said):
        return read_body(said, row_id, prompt)
    if _are_turns(said):
        return _last_words(said, row_id, prompt)
    output = None if fields.get("error") else as_answer(said)
    # transformers' text-generation pipeline returns the prompt with the answer by default.
    if output and prompt and fold(answer) == "generated_text":
        output = output.removeprefix(prompt)
    return PredictionRow(output, row_id, prompt, _is_cut(fields), remark)


def _are_turns(said: Any) -> bool:
    return isinstance(said, list) and bool(said) and all(isinstance(x, dict) and turn_keys(x) for x in said)


def _last_words(turns: list[Fields], row_id: str | None, prompt: str | None) -> PredictionRow:
    """Read an answer that is a list of turns, with or without those that ask."""
    if all(role_of(turn[(turn_keys(turn) or ("",))[0]]) == ASSISTANT for turn in turns):
        return PredictionRow(as_answer(turns[-1]), row_id, prompt)
    exchange = dialogue_of(turns).exchanges[-1]
    return PredictionRow(exchange.answer, row_id, exchange.query if prompt is None else prompt)


def _recognises(fields: Fields) -> bool:
    if turns_field(fields) or any(name in fields for name in OTHER_LAYOUTS):
        return False
    is_batch = "custom_id" in fields and any(isinstance(fields.get(x, ""), dict | None) for x in _OF_BATCHES)
    if is_batch or {"prompt", "predict"} <= fields.keys() or is_body(fields):
        return False
    # No row is of two layouts of ours, in whatever order they are asked: what the others know is excluded.
    is_own = {"id", "output"} <= fields.keys() and not has_query(fields)
    return not is_own and bool(find_answers(fields) or has_history(fields))


def _read(fields: Fields) -> list[PredictionRow]:
    answers = find_answers(fields)
    if not answers and has_history(fields):
        return read_history(fields)
    if not answers:
        raise msgspec.ValidationError("no field with an answer")
    query = find_query(fields)
    if len(answers) > 1:
        listed = " or ".join(f"--answer-field {name}" for name in answers)
        raise msgspec.ValidationError(f"{' and '.join(answers)} may all hold the answer; pass {listed}")
    return read_history(fields, read_fields(fields, query, answers[0], _remark(fields, answers[0], query)))


def _remark(fields: Fields, answer: str, query: str | None) -> str | None:
    """Say which of several fields was taken."""
    names = names_by_fold(fields)
    others = [names[name] for name in LIKELY if name in names]
    passed = [name for name in others if name not in (answer, query) and isinstance(fields[name], str)]
    if not passed:
        return None
    others_named = " and ".join(map(repr, passed))
    return f"answers are read from {answer!r}; {others_named} beside it may be gold, and is not read"


def _asked(fields: Fields, name: str) -> str:
    value = fields[name]
    if isinstance(value, list) and value and all(isinstance(x, str) for x in value):
        return "\n".join(value)
    return asked("" if value is None else value)


def _is_cut(fields: Fields) -> bool:
    problems = fields.get("problems")
    if isinstance(problems, list) and any(
        isinstance(x, dict) and x.get("kind") == "cut_off" and x.get("detail") == _AT_THE_LIMIT
        for x in problems
    ):
        return True
    return is_length(fields.get("finish_reason") or fields.get("finish"))


LAYOUT = PredictionLayout(
    "pairs", '{"query" or "text" or "prompt" …, "answer" or "output" or "predict" …}', _recognises, _read,
    is_loose=True, precedence=100,
)  # fmt: skip
