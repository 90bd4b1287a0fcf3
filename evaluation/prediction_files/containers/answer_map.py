"""A file that is one JSON object of answers by query: ``{query: answer, ...}``."""

import json
from collections.abc import Iterator
from typing import Any

from nerforge.evaluation.prediction_files.field_names import KNOWN, fold
from nerforge.evaluation.prediction_files.prediction_rows import Fields

_N_LEAST = 2


def is_answer_map(value: Any) -> bool:
    """Tell an object of several texts whose names are no names of fields, as those of one row are."""
    if not isinstance(value, dict) or len(value) < _N_LEAST:
        return False
    has_texts = all(isinstance(answer, str | None) for answer in value.values())
    return has_texts and any(value.values()) and not any(fold(name) in KNOWN for name in value)


def read_answer_map(content: str) -> Iterator[tuple[int, Fields]]:
    """Yield the entries, also those of a query that stands twice; each key may be a gold id instead.

    Keys that are numbers ask nothing: their answers have ids alone.
    """
    # Pairs in place of a dict, which would lose the first of two answers to one query.
    entries: list[tuple[str, str | None]] = json.loads(content, object_pairs_hook=list)
    for number, (key, answer) in enumerate(entries, start=1):
        yield number, {"id": key, "answer": answer} | ({} if key.isdigit() else {"query": key})
