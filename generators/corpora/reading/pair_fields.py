"""Under which names files keep a query and its answer, and the rows that follow from them."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.json_arrays import read_array
from nerforge.foundation.files.reading import read_all_jsonl
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.raw_rows import FileHead

QUERIES = ("query", "text", "sentence", "prompt", "question", "input", "句子", "文本", "查询", "问题", "输入")
ANSWERS = ("output", "response", "answer", "completion", "target", "label", "回答", "答案", "输出", "标注")
"""In the order in which they are looked for; case does not matter."""
PREDICTIONS = frozenset({"predict", "prediction", "pred"})
"""Names that say that somebody's predictions are there, which are no gold."""

_OFFSET = re.compile(r'["\'](?:start|start_offset|start_idx|offset)["\']\s*:\s*-?\d')


class PairRecord(NamedTuple):
    """An object of a file of JSON Lines, or of an array."""

    place: int
    """The line, or the number of the element."""
    where: str
    fields: JsonObject


def read_records(path: Path) -> Iterator[PairRecord]:
    """Yield the objects of a file, be it JSON Lines or an array.

    Raises:
        UserError: the file cannot be read, or holds something else; the faults of all lines in one message.
    """
    if not _is_array(path):
        for number, fields in read_all_jsonl(path, JsonObject):
            yield PairRecord(number, f"{path}:{number}", fields)
        return
    for element in read_array(path, "an array of objects", "row"):
        try:
            yield PairRecord(
                element.number, element.where, msgspec.json.decode(element.source, type=JsonObject)
            )
        except msgspec.DecodeError as err:
            raise UserError(
                f"{element.where}: {err}; expected an object with a query and its answer"
            ) from err


def first_fields(head: FileHead) -> JsonObject:
    """Give the first object of a file, as far as its head holds it; none where it is no JSON."""
    try:
        # The head may end within a character; raw_decode reads the first object and ignores what follows.
        text = head.start.decode(errors="ignore").lstrip()
        fields, _ = json.JSONDecoder().raw_decode(text.removeprefix("[").lstrip())
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def find_field(fields: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    """Give the first of some names under which there is something, as the file writes it."""
    by_name = {name.strip().casefold(): name for name in fields}
    return next((by_name[name] for name in names if name in by_name), None)


def holds_predictions(names: Collection[str]) -> bool:
    """Return whether one of the names says that there are predictions."""
    return not PREDICTIONS.isdisjoint(name.strip().casefold() for name in names)


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


def _is_array(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(1 << 12).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")
    except FileNotFoundError as err:
        raise UserError(f"{path}: no such file") from err
    except OSError as err:
        raise UserError(f"{path}: cannot be read: {err.strerror}") from err
