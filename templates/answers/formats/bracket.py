"""The ``bracket`` answer format: the sentence itself, with ``[entity|label]`` for each entity.

Nested as ``[[肺|身体]炎|疾病]``; normalised and inferred values stand as in ``xml``. A bracket or bar that
could be taken for a part of a tag has a backslash before it.
"""

import re
from collections.abc import Iterator

from nerforge.templates.answers.base import AnswerFormat
from nerforge.templates.answers.formats.inline_answers import decode_inline
from nerforge.templates.answers.formats.inline_writer import InlineWriter
from nerforge.templates.answers.formats.native_inline import mark_pattern, read_inline
from nerforge.templates.answers.tagged.inline import BRACKETS
from nerforge.templates.domain import Answer, LabelSchema, Sample

_NAME = re.compile(r"\[[^\[\]|]+\|([^\[\]|]+)\]")


class Brackets(AnswerFormat):
    """Inline brackets, nested where entities nest."""

    separator = ""

    def encode(self, sample: Sample, schema: LabelSchema) -> str:
        """Write the sentence with its entities in brackets.

        Raises:
            CannotEncodeError: spans cross, entities are not in reading order, or a normalised or inferred
                entity lies inside another.
        """
        return InlineWriter(sample, schema, BRACKETS).write()

    def decode(self, answer: str, text: str, schema: LabelSchema) -> Answer:
        """Read the brackets; their spans follow from the words between them."""
        marks = mark_pattern(schema, r"\[", r"\|NAME\]")
        read = None if "\\" in answer or not answer else read_inline(answer, text, schema, marks)
        return read or decode_inline(answer, text, schema, BRACKETS)

    def label_names(self, answer: str) -> Iterator[str]:
        """Give the names behind bars."""
        return (match[1].strip() for match in _NAME.finditer(answer))
