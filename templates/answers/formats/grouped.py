"""The ``grouped`` answer format: one JSON object that lists the values of each label.

``{"疾病": ["肺炎"], "身体": ["肺"]}``: within a label in the order of the sentence, a value as often as it is
meant. Order between labels is lost, so entities are read back in reading order.
"""

import json
import re
from collections.abc import Iterator
from functools import partial

import msgspec

from nerforge.templates.answers.base import AnswerFormat
from nerforge.templates.answers.formats.json_answers import STRING, decode_json, strings
from nerforge.templates.answers.formats.native_accounts import account_of_groups, nothing
from nerforge.templates.answers.reader import Asked
from nerforge.templates.domain import Answer, Grounding, Label, LabelSchema, Outcome, Sample, reading_order
from nerforge.templates.mentions.mention_placing import place_plainly
from nerforge.templates.mentions.statements import Statement

_DECODER = msgspec.json.Decoder(dict[str, list[str]])
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
        stripped = answer.strip()
        if stripped == schema.empty_sentence:
            return nothing(answer)
        # A value with one mention is nearly every one: then reading order is that of the mentions.
        named = _read_plainly(stripped, schema)
        entities = place_plainly(named, text) if named else None
        if entities is None:
            return decode_json(answer, text, schema, _read_object, Asked(is_grouped=True))
        entities.sort(key=reading_order)
        groundings = (Grounding.EXACT,) * len(entities)
        account = partial(account_of_groups, answer)
        return Answer(tuple(entities), Outcome.CLEAN, (), groundings, account=account)

    def label_names(self, answer: str) -> Iterator[str]:
        """Give the names before lists."""
        return strings(_GROUP, answer)


def _read_plainly(answer: str, schema: LabelSchema) -> list[tuple[Label, str]] | None:
    """Read an object of lists of strings without repeated keys; None if it is none."""
    try:
        groups = _DECODER.decode(answer)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    # Of repeated keys the decoder keeps the last one.
    if answer.count('": [') != len(groups):
        return None
    named = []
    for name, values in groups.items():
        label = schema.from_answer(name)
        if label is None or not all(values):
            return None
        named += [(label, value) for value in values]
    return named


def _read_object(answer: str, schema: LabelSchema) -> list[Statement] | None:
    """Read an object that is just as ``encode`` writes it; None if it is not."""
    try:
        # As pairs: a dictionary would keep the last of repeated keys.
        groups = json.loads(answer, object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        return None
    if not isinstance(groups, tuple):
        return None
    statements = []
    for name, values in groups:
        label = schema.from_answer(name)
        if label is None or not isinstance(values, list) or not all(isinstance(v, str) and v for v in values):
            return None
        statements += [Statement(label, value, None, label.name) for value in values]
    return statements
