"""Rows of JSON with spans, under whatever names, as rows of a corpus."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Any

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.json_records import id_of
from nerforge.generators.corpora.reading.loose_notes import attach_notes
from nerforge.generators.corpora.reading.pair_fields import answers_beside_references
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow
from nerforge.generators.corpora.reading.recognition.file_heads import FileHead
from nerforge.generators.corpora.reading.spans.counted_tokens.token_offsets import (
    TokenEndEvidence,
    entity_of_tokens,
)
from nerforge.generators.corpora.reading.spans.fields.dotted_paths import MISSING, resolve
from nerforge.generators.corpora.reading.spans.fields.sentence_fields import tokens_of
from nerforge.generators.corpora.reading.spans.fields.span_fields import (
    SpanFields,
    find_fields,
    is_spans_row,
)
from nerforge.generators.corpora.reading.spans.fields.usual_names import EVENTS, META, RELATIONS
from nerforge.generators.corpora.reading.spans.forms.entity_places import (
    SpanInPiecesError,
    UnreadableSpanError,
)
from nerforge.generators.corpora.reading.spans.forms.named_items import named_item
from nerforge.generators.corpora.reading.spans.forms.stated_spans import (
    EXPECTED,
    StatedSpan,
    name_of_label,
    read_entities,
    read_item,
)
from nerforge.generators.corpora.reading.spans.nested_rows import (
    PlacedRow,
    is_container,
    read_placed_rows,
    rows_within,
)
from nerforge.generators.corpora.reading.spans.placeless import place_in_order, values_of
from nerforge.generators.corpora.reading.tokens.detokenising import StyleEvidence, TokenStyle, join_tokens
from nerforge.generators.corpora.reading.tokens.token_places import JoinedTokens

NOT_ANNOTATED = "row_without_annotation"
RELATION = "relation"
EVENT = "event"
PASSED_OVER = "passed over"
ENDS_ASSUMED = "token_ends_taken_for_exclusive"
_N_LOOKED_AT = 200


def read_span_rows(path: Path, given: Mapping[str, str] | None = None) -> Iterator[RawRow]:
    """Yield the rows of a JSON file of sentences with spans.

    Args:
        path: The file.
        given: Paths that the user gives, by the names of ``reading_options.FIELDS``.

    Raises:
        UserError: the file cannot be read, nothing tells where sentence and entities stand, or a row has
            another form.
    """
    given = given or {}
    is_row = partial(_is_row, given=given)
    rows = partial(read_placed_rows, path, is_row, given.get("rows"))
    first = [row.content for row in islice(rows(), _N_LOOKED_AT)]
    fields = find_fields(first, given)
    if fields is None:
        raise UserError(_without_fields(path, first, given))
    reader = SpanRowReader(fields, *token_evidence(rows(), fields))
    statements = _of_sentences(rows(), reader) if fields.is_entity else map(reader.row, rows())
    return attach_notes(statements, f"{path}: no row has {fields.entities}; expected a list of entities")


def holds_span_rows(head: FileHead) -> bool:
    """Tell whether a file holds sentences with spans, or is one object that holds such."""
    values = head.values
    if head.start.lstrip().startswith(b"{") and is_container(values, is_spans_row):
        values = tuple(row.content for row in islice(rows_within(values[0], is_spans_row), _N_LOOKED_AT))
    # {"text": ..., "response": "[]", "label": "[]"} is what a model said of a text without entities.
    is_log = bool(values) and isinstance(values[0], dict) and answers_beside_references(values[0])
    return not is_log and find_fields(values) is not None


class SpanRowReader:
    """Reads rows whose parts stand in known places."""

    def __init__(
        self, fields: SpanFields, style: TokenStyle | None = None, is_inclusive: bool | None = None
    ) -> None:
        """Take the places; of tokens how they are joined, and whether spans of them include the last one."""
        self._fields = fields
        self._style = style
        self._is_inclusive = is_inclusive

    def row(self, placed: PlacedRow) -> RawRow | str:
        """Read a row, or say that it has no annotation.

        Raises:
            UserError: it has no sentence, or an entity has an unknown form.
        """
        row = placed.content
        text, tokens = self._sentence(placed)
        stated = self._fields.stated(row)
        if stated in (MISSING, None):
            return NOT_ANNOTATED
        try:
            spans = list(stated_spans(stated, self._fields.items, None if tokens else text))
        except UnreadableSpanError as err:
            raise UserError(f"{placed.where}: {err}; {EXPECTED}") from err
        values = values_of(spans)
        entities, notes = ((), []) if values else self._entities(spans, text, tokens)
        part = placed.part or _text_at(row, self._fields.split)
        meta = row.get(META) if isinstance(row, Mapping) else None
        return RawRow(
            placed.place,
            text,
            entities,
            part,
            (*notes, *_other_annotation(row), *_passed_over(row, self._fields.others)),
            id=_text_at(row, self._fields.id) or placed.id,
            meta=meta if isinstance(meta, dict) else None,
            values=values,
        )

    def _sentence(self, placed: PlacedRow) -> tuple[str, JoinedTokens | None]:
        value = resolve(placed.content, self._fields.text)
        if isinstance(value, str):
            return value, None
        if (tokens := tokens_of(value)) is not None:
            joined = join_tokens(tokens, self._style)
            return joined.text, joined
        found = f"{value!r:.60}" if value is not MISSING else f"the keys {_keys(placed.content)}"
        raise UserError(f"{placed.where}: found {found}; expected a text as {self._fields.text}")

    def _entities(
        self, spans: Sequence[StatedSpan], text: str, tokens: JoinedTokens | None
    ) -> tuple[tuple[RawEntity, ...], list[str]]:
        if tokens is None:
            return place_in_order(spans, text)
        is_assumed = self._is_inclusive is None and any(span.start is not None for span in spans)
        entities = (entity_of_tokens(span, tokens, inclusive=bool(self._is_inclusive)) for span in spans)
        return tuple(entities), [*tokens.notes, *[ENDS_ASSUMED] * is_assumed]


def stated_spans(stated: Any, items: Mapping[str, str], text: str | None = None) -> Iterator[StatedSpan]:
    """Yield what a row states, its parts under usual names or under those that the user gives.

    Raises:
        UnreadableSpanError: an entity has an unknown form.
    """
    if isinstance(stated, Mapping):
        yield from read_entities(stated)
        return
    if not isinstance(stated, list):
        raise UnreadableSpanError(f"found {type(stated).__name__} {stated!r:.60}")
    for item in stated:
        # A model's answer may say so that it found nothing; what people annotated has fields.
        if item in ({}, []):
            raise UnreadableSpanError(f"an entity is {item!r}, without any field")
        try:
            for span in read_item(named_item(item, items) if items else item):
                yield _in_right_order(span, text) if isinstance(item, list) and not items else span
        except SpanInPiecesError as err:
            yield _in_pieces(name_of_label(item) or "", err.places, text or "")


def _in_pieces(label: str, places: Sequence[tuple[int, int]], text: str) -> StatedSpan:
    """Give an entity of several pieces, which is not in the text as it is: its row is dropped and counted."""
    said = " … ".join(text[start:end] for start, end in places)
    start, end = min(start for start, _ in places), max(end for _, end in places)
    return StatedSpan(label, said, start, end)


def _in_right_order(span: StatedSpan, text: str | None) -> StatedSpan:
    """Tell label and text of a list apart: [0, 2, "王芳", "PER"] is PER where the sentence says 王芳."""
    if not (text and span.text and span.start is not None and span.start >= 0):
        return span
    says_label = text.startswith(span.label, span.start) and not text.startswith(span.text, span.start)
    return span._replace(label=span.text, text=span.label) if says_label else span


def token_evidence(rows: Iterator[PlacedRow], fields: SpanFields) -> tuple[TokenStyle | None, bool | None]:
    """Find out how the tokens of rows are joined, and what the ends of spans that count them mean."""
    first = next(rows, None)
    if first is None or tokens_of(resolve(first.content, fields.text)) is None:
        return None, None
    style, ends = StyleEvidence(), TokenEndEvidence()
    for row in chain([first], rows):
        if tokens := tokens_of(resolve(row.content, fields.text)):
            style.add(tokens)
            ends.add(len(tokens), _lenient_spans(fields.stated(row.content), fields.items))
    return style.conclude(), ends.is_inclusive()


def _lenient_spans(stated: Any, items: Mapping[str, str]) -> list[StatedSpan]:
    try:
        return list(stated_spans(stated, items))
    except UnreadableSpanError:
        # The reader says what is wrong with it, and where.
        return []


def _of_sentences(rows: Iterator[PlacedRow], reader: SpanRowReader) -> Iterator[RawRow | str]:
    """Join rows of one entity each to sentences."""
    for (text, part), group in groupby(_only_rows(rows, reader), key=lambda row: (row.text, row.part)):
        same = list(group)
        entities = tuple(entity for row in same for entity in row.entities)
        yield same[0]._replace(text=text, entities=entities, part=part)


def _only_rows(rows: Iterator[PlacedRow], reader: SpanRowReader) -> Iterator[RawRow]:
    for placed in rows:
        if isinstance(row := reader.row(placed), RawRow):
            yield row


def _is_row(value: Any, given: Mapping[str, str]) -> bool:
    if not given.keys() - {"rows"}:
        return is_spans_row(value)
    named = [given[name] for name in ("text", "entities") if name in given]
    if named:
        return all(resolve(value, path) is not MISSING for path in named)
    return find_fields([value], given) is not None


def _other_annotation(row: Any) -> Iterator[str]:
    for kind, names in ((RELATION, RELATIONS), (EVENT, EVENTS)):
        for name in names:
            found = row.get(name) if isinstance(row, Mapping) else None
            yield from (kind for _ in found) if isinstance(found, list) else ()


def _passed_over(row: Any, others: Sequence[str]) -> Iterator[str]:
    return (f"{PASSED_OVER}: {name}" for name in others if isinstance(row, Mapping) and row.get(name))


def _text_at(row: Any, path: str | None) -> str | None:
    value = MISSING if path is None else resolve(row, path)
    return id_of(value)


def _keys(row: Any) -> str:
    return ", ".join(list(row)[:12]) or "none" if isinstance(row, Mapping) else f"a {type(row).__name__}"


def _without_fields(path: Path, rows: list[Any], given: Mapping[str, str]) -> str:
    found = _keys(rows[0]) if rows else "no rows"
    asked = ", ".join(f"{name}={value}" for name, value in given.items())
    return (
        f"{path}: nothing tells where its rows keep a sentence with entities; found the keys {found}"
        + (f", looked at with {asked}" if asked else "")
        + "; say it with --fields text=...,entities=...,label=...,start=...,end=..."
    )
