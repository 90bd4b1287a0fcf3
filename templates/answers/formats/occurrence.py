"""The ``occurrence`` answer format: a JSON object a line that also says which mention is meant.

``{"entity_text": ..., "entity_label": ..., "occurrence": n}``: the n-th place, counted from 1, at which the
sentence says the value (overlapping places count); 0 for a value that it does not say. Unlike ``json`` it
loses no span.
"""

import json
from bisect import bisect_left
from collections.abc import Iterator, Set

import msgspec

from nerforge.templates.answers.base import AnswerFormat, CannotEncodeError
from nerforge.templates.answers.formats.json_answers import (
    LABEL_OF_OBJECT,
    decode_json,
    read_objects,
    strings,
)
from nerforge.templates.answers.formats.native_accounts import nothing
from nerforge.templates.answers.formats.native_lines import (
    conclude_numbered,
    read_numbered_lines,
    read_truncated_numbers,
)
from nerforge.templates.answers.reader import Asked
from nerforge.templates.domain import Answer, LabelSchema, Sample
from nerforge.templates.mentions.statements import Statement
from nerforge.templates.mentions.value_search import Span, find_mentions


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    entity_text: str
    entity_label: str
    occurrence: int


_DECODER = msgspec.json.Decoder(_Line)


class OccurrenceLines(AnswerFormat):
    """One JSON object a line for each entity, with the number of its mention; the empty sentence for none."""

    def encode(self, sample: Sample, schema: LabelSchema) -> str:
        """Write one line per entity, in the sample's order.

        Raises:
            CannotEncodeError: a mention is part of a longer form of the same value.
        """
        if not sample.entities:
            return schema.empty_sentence
        lines = []
        mentions: dict[tuple[str, str], list[Span]] = {}
        starts = frozenset(entity.start for entity in sample.entities)
        for entity in sample.entities:
            schema.kind(entity, sample.text)
            label = schema[entity.label]
            occurrence = 0
            if entity.span:
                key = (entity.label, entity.text)
                if key not in mentions:
                    mentions[key] = find_mentions(label, entity.text, sample.text)
                occurrence = _number(entity.span, mentions[key], starts, nested=schema.nested)
            line = {"entity_text": entity.text, "entity_label": label.answer, "occurrence": occurrence}
            lines.append(json.dumps(line, ensure_ascii=False))
        return "\n".join(lines)

    def decode(self, answer: str, text: str, schema: LabelSchema) -> Answer:
        """Read the lines and look up the mentions that they mean."""
        stripped = answer.strip()
        if stripped == schema.empty_sentence:
            return nothing(answer)
        named = read_numbered_lines(stripped + "\n", schema)
        if named:
            read = conclude_numbered(answer, named, text)
        else:
            read = read_truncated_numbers(answer, text, schema)
        return read or decode_json(answer, text, schema, _read_lines, Asked())

    def label_names(self, answer: str) -> Iterator[str]:
        """Give the names behind the keys of labels."""
        return strings(LABEL_OF_OBJECT, answer)


def _number(span: Span, mentions: list[Span], entity_starts: Set[int | None], *, nested: bool) -> int:
    """Count a mention, which is the longest at its start or ends where another entity begins."""
    # 济南市 followed by 市中区 in 济南市中区: the mention is (0, 2), though the longest one there is (0, 3).
    at = bisect_left(mentions, (span[0], 0))
    if at < len(mentions) and mentions[at][0] == span[0]:
        if mentions[at] == span or (not nested and span[1] in entity_starts):
            return at + 1
    raise CannotEncodeError("a mention that is part of a longer form of the same value")


def _read_lines(answer: str, schema: LabelSchema) -> list[Statement] | None:
    """Read lines that are just as ``encode`` writes them; None if one is not."""
    lines = read_objects(answer, _DECODER)
    if lines is None:
        return None
    statements = []
    for line in lines:
        label = schema.from_answer(line.entity_label)
        if label is None or not line.entity_text or line.occurrence < 0:
            return None
        statements.append(Statement(label, line.entity_text, line.occurrence))
    return statements
