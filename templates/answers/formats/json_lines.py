"""The ``json`` answer format: one JSON object a line, ``{"entity_text": ..., "entity_label": ...}``."""

import json
from collections.abc import Iterator

import msgspec

from nerforge.templates.answers.base import AnswerFormat
from nerforge.templates.answers.formats.json_answers import (
    LABEL_OF_OBJECT,
    conclude,
    read_objects,
    strings,
)
from nerforge.templates.answers.formats.native_accounts import nothing
from nerforge.templates.answers.formats.native_lines import (
    conclude_plainly,
    label_ends,
    read_lines,
    read_right,
    read_truncated,
)
from nerforge.templates.answers.reader import Asked, read_answer
from nerforge.templates.domain import Answer, Label, LabelSchema, Sample
from nerforge.templates.mentions.statements import Statement


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    entity_text: str
    entity_label: str


_ASKED = Asked()
_DECODER = msgspec.json.Decoder(_Line)


class JsonLines(AnswerFormat):
    """One JSON object a line for each entity, the empty sentence for none."""

    separator = "\n"

    def encode(self, sample: Sample, schema: LabelSchema) -> str:
        """Write one line per entity, in the sample's order."""
        if not sample.entities:
            return schema.empty_sentence
        lines = []
        for entity in sample.entities:
            schema.kind(entity, sample.text)
            line = {"entity_text": entity.text, "entity_label": schema[entity.label].answer}
            lines.append(json.dumps(line, ensure_ascii=False))
        return "\n".join(lines)

    def decode(self, answer: str, text: str, schema: LabelSchema) -> Answer:
        """Read the lines and place their values in ``text``."""
        stripped = answer.strip()
        if stripped == schema.empty_sentence:
            return nothing(answer)
        plain = read_lines(stripped + "\n", label_ends(schema, "}\n"))
        read = conclude_plainly(answer, plain, text) if plain else read_truncated(answer, text, schema)
        if read is not None:
            return read
        named = _read_lines(stripped, schema)
        if not named:
            return read_answer(answer, text, schema, _ASKED)
        statements = [Statement(label, value) for label, value in named]
        return conclude_plainly(answer, named, text) or conclude(answer, statements, text, schema, _ASKED)

    def read_right(self, answer: str, sample: Sample, schema: LabelSchema) -> Answer | None:
        """Read an answer that names the sample's entities, each of whose values has one mention."""
        return read_right(answer, sample, schema)

    def label_names(self, answer: str) -> Iterator[str]:
        """Give the names behind the keys of labels."""
        return strings(LABEL_OF_OBJECT, answer)


def _read_lines(answer: str, schema: LabelSchema) -> list[tuple[Label, str]] | None:
    """Read lines that are just as ``encode`` writes them; None if one is not."""
    lines = read_objects(answer, _DECODER)
    if lines is None:
        return None
    named = []
    for line in lines:
        label = schema.from_answer(line.entity_label)
        if label is None or not line.entity_text:
            return None
        named.append((label, line.entity_text))
    return named
