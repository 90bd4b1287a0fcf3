"""Guess where JSON under unknown names keeps its sentences and entities, from the values alone."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice, permutations
from typing import Any, NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.raw_rows import RawRow
from nerforge.generators.corpora.reading.spans.fields.dotted_paths import resolve
from nerforge.generators.corpora.reading.spans.fields.sentence_fields import tokens_of
from nerforge.generators.corpora.reading.spans.fields.span_fields import find_fields
from nerforge.generators.corpora.reading.spans.forms.entity_keys import LABELS, fold_name
from nerforge.generators.corpora.reading.spans.nested_rows import PlacedRow
from nerforge.generators.corpora.reading.spans.span_row_reader import SpanRowReader

_DEPTH = 3
_N_ROWS = 20
_SHIFTS = (0, 1)
"""What an end may lack to be exclusive."""
_NO_PATH = frozenset(",=")
_FOLDED_LABELS = frozenset(map(fold_name, LABELS))


class _Items(NamedTuple):
    """What the entities of rows hold, with the sentence of each."""

    texts: list[str | list[str]]
    items: list[Any]

    def column(self, path: str) -> list[Any]:
        return [resolve(item, path) for item in self.items]


def guess_fields(values: Sequence[Any]) -> dict[str, str] | None:
    """Guess the fields of the first values of a file, so that they can be read; None where nothing fits."""
    for under, rows in _row_lists(values):
        for text in _text_paths(rows):
            for entities in _list_paths(rows, text):
                parts = _parts_of(_items(rows, text, entities))
                found = {**({"rows": under} if under else {}), "text": text, "entities": entities, **parts}
                if parts and _can_be_said(found) and _reads(rows, found):
                    return found
    return None


def _can_be_said(fields: Mapping[str, str]) -> bool:
    return not any(_NO_PATH & set(path) for path in fields.values())


def _row_lists(values: Sequence[Any]) -> Iterator[tuple[str | None, list[Any]]]:
    """Yield what may be the rows: the values themselves, or what a list within each of them holds."""
    rows = [value for value in values if isinstance(value, Mapping | list)][:_N_ROWS]
    if rows:
        yield None, rows
    objects = [value for value in values if isinstance(value, Mapping)][:_N_ROWS]
    for path, first in _paths(objects[0]) if objects else ():
        if isinstance(first, list) and first and all(isinstance(x, Mapping) for x in first[:_N_ROWS]):
            lists = (found for value in objects if isinstance(found := resolve(value, path), list))
            yield path, list(islice(chain.from_iterable(lists), _N_ROWS))


def _paths(value: Any, prefix: str = "", depth: int = _DEPTH) -> Iterator[tuple[str, Any]]:
    """Yield the dotted paths of a value, without what lies in lists."""
    if not depth or not isinstance(value, Mapping | list):
        return
    named = value.items() if isinstance(value, Mapping) else enumerate(value) if not prefix else ()
    for name, inner in named:
        path = f"{prefix}.{name}" if prefix else str(name)
        yield path, inner
        if isinstance(inner, Mapping):
            yield from _paths(inner, path, depth - 1)


def _text_paths(rows: Sequence[Any]) -> list[str]:
    """Give the paths of texts, the longest first."""
    lengths: dict[str, int] = {}
    for row in rows:
        for path, value in _paths(row):
            if isinstance(value, str) or tokens_of(value):
                lengths[path] = lengths.get(path, 0) + len(value)
    return sorted(lengths, key=lambda path: -lengths[path])


def _list_paths(rows: Sequence[Any], text: str) -> list[str]:
    return list(
        dict.fromkeys(
            path
            for row in rows
            for path, value in _paths(row)
            if path != text
            and isinstance(value, list)
            and value
            and all(isinstance(item, Mapping | list) for item in value)
        )
    )


def _items(rows: Sequence[Any], text: str, entities: str) -> _Items:
    texts, items = list[str | list[str]](), list[Any]()
    for row in rows:
        said, stated = resolve(row, text), resolve(row, entities)
        if isinstance(said, str | list) and isinstance(stated, list):
            texts += [said] * len(stated)
            items += stated
    return _Items(texts, items)


def _parts_of(found: _Items) -> dict[str, str]:
    """Find the parts of entities: a place and a label, or a label and a value that the sentence has."""
    # 王芳来了 with {"s": 0, "e": 2, "cls": "PER", "val": "王芳"}: s and e lie within the sentence, val is
    # what it holds there, and cls is the word that remains.
    numbers, words = _full_columns(found, int), _full_columns(found, str)
    place = next((pair for pair in permutations(numbers, 2) if _is_place(found, numbers, *pair)), None)
    value = next((path for path, column in words.items() if _is_value(found, column, numbers, place)), None)
    label = _likeliest_label({path: column for path, column in words.items() if path != value})
    if label is None or (place is None and value is None):
        return {}
    parts = {"label": label}
    if place is not None:
        parts |= {"start": place[0], "end": place[1]}
    if value is not None:
        parts["value"] = value
    return parts


def _full_columns(found: _Items, kind: type) -> dict[str, list[Any]]:
    """Give what stands at the paths that hold a value of a kind in all entities."""
    paths = [path for path, _ in _paths(found.items[0])] if found.items else []
    columns = {path: found.column(path) for path in paths}
    # A truth value is an int by isinstance.
    return {path: column for path, column in columns.items() if all(type(x) is kind for x in column)}


def _likeliest_label(words: Mapping[str, Sequence[str]]) -> str | None:
    """Choose the path of labels: one whose name says so, else the one with the fewest different words."""
    return min(words, key=lambda path: (not _says_label(path), len(set(words[path]))), default=None)


def _says_label(path: str) -> bool:
    return fold_name(path.rpartition(".")[2]) in _FOLDED_LABELS


def _is_place(found: _Items, numbers: Mapping[str, list[int]], first: str, last: str) -> bool:
    pairs = list(zip(found.texts, numbers[first], numbers[last], strict=True))
    return all(0 <= start <= end <= len(text) for text, start, end in pairs) and any(
        start < end for _, start, end in pairs
    )


def _is_value(
    found: _Items, column: Sequence[str], numbers: Mapping[str, list[int]], place: tuple[str, str] | None
) -> bool:
    """Tell whether a part of entities is what their sentences say at their places, or anywhere."""
    if place is None:
        return all(
            isinstance(text, str) and value in text for text, value in zip(found.texts, column, strict=True)
        )
    spans = zip(found.texts, column, numbers[place[0]], numbers[place[1]], strict=True)
    return all(
        isinstance(text, str) and any(text[start : end + shift] == value for shift in _SHIFTS)
        for text, value, start, end in spans
    )


def _reads(rows: Sequence[Any], fields: Mapping[str, str]) -> bool:
    """Try the fields on the rows: one must give an entity, and none an error."""
    found = find_fields(rows, {name: path for name, path in fields.items() if name != "rows"})
    if found is None:
        return False
    reader = SpanRowReader(found)
    try:
        read = [reader.row(PlacedRow(n, "", row)) for n, row in enumerate(rows, start=1)]
    except UserError:
        return False
    return any(isinstance(row, RawRow) and (row.entities or row.values) for row in read)
