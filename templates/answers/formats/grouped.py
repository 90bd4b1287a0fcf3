"""The ``grouped`` answer format: one JSON object that lists the values of each label.

``{"疾病": ["肺炎"], "身体": ["肺"]}``: within a label in the order of the sentence, a value as often as it is
meant. Order between labels is lost, so entities are read back in reading order.
"""

import json
import re
from collections.abc import Iterator

from nerforge.templates.answers.base import AnswerFormat
from nerforge.templates.answers.formats.json_answers import STRING, decode_json, strings
from nerforge.templates.answers.statements.json_reading import DECODER
from nerforge.templates.domain import Answer, LabelSchema, Sample
from nerforge.templates.mentions.statements import Statement

_GROUP = re.compile(rf"{STRING}\s*:\s*\[")


class GroupedObject(AnswerFormat):
    """One JSON object, label to list; the empty sentence for no entity."""

    def encode(self, sample: Sample, schema: LabelSchema) -> str:
        """Write the labels that occur, in the schema's order."""
        if not sample.entities:
            return schema.empty_sentence
        groups: dict[str, list[str]] = {}
        for label in schema.labels:
            if values := [entity.text for entity in sample.entities if entity.label == label.name]:
                groups[label.answer] = values
        for entity in sample.entities:
            schema.kind(entity, sample.text)
        return json.dumps(groups, ensure_ascii=False)

    def decode(self, answer: str, text: str, schema: LabelSchema) -> Answer:
        """Read the object and place its values in ``text``, in reading order."""
        return decode_json(answer, text, schema, _read_object, is_grouped=True)

    def label_names(self, answer: str) -> Iterator[str]:
        """Give the names before lists."""
        return strings(_GROUP, answer)


def _read_object(answer: str, schema: LabelSchema) -> list[Statement] | None:
    """Read an object that is just as ``encode`` writes it; None if it is not."""
    try:
        groups = DECODER.decode(answer)
    except (ValueError, RecursionError):
        return None
    if not isinstance(groups, dict):
        return None
    statements = []
    for name, values in groups.items():
        label = schema.from_answer(name)
        if label is None or not isinstance(values, list) or not all(isinstance(v, str) and v for v in values):
            return None
        statements += [Statement(label, value, None, label.name) for value in values]
    return statements
