"""Records of Argilla 2 with spans: written as suggestions or responses, and read with what annotators said.

A record is ``{"id", "fields": {"text"}, "metadata", "suggestions": {"entities": {"value": [{"start", "end",
"label"}], "score": [...], "agent"}}, "responses": {"entities": [{"value": [...], "user_id"}]}}``, as
``dataset.records.to_json`` writes it and ``from_json`` reads it:
https://github.com/argilla-io/argilla/blob/develop/argilla/src/argilla/records/_resource.py

Its page counts UTF-16 units, in which an emoji is two, and its server refuses ends beyond the length in
code points (https://github.com/argilla-io/argilla/issues/5729). So offsets are written in UTF-16 units, as
they are shown, with ``offset_unit: utf16`` in the metadata where that makes a difference; an entity so near
the end of such a text that the server would refuse its offsets is kept in the metadata.
"""

import json
from typing import Any

import msgspec

from nerforge.evaluation.labelling.tasks.interfaces import FIELD, QUESTION
from nerforge.evaluation.labelling.tasks.kept_details import KEY, OtherValue
from nerforge.evaluation.labelling.tasks.label_tasks import LabelTask
from nerforge.generators.corpora.aligning.text_units import OffsetUnit, units_of
from nerforge.generators.corpora.reading.raw_rows import RawEntity

UNIT = "offset_unit"
META = "meta"
"""Keys of the metadata: what offsets count, and the sample's own metadata as JSON."""


def argilla_record(task: LabelTask, *, is_gold: bool) -> dict[str, Any]:
    """Make the record of a task; entities of gold are a suggestion of ``gold``."""
    row = task.row
    units = units_of(row.text)
    shown, refused = list[RawEntity](), list[OtherValue]()
    for entity in row.entities:
        start, end = (units.offset(OffsetUnit.UTF16, at) for at in (entity.start, entity.end))
        if end > len(row.text):
            refused.append(OtherValue(entity.label, entity.start, entity.end, entity.text or ""))
        else:
            shown.append(entity._replace(start=start, end=end))
    metadata = {
        UNIT: None if units.is_even(OffsetUnit.UTF16) else OffsetUnit.UTF16.value,
        META: json.dumps(row.meta, ensure_ascii=False) if row.meta else None,
        KEY: _as_json(task, refused),
    }
    agent = "gold" if is_gold else task.details.model
    return {
        "id": row.id,
        "fields": {FIELD: row.text},
        "metadata": {name: value for name, value in metadata.items() if value is not None},
        "suggestions": {QUESTION: _suggestion(shown, agent)} if task.is_suggested and shown else {},
        "responses": {},
        "vectors": {},
    }


def _suggestion(entities: list[RawEntity], agent: str | None) -> dict[str, Any]:
    spans = [{"start": e.start, "end": e.end, "label": e.label} for e in entities]
    scores = [entity.score for entity in entities if entity.score is not None]
    # As many scores as spans, or none: the server refuses others.
    score = scores if len(scores) == len(spans) else None
    return {"value": spans, "score": score, "agent": agent, "type": "model"}


def _as_json(task: LabelTask, refused: list[OtherValue]) -> str | None:
    details = msgspec.structs.replace(task.details, refused=tuple(refused))
    found = msgspec.to_builtins(details)
    return json.dumps(found, ensure_ascii=False) if found else None
