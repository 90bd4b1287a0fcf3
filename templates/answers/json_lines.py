"""The ``json`` answer format: one JSON object a line, ``{"entity_text": ..., "entity_label": ...}``."""

import json

import msgspec

from templates.answers.base import EMPTY_SENTENCE, Statement
from templates.answers.json_answers import decode_json, is_one_a_line
from templates.domain import Answer, LabelSchema, Sample


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    entity_text: str
    entity_label: str


_DECODER = msgspec.json.Decoder(_Line)


class JsonLines:
    """One JSON object a line for each entity, the empty sentence for none."""

    def encode(self, sample: Sample, schema: LabelSchema) -> str:
        """Write one line per entity, in the sample's order."""
        if not sample.entities:
            return EMPTY_SENTENCE
        lines = []
        for entity in sample.entities:
            schema.kind(entity, sample.text)
            line = {"entity_text": entity.text, "entity_label": schema[entity.label].answer}
            lines.append(json.dumps(line, ensure_ascii=False))
        return "\n".join(lines)

    def decode(self, answer: str, text: str, schema: LabelSchema) -> Answer:
        """Read the lines and place their values in ``text``."""
        return decode_json(answer, text, schema, _read_lines)


def _read_lines(answer: str, schema: LabelSchema) -> list[Statement] | None:
    """Read lines that are just as ``encode`` writes them; None if one is not."""
    try:
        lines = _DECODER.decode_lines(answer)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    if not is_one_a_line(answer, len(lines)):
        return None
    statements = []
    for line in lines:
        label = schema.from_answer(line.entity_label)
        if label is None or not line.entity_text:
            return None
        statements.append(Statement(label, line.entity_text))
    return statements
