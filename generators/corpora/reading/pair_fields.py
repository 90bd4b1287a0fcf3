"""Under which names files keep a query and its answer, and what is none."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

QUERIES = ("query", "text", "sentence", "prompt", "question", "input", "句子", "文本", "查询", "问题", "输入")
ANSWERS = ("output", "response", "answer", "completion", "target", "label", "回答", "答案", "输出", "标注")
"""In the order in which they are looked for; case does not matter."""
PREDICTIONS = frozenset({"predict", "prediction", "pred"})
"""Names that say that somebody's predictions are there, which are no gold."""
TURNS_OF_HISTORY = "turns_of_history"
"""The note of a row for each exchange before the one that it holds."""

_ANSWERED = ("response", "output", "answer", "completion")
_REFERENCES = ("label", "labels", "reference", "references", "ground_truth", "logprobs")
_OFFSET = re.compile(r'["\'](?:start|start_offset|start_idx|offset)["\']\s*:\s*-?\d')


def notes_of_history(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the notes of a row for the exchanges before it, which stand under ``history``."""
    history = fields.get("history")
    return (TURNS_OF_HISTORY,) * len(history) if isinstance(history, list) else ()


def find_field(fields: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    """Give the first of some names under which there is something, as the file writes it."""
    by_name = {name.strip().casefold(): name for name in fields}
    return next((by_name[name] for name in names if name in by_name), None)


def holds_predictions(names: Collection[str]) -> bool:
    """Return whether one of the names says that there are predictions."""
    return not PREDICTIONS.isdisjoint(name.strip().casefold() for name in names)


def answers_beside_references(fields: Mapping[str, Any]) -> bool:
    """Return whether an answer stands beside the right one, so that it is a model's."""
    # ms-swift logs {"query": ..., "response": "what the model said", "labels": "what is right"}.
    by_name = {name.strip().casefold(): value for name, value in fields.items()}
    has_answer = any(isinstance(by_name.get(name), str) for name in _ANSWERED)
    return has_answer and ("logprobs" in by_name or any(isinstance(by_name.get(x), str) for x in _REFERENCES))


def states_offsets(answer: str) -> bool:
    """Return whether what stands in the place of an answer is spans, which other layouts hold."""
    return _OFFSET.search(answer) is not None


def as_answer(value: Any) -> str | None:
    """Write an answer that a file holds as JSON as text; None for what can be none."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else None
