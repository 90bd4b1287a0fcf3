"""Read what annotators said from the records of Argilla."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from nerforge.evaluation.labelling.annotations.annotation import ReadingCounts, Stated
from nerforge.evaluation.labelling.tasks.argilla_records import META, UNIT
from nerforge.evaluation.labelling.tasks.interfaces import FIELD, QUESTION
from nerforge.evaluation.labelling.tasks.kept_details import KEY
from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.aligning.text_units import OffsetUnit, units_of
from nerforge.generators.corpora.reading.json_records import id_of, read_records
from nerforge.generators.corpora.reading.raw_rows import FileHead, RawEntity

_ARGILLA = "the records that dataset.records.to_json of Argilla writes"


class _Span(msgspec.Struct):
    start: int
    end: int
    label: str


class _Response(msgspec.Struct):
    value: list[_Span] | None = None
    user_id: str | None = None
    status: str | None = None


class _Record(msgspec.Struct):
    fields: dict[str, Any]
    responses: dict[str, list[_Response]]
    id: Any = None
    metadata: dict[str, Any] | None = None


def read_responses(path: Path, counts: ReadingCounts) -> Iterator[Stated]:
    """Yield what each annotator submitted.

    Args:
        path: What ``dataset.records.to_json`` wrote.
        counts: Takes what is dropped or doubtful.

    Raises:
        UserError: the file cannot be read.
    """
    for found in read_records(path, _ARGILLA, "record"):
        try:
            record = msgspec.convert(found.fields, _Record)
            text, metadata = msgspec.convert(record.fields.get(FIELD), str), record.metadata or {}
        except msgspec.ValidationError as err:
            raise UserError(f"{found.where}: {err}; expected {_ARGILLA}") from err
        responses = record.responses.get(QUESTION, [])
        submitted = [one for one in responses if one.status != "discarded" and one.value is not None]
        if len(responses) > len(submitted):
            counts.add("response that was discarded", found.where, len(responses) - len(submitted))
        if not submitted:
            counts.add("record without a response", found.where)
        for response in submitted:
            entities = _in_code_points(text, response.value or [], metadata.get(UNIT), found.where, counts)
            yield Stated(
                response.user_id or "unnamed",
                id_of(record.id) or f"record-{found.place}",
                text,
                entities,
                (),
                _own_metadata(metadata),
                found.where,
            )


def _in_code_points(
    text: str, spans: Sequence[_Span], unit: Any, where: str, counts: ReadingCounts
) -> tuple[RawEntity, ...]:
    units = units_of(text)
    if not units.is_even(OffsetUnit.UTF16) and unit != OffsetUnit.UTF16.value:
        # The page counts UTF-16 units, whoever has made the suggestions.
        counts.add("text with an emoji, its offsets read as UTF-16 units", where)
    entities = []
    for span in spans:
        start, end = (units.index(OffsetUnit.UTF16, at) for at in (span.start, span.end))
        outside = start is None or end is None
        entities.append(
            RawEntity(span.label, None, -1 if outside else start or 0, -1 if outside else end or 0)
        )
    return tuple(entities)


def _own_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Give metadata as it was before it was written for Argilla."""
    own = {name: value for name, value in metadata.items() if name not in (UNIT, META, KEY)}
    for name, value in ((None, metadata.get(META)), (KEY, metadata.get(KEY))):
        if not isinstance(value, str):
            continue
        try:
            read = json.loads(value)
        except json.JSONDecodeError:
            own[name or META] = value
            continue
        own |= read if name is None and isinstance(read, dict) else {name or META: read}
    return own


def recognises(head: FileHead) -> bool:
    """Tell by fields and responses."""
    return bool(head.records) and all(
        isinstance(record.get("fields"), dict) and isinstance(record.get("responses"), dict)
        for record in head.records
    )
